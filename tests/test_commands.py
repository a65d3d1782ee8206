"""The commands of trust, run as a user runs them, on small real data."""

import csv
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from stance import commands
from stance.errors import StanceError, UsageError
from stance.model.corpus import read_labelled
from stance.model.sklearn import StanceClassifier

ARTICLE = "examples/strait.txt"
LABELLED = "data/corpus/plain-headlines.jsonl"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two tables of the same labels, and a third of other labels."""
    frame, folder = read_labelled([Path(LABELLED)]), tmp_path_factory.mktemp("models")
    for name, rows in (("old", frame[:60]), ("new", frame[:400])):
        StanceClassifier(frame_weight=0.0).fit(rows["text"], rows["label"]).table_.save(folder / f"{name}.npz")
    other = {"conciliatory": "dovish", "hawkish": "hawkish", "neutral": "neutral"}
    turned = frame["label"][:400].map(other)
    StanceClassifier(frame_weight=0.0).fit(frame["text"][:400], turned).table_.save(folder / "other.npz")
    return folder


@pytest.fixture
def run(capsys):
    """Runs a command in this process; what it printed, and what it said on stderr."""

    def run(*arguments: object) -> tuple[str, str]:
        app = typer.Typer()
        commands.register(app)
        app([str(a) for a in arguments], standalone_mode=False)
        return capsys.readouterr()

    return run


def test_explain_gives_the_objects_of_score_with_their_evidence(run, models) -> None:
    out, _ = run("explain", ARTICLE, "--model", models / "new.npz", "--format", "jsonl")
    objects, text = [json.loads(line) for line in out.splitlines()], Path(ARTICLE).read_text(encoding="utf-8")
    assert len(objects) > 10
    for one in objects:
        assert {"document", "stance", "probabilities", "bias", "evidence", "tests"} <= set(one)
        for e in one["evidence"]:
            assert text[e["start"] : e["end"]] in one["text"]
            assert e["start"] < e["end"]
            assert set(e["weights"]) == set(one["probabilities"])
    both = json.loads(run("explain", ARTICLE, "--model", models / "new.npz", "--format", "json")[0])
    assert both == objects


def test_explain_shows_the_words_on_a_terminal(run, models) -> None:
    out, _ = run("explain", ARTICLE, "--model", models / "new.npz", "--format", "table")
    assert "Some 40 ships pass through the strait" in out
    assert " over " in out


def test_compare_says_which_is_better_and_where_they_differ(run, models) -> None:
    out, _ = run("compare", models / "old.npz", models / "new.npz", LABELLED, "--top", 2)
    assert "B is better beyond its interval" in out
    assert out.count(LABELLED) == 2
    found = json.loads(run("compare", models / "new.npz", models / "old.npz", LABELLED, "--format", "json")[0])
    assert found["better"] is False
    assert {"difference", "interval", "mcnemar_p", "only_a", "only_b", "differing"} <= set(found)
    with pytest.raises(StanceError, match="different labels"):
        run("compare", models / "new.npz", models / "other.npz", LABELLED)


def test_audit_writes_a_review_and_leaves_the_data_alone(run, tmp_path) -> None:
    data = tmp_path / "votes.jsonl"
    data.write_bytes(b"".join(Path(LABELLED).read_bytes().splitlines(keepends=True)[:200]))
    before = data.read_bytes()
    _, err = run("audit", data, "--out", tmp_path / "review.csv")
    with (tmp_path / "review.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"{len(rows)} findings written" in err
    assert data.read_bytes() == before
    with pytest.raises(UsageError, match="is the data itself"):
        run("audit", data, "--out", tmp_path / "." / "votes.jsonl")
    assert data.read_bytes() == before


def test_suggest_writes_a_form_without_what_is_labelled(run, models, tmp_path) -> None:
    out, err = run("suggest", LABELLED, "-n", 20, "--model", models / "old.npz", "--out", tmp_path / "next.csv")
    assert out == ""
    assert "20 of " in err
    first = read_texts(tmp_path / "next.csv")
    second, _ = run("suggest", LABELLED, "-n", 20, "--model", models / "old.npz", "--labelled", tmp_path / "next.csv")
    assert not first & {row["text"] for row in csv.DictReader(second.splitlines())}


def test_suggest_leaves_what_it_reads_alone(run, models, tmp_path) -> None:
    for given in ([tmp_path / "news.txt"], [tmp_path], [ARTICLE, "--labelled", tmp_path / "news.txt"]):
        (tmp_path / "news.txt").write_text("We offer talks.\n")
        with pytest.raises(UsageError, match="is the data itself"):
            run("suggest", *given, "--model", models / "old.npz", "--out", tmp_path / "news.txt")
        assert (tmp_path / "news.txt").read_text() == "We offer talks.\n"


def read_texts(path: Path) -> set[str]:
    with path.open(newline="") as file:
        return {row["text"] for row in csv.DictReader(file)}


def test_drift_is_told_and_recorded_when_asked(run, models, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    other = "data/corpus/crisis-history.jsonl"
    out, _ = run("drift", LABELLED, other, "--model", models / "new.npz")
    assert "known words" in out
    assert (
        json.loads(run("drift", LABELLED, LABELLED, "--model", models / "new.npz", "--format", "json")[0])["drifted"]
        == []
    )
    _, err = run("drift", LABELLED, other, "--model", models / "new.npz", "--track")
    assert "tracked as run" in err
    with sqlite3.connect(tmp_path / "mlflow.db") as store:
        names = {row[0] for row in store.execute("select key from metrics")}
    store.close()
    assert {"drift/mix_distance", "drift/confidence", "drift/known_words_low"} <= names


def test_the_card_measures_the_model_on_data_and_draws_it(run, models, tmp_path) -> None:
    out, err = run("card", models / "new.npz")
    assert out.startswith("# Model card")
    assert "the model holds no measures of itself" in err
    run("card", models / "new.npz", "--data", LABELLED, "--by", "form", "--out", tmp_path / "card")
    text = (tmp_path / "card" / "card.md").read_text(encoding="utf-8")
    assert "### By slice" in text
    assert "(plain-headlines/reliability.png)" in text
    assert (tmp_path / "card" / "plain-headlines" / "reliability.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "nowhere.txt", "--model", "{new}"], "nowhere.txt: not found"),
        (["explain", ARTICLE, "--model", "nowhere.npz"], "nowhere.npz: cannot read the model"),
        (
            ["suggest", LABELLED, "--model", "{new}", "--out", "nowhere/next.csv"],
            "nowhere/next.csv: there is no folder nowhere",
        ),
        (
            ["drift", "examples/off-topic/recipe-noodles.txt", ARTICLE, "--model", "{new}"],
            "recipe-noodles.txt: only 7 statements",
        ),
        (["label", LABELLED, "--out", "nowhere/a.jsonl"], "nowhere/a.jsonl: there is no folder nowhere"),
        (["card", "{new}", "--data", LABELLED, "--out", "pyproject.toml/card"], "cannot be written"),
        (["compare", "{new}", "{new}", ARTICLE], "strait.txt: unknown kind of file"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_place(run, models, arguments, words) -> None:
    with pytest.raises(StanceError) as error:
        run(*(a.replace("{new}", str(models / "new.npz")) for a in arguments))
    assert words in str(error.value)
    assert str(error.value).count(": ") >= 2


def test_help_loads_no_heavy_library() -> None:
    code = "import sys, stance.commands; print([m for m in ('numpy', 'sklearn', 'pandas', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
