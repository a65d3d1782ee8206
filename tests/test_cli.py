import csv
import io
import json
import math
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main

from stance import __version__
from stance.analysis import told
from stance.cli import UNTRACKED, app, main
from stance.model.calibration import confidence_for
from stance.model.table import Table
from stance.statement import Document

ROOT = Path(__file__).parents[1]
ARTICLE = str(ROOT / "examples" / "strait.txt")
STANCE = [sys.executable, "-m", "stance.cli"]
TALK = "We are ready to talk at any time."
FIGHT = "We will answer any attack with overwhelming force."


class Done(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs `stance` in this process; standard input is what is given."""

    def run(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as end:
            main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return Done(end.value.code or 0, out, err)

    return run


@pytest.fixture
def refused(run):
    """Runs `stance` on what it must refuse, and returns the one line it says."""

    def refused(code: int, *arguments: object, stdin: bytes = b"") -> str:
        done = run(*arguments, stdin=stdin)
        assert done.code == code, done
        assert done.err.endswith("\n")
        assert done.err.count("\n") == 1, done.err
        assert done.err.startswith("stance")
        assert done.err.count(": ") >= 2  # place, what, remedy
        return done.err

    return refused


@pytest.fixture
def file(tmp_path):
    """Writes a file and returns its path."""

    def file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return file


@pytest.fixture
def votes(file, corpus):
    """A small labelled file with labels of its own, and a further column."""
    rows = corpus[corpus["label"] != "neutral"].head(120)
    lines = [
        json.dumps({"text": text, "label": "no" if label == "hawkish" else "yes", "source": "ab"[i % 2]})
        for i, (text, label) in enumerate(zip(rows["text"], rows["label"], strict=True))
    ]
    return file("votes.jsonl", "\n".join(lines))


@pytest.fixture
def quick_toml(file):
    return file("quick.toml", "C = 1\nshape_weight = 1\nfolds = 2\ntone_alpha = 1\n")


# --- help


def commands(group=None, path: Sequence[str] = ()):
    group = group or typer.main.get_command(app)
    yield tuple(path)
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_every_command_has_help_with_an_example_and_every_option_is_described(run, command):
    done = run(*command, "--help")
    assert done.code == 0
    assert re.search(rf"^  Example: {' '.join(('stance', *command))}\b.*\S$", done.out, re.M)
    here = typer.main.get_command(app)
    for name in command:
        here = here.commands[name]
    for parameter in here.params:
        assert parameter.help, parameter.name
    assert run(*command, "-h").out == done.out


def test_the_commands_are_summed_up_without_being_cut(run):
    assert "..." not in run("--help").out.split("Commands:")[1]
    assert "..." not in run("data", "--help").out.split("Commands:")[1]


def test_the_exit_codes_are_documented(run):
    text = " ".join(run("--help").out.split())
    assert f"{UNTRACKED} model saved but its run not tracked" in text


def test_the_version(run):
    assert run("--version") == (0, f"stance {__version__}\n", "")


@pytest.mark.parametrize("command", [(), ("data",)])
def test_without_a_command_the_help_goes_to_stderr(run, command):
    done = run(*command)
    assert done.code == 2
    assert done.out == ""
    assert "Commands:" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_shown(shell):
    done = subprocess.run(
        STANCE, env={**os.environ, "_STANCE_COMPLETE": f"source_{shell}"}, capture_output=True, text=True, check=True
    )
    assert "_STANCE_COMPLETE" in done.stdout
    assert "stance" in done.stdout


def test_completion_completes():
    words = {"_STANCE_COMPLETE": "complete_bash", "COMP_WORDS": "stance sc", "COMP_CWORD": "1"}
    done = subprocess.run(STANCE, env={**os.environ, **words}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["score"]


# --- wrong usage


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["score"],
        ["score", "--frob", "x"],
        ["score", "x", "--format", "xml"],
        ["score", "x", "--unit", "word"],
        ["score", "x", "--min-confidence", "1.5"],
        ["score", "x", "--min-confidence", "high"],
        ["score", ARTICLE, "--min-confidence", "nan"],
        ["score", ARTICLE, "--plot", "a.png"],
        ["score", ARTICLE, "--period", "month"],
        ["score", ARTICLE, "--summary", "pair", "--period", "month"],
        ["score", ARTICLE, "--summary", "planet"],
        ["score", ARTICLE, "--summary", "document", "--plot", "a.pdf"],
        ["score", ARTICLE, "--summary", "document", "--html", "a.html"],
        ["score", ARTICLE, "--html", "missing/a.html"],
        ["score", ARTICLE, "--html", "a.html", "--explain"],
        ["score", ARTICLE, "--html", "a.html", "--format", "json"],
        ["score", ARTICLE, "--explain", "--summary", "document"],
        ["score", ARTICLE, "--explain", "--format", "csv"],
        ["score", ARTICLE, "--target-accuracy", "0.9", "--min-confidence", "0.5"],
        ["score", ARTICLE, "--target-accuracy", "1"],
        ["score", ARTICLE, "--target-accuracy", "0"],
        ["score", ARTICLE, "--target-accuracy", "nan"],
        ["score", ARTICLE, "--prior", "hawkish"],
        ["score", ARTICLE, "--prior", "hawkish=0.5"],
        ["score", ARTICLE, "--prior", "hawkish=0.5,neutral=0.5,conciliatory=0.5"],
        ["score", ARTICLE, "--prior", "hawkish=0.2,hawkish=0.2,neutral=0.2,conciliatory=0.4"],
        ["evaluate", "x", "--promote", "a", "--prior", "hawkish=0.2,neutral=0.4,conciliatory=0.4"],
        ["score", ARTICLE, "--positive", "hawkish"],
        ["score", ARTICLE, "--summary", "speaker", "--positive", "dovish"],
        ["score", ARTICLE, "--summary", "speaker", "--positive", "neutral", "--negative", "neutral"],
        ["score", ARTICLE, "--summary", "document", "--plot", "missing/a.png"],
        ["train", "--out", "missing/a.npz"],
        ["train", "--out", "."],
        ["train", "--register", "a/b"],
        ["train", "--register", "a", "--no-track"],
        ["train", "--jobs", "0"],
        ["train", "--jobs", "99999999999999999999"],
        ["score", ARTICLE, "--out", "a.jsonl", "--jobs", "99999999999999999999"],
        ["score", ARTICLE, "--out", "missing/a.jsonl"],
        ["score", ARTICLE, "--out", "missing/folder"],
        ["evaluate"],
        ["evaluate", "x", "--promote", "a", "--model", "b.npz"],
        ["ui", "--port", "0"],
        ["ui", "--port", "x"],
        ["data", "frob"],
        ["data", "gap", "x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_exit_code_2(refused, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    refused(2, *arguments)
    assert os.listdir(tmp_path) == []


# --- score


def test_in_a_pipe_it_writes_one_json_object_a_statement(run):
    done = run("score", ARTICLE)
    assert (done.code, done.err) == (0, "")
    text = Path(ARTICLE).read_text(encoding="utf-8")
    for i, row in enumerate(done.objects):
        assert list(row) == ["document", "index", "text", "start", "end", "speaker", "speaker_full", "target", "voice",
                             "content", "stance", "confidence", "probabilities", "tone"]  # fmt: skip
        assert (row["document"], row["index"]) == (ARTICLE, i)
        assert text[row["start"] : row["end"]] == row["text"]
        assert row["stance"] == max(row["probabilities"], key=row["probabilities"].get)


def test_every_format_tells_the_same(run):
    rows = run("score", ARTICLE, "--format", "jsonl").objects
    assert json.loads(run("score", ARTICLE, "--format", "json").out) == rows
    table = list(csv.DictReader(io.StringIO(run("score", ARTICLE, "--format", "csv").out)))
    assert [row["text"] for row in table] == [row["text"] for row in rows]
    assert [float(row["p_hawkish"]) for row in table] == [row["probabilities"]["hawkish"] for row in rows]
    assert f"{len(rows)} statements:" in run("score", ARTICLE, "-f", "table").out


def test_on_a_terminal_it_shows_a_colored_table():
    parent, child = pty.openpty()
    terminal = {**os.environ, "COLUMNS": "100", "TERM": "xterm-256color", "PYTHONWARNINGS": "ignore"}
    terminal.pop("NO_COLOR", None)
    done = subprocess.Popen([*STANCE, "score", ARTICLE], stdin=subprocess.DEVNULL, stdout=child, env=terminal)
    os.close(child)
    shown = b""
    while part := _read(parent):
        shown += part
    os.close(parent)
    assert done.wait() == 0
    assert b"\x1b[32m" in shown
    assert b"\x1b[31m" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())
    assert "│" in plain
    assert max(len(line.rstrip("\r")) for line in plain.split("\n")) <= 100
    assert re.search(r"\d+ statements: \d+ conciliatory, \d+ hawkish, \d+ neutral", plain)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side has closed
        return b""


def test_standard_input_is_read(run):
    [row] = run("score", "-", stdin=TALK.encode()).objects
    assert (row["document"], row["text"], row["stance"]) == ("-", TALK, "conciliatory")


def test_several_files_folders_and_patterns_in_turn(run, file, tmp_path):
    for name in ("a.txt", "b.md", "c.txt"):
        file(name, TALK)
    done = run("score", tmp_path / "c.txt", tmp_path / "?.md", tmp_path, "-", stdin=FIGHT.encode())
    names = [Path(row["document"]).name for row in done.objects]
    assert names == ["c.txt", "b.md", "a.txt", "-"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_read(run, file, encoding):
    text = "“We will talk,” the naïve envoy said."
    [row] = run("score", file("a.txt", text.encode(encoding))).objects
    assert row["text"] == text


def test_rows_of_tables_are_documents(run, file):
    table = file("a.csv", f'id,text\nx,"{TALK} It rained."\n,{FIGHT}\n')
    lines = file("b.jsonl", json.dumps({"words": TALK}) + "\n")
    assert [row["document"].rpartition("/")[2] for row in run("score", table).objects] == ["a.csv#x"] * 2 + ["a.csv:3"]
    assert run("score", lines, "--text-column", "words").objects[0]["text"] == TALK


@pytest.mark.parametrize("options", [[], ["--summary", "document"], ["--out", "scores.jsonl"]])
def test_an_id_that_stands_twice_is_told_once_and_every_row_is_scored(run, file, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    file("twice.csv", f"id,text\na,{TALK}\nb,{FIGHT}\na,{FIGHT}\nb,{TALK}\n")
    done = run("score", "twice.csv", *options)
    said = "twice.csv:4: id 'a' stands on line 2 too: give each row its own, or summaries take them for one\n"
    assert (done.code, done.err.count("twice.csv:"), said in done.err) == (0, 1, True)
    assert "--out" not in options or "4 statements" in done.err


def test_a_line_or_row_is_a_statement_if_asked_for(run, file):
    text = file("a.txt", f"{TALK} {FIGHT}\n\n{TALK}\n")
    assert [row["text"] for row in run("score", text, "--unit", "line").objects] == [f"{TALK} {FIGHT}", TALK]
    parquet_free = file("b.csv", f'text\n"{TALK}\n{FIGHT}"\n')
    assert [row["text"] for row in run("score", parquet_free, "--unit", "line").objects] == [f"{TALK}\n{FIGHT}"]


def test_what_is_not_sure_enough_is_uncertain(run):
    rows = run("score", ARTICLE, "--min-confidence", "0.9").objects
    assert {row["stance"] == "uncertain" for row in rows} == {True, False}
    for row in rows:
        assert (row["stance"] == "uncertain") == (row["confidence"] < 0.9)


def test_the_confidence_for_a_wanted_accuracy_is_found_and_told(run):
    done = run("score", ARTICLE, "--target-accuracy", "0.9")
    threshold = float(re.search(r"below a confidence of (0\.\d+) are uncertain", done.err)[1])
    assert threshold == confidence_for(Table.load().header, 0.9)
    assert done.out == run("score", ARTICLE, "--min-confidence", threshold).out
    stricter = run("score", ARTICLE, "--target-accuracy", "0.95").objects
    assert sum(row["stance"] == "uncertain" for row in stricter) > sum(
        row["stance"] == "uncertain" for row in done.objects
    )


def test_a_model_without_a_coverage_curve_has_no_confidence_for_an_accuracy(refused, file):
    table = Table.load()
    Table({**table.header, "metrics": {}}, table.arrays).save(path := file("bare.npz", ""))
    assert "no coverage curve" in refused(1, "score", ARTICLE, "-m", path, "--target-accuracy", "0.9")


def test_known_shares_of_the_labels_shift_every_output_alike(run, file):
    shares = "conciliatory=0.1,hawkish=0.1,neutral=0.8"
    plain, shifted = run("score", ARTICLE).objects, run("score", ARTICLE, "--prior", shares).objects
    for before, after in zip(plain, shifted, strict=True):
        p = {label: value * (8 if label == "neutral" else 1) for label, value in before["probabilities"].items()}
        assert after["probabilities"]["neutral"] == pytest.approx(p["neutral"] / sum(p.values()), abs=1e-4)
    run("score", ARTICLE, "--prior", shares, "--out", out := file("shifted.jsonl", ""))
    assert [json.loads(line) for line in Path(out).read_text(encoding="utf-8").splitlines()] == shifted
    labels = file("labels.csv", "text,stance\nPerhaps.,neutral\nWe will meet.,conciliatory\nThey attacked.,hawkish\n")
    measures = [json.loads(run("evaluate", labels, "-f", "json", *more).out) for more in ((), ("--prior", shares))]
    assert measures[0]["log_loss"] != measures[1]["log_loss"]


def test_evidence_stands_on_the_words_of_the_document_and_adds_up_to_the_logits(run):
    done = run("score", ARTICLE, "--explain")
    assert json.loads(run("score", ARTICLE, "--explain", "--format", "json").out) == done.objects
    text = Path(ARTICLE).read_text(encoding="utf-8")
    judged = [s.judged for s in told(Document(text, ARTICLE))]
    exact = Table.load().score(judged).probabilities
    plain = [{key: row[key] for key in row if key not in ("bias", "evidence", "tests")} for row in done.objects]
    assert plain == run("score", ARTICLE).objects
    words = 0
    for row, part, p in zip(done.objects, judged, exact.tolist(), strict=True):
        logits = {a: row["bias"][a] + sum(e["weights"][a] for e in row["evidence"]) for a in row["bias"]}
        for (a, p_a), (b, p_b) in combinations(zip(row["bias"], p, strict=True), 2):
            assert logits[a] - logits[b] == pytest.approx(math.log(p_a / p_b), abs=1e-6)
        for e in row["evidence"]:
            assert row["start"] <= e["start"] <= e["end"] <= row["start"] + len(part) <= row["end"]
            if e["kind"] == "word" and e["name"].removeprefix("not:").isalpha():
                words += 1
                assert text[e["start"] : e["end"]].lower() == e["name"].removeprefix("not:").lower()
    assert words > 100


def test_explained_statements_are_shown_with_their_words(run):
    shown = run("score", ARTICLE, "--explain", "--format", "table").out
    assert "Brandl rejected the threat." in shown
    assert "in a television interview." in shown  # what the reporter adds is shown, though not judged
    assert re.search(r"hawkish over \w+: rejected", shown)


def test_each_document_about_something_else_is_warned_of(run):
    done = run(
        "score",
        ROOT / "examples" / "off-topic" / "recipe-noodles.txt",
        ARTICLE,
        ROOT / "examples" / "off-topic" / "football-cup.txt",
    )
    assert re.findall(r"(\S+)\.txt: unlike the texts", done.err) == [
        str(ROOT / "examples" / "off-topic" / name) for name in ("recipe-noodles", "football-cup")
    ]
    assert done.err.count("\n") == 2


def test_short_texts_are_not_warned_of_one_by_one_but_a_table_of_them_is(run, file):
    recipe = (ROOT / "examples" / "off-topic" / "recipe-apple-cake.txt").read_text(encoding="utf-8")
    steps = [step for step in re.split(r"(?<=\.)\s+", recipe) if step]
    assert run("score", "-", stdin=steps[1].encode()).err == ""
    table = file("steps.csv", "text\n" + "".join(f'"{step}"\n' for step in steps))
    assert re.fullmatch(rf"{table}: unlike the texts .*\n", run("score", table).err)


def test_a_report_of_one_file_and_of_a_folder(run, news, tmp_path):
    done = run("score", ARTICLE, "--html", tmp_path / "one.html")
    assert (done.code, done.out, done.err) == (0, "", f"report written to {tmp_path / 'one.html'}\n")
    page = (tmp_path / "one.html").read_text(encoding="utf-8")
    assert page.count('<a class="st ') == len(run("score", ARTICLE).objects)
    assert "share of hawkish minus share of conciliatory statements" in page
    run("score", news, ARTICLE, "--html", tmp_path / "many.html", "--period", "week")
    index = (tmp_path / "many.html").read_text(encoding="utf-8")
    pages = re.findall(r'href="(many/[^"]+)"', index)
    assert len(pages) == 2  # the rows of a table share one
    assert all((tmp_path / name).exists() for name in pages)
    assert "2024-W02" in index
    assert "toward confrontation" in index


def test_a_list_is_closed_when_a_later_document_cannot_be_read(run, file):
    good, bad = file("a.txt", TALK), file("b.txt", b"\x00\x01\x02\xff" * 300)
    for options in ([], ["--explain"]):
        done = run("score", good, bad, "--format", "json", *options)
        assert done.code == 1
        assert [row["text"] for row in json.loads(done.out)] == [TALK]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\n ", "no text"),
        ("a.txt", b"\x00\x01\x02\xff" * 300, "binary"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        ("a.csv", b"title,body\nx,y\n", "no column 'text'"),
        ("a.csv", b"text\n", "no rows"),
        ("a.csv", b"text,tone\n,1\n", "no text in column 'text'"),
        ("a.csv", b"text,tone\nNaN,1\n", "no text in column 'text'"),
        ("a.jsonl", b'{"text": NaN}\n', "no text in column 'text'"),
        ("a.jsonl", b'{"text": "a"\n', "broken JSON"),
        ("a.parquet", b"PAR1 not", "Parquet"),
        ("a.pdf", b"%PDF-1.7 nothing", "PDF"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_name(refused, file, name, content, words):
    path = file(name, content)
    message = refused(1, "score", path)
    assert words in message
    assert str(path) in message


def test_missing_files_and_empty_folders_are_refused_before_anything_is_read(run, refused, tmp_path):
    assert "not found" in refused(1, "score", tmp_path / "missing.txt")
    assert "no readable file" in refused(1, "score", tmp_path)
    assert run("score", ARTICLE, tmp_path / "missing.txt").out == ""
    assert refused(1, "score", "") == "stance: '': an empty name: name a file or folder, or - for standard input\n"


@pytest.mark.parametrize("command", ["score", "explain", "suggest", "evaluate", "audit"])
def test_a_file_whose_name_no_output_could_hold_is_refused(refused, tmp_path, command):
    os.close(os.open(os.fsencode(tmp_path) + b"/caf\xe9.csv", os.O_CREAT))
    assert "caf\\udce9.csv': its name is not UTF-8: rename it" in refused(1, command, tmp_path)


def test_an_address_is_not_fetched(refused):
    assert "nothing is fetched" in refused(1, "score", "https://example.org/article.html")


def test_other_models_are_read_from_files(run, small_path):
    row = run("score", ARTICLE, "--model", small_path).objects[0]
    assert row["probabilities"] != run("score", ARTICLE).objects[0]["probabilities"]


def test_models_that_are_none_are_refused(refused, tmp_path, file, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/none.db")
    assert "No such file" in refused(1, "score", ARTICLE, "--model", "missing.npz")
    assert "not a usable model" in refused(1, "score", ARTICLE, "-m", file("a.npz", "no model"))
    assert "no tracking store" in refused(1, "score", ARTICLE, "--model", "models:/stance@champion")
    assert "not a reference" in refused(2, "score", ARTICLE, "--model", "models:/stance")


# --- summaries


@pytest.fixture
def news(file):
    """Ten dated articles in which a minister turns from talk to threat."""
    said = [TALK[:-1] if i < 5 else FIGHT[:-1] for i in range(10)]
    rows = [
        f'2024-0{1 + i // 5}-1{i % 5},"“{words},” minister Jane Roe said in week {i}."' for i, words in enumerate(said)
    ]
    return file("news.csv", "date,text\n" + "\n".join(rows) + "\n")


@pytest.mark.parametrize(("by", "names"), [("document", 10), ("speaker", 1), ("date", 10)])
def test_statements_are_summed_up(run, news, by, names):
    rows = run("score", news, "--summary", by).objects
    assert len(rows) == names
    assert sum(row["n"] for row in rows) + sum(row["copies"] for row in rows) == 10
    assert all(-1 <= row["index"]["value"] <= 1 for row in rows if row["index"])


def test_dates_are_summed_up_by_period(run, news):
    january, february = run("score", news, "--summary", "date", "--period", "month").objects
    assert (january["name"], february["name"]) == ("2024-01", "2024-02")
    assert january["index"]["value"] < 0 < february["index"]["value"]


def test_a_speaker_is_followed_over_time(run, news):
    first, second = run("score", news, "--summary", "speaker", "--period", "month").objects
    assert (first["speaker"], first["period"], first["shift"]) == ("Jane Roe", "2024-01", None)
    assert (second["period"], second["shift"]) == ("2024-02", "confrontation")


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_summary_has_the_formats_of_statements(run, news, form):
    done = run("score", news, "--summary", "speaker", "--format", form)
    assert done.code == 0
    assert "Jane Roe" in done.out


@pytest.mark.parametrize(("ending", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_a_summary_is_drawn(run, news, tmp_path, ending, magic):
    plot = tmp_path / f"plot{ending}"
    done = run("score", news, "--summary", "speaker", "--period", "month", "--plot", plot)
    assert (done.code, done.err) == (0, f"drawn into {plot}\n")
    assert plot.read_bytes().startswith(magic)


def test_summaries_over_time_need_dates(refused):
    assert "no document has a date" in refused(1, "score", ARTICLE, "--summary", "date")
    assert "no dated statement" in refused(1, "score", ARTICLE, "--summary", "speaker", "--period", "month")


# --- train


def test_training_saves_a_model_and_reports_on_it(run, votes, quick_toml, tmp_path):
    out = tmp_path / "votes.npz"
    done = run("train", votes, "--jobs", 1, "--params", quick_toml, "--no-track", "--out", out)
    assert (done.code, done.err) == (0, f"model written to {out}\n")
    assert "macro-F1" in done.out
    table = Table.load(out)
    assert table.labels == ("no", "yes")
    assert not table.has_tone
    rows = run("score", ARTICLE, "--model", out).objects
    assert {row["stance"] for row in rows} <= {"no", "yes"}
    assert rows[0]["tone"] is None
    assert "no" in run("score", ARTICLE, "--model", out, "--format", "table").out


def test_training_can_report_in_json(run, votes, quick_toml, tmp_path):
    done = run(
        "train",
        votes,
        "--jobs",
        1,
        "--params",
        quick_toml,
        "--no-track",
        "--out",
        tmp_path / "a.npz",
        "--format",
        "json",
    )
    found = json.loads(done.out)
    assert found["model"] == str(tmp_path / "a.npz")
    assert found["labels"] == ["no", "yes"]
    assert found["chosen"]["C"] == 1
    assert found["run"] is None
    assert 0 < found["cross-validation"]["macro_f1"] <= 1


@pytest.mark.parametrize("uri", ["sqlite:///{}/locked.db", "http://127.0.0.1:9"])
def test_a_tracking_store_that_fails_costs_the_record_not_the_model(run, votes, quick_toml, tmp_path, monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri.format(tmp_path))
    out = tmp_path / "votes.npz"
    with sqlite3.connect(tmp_path / "locked.db", isolation_level="EXCLUSIVE") as other:
        other.execute("CREATE TABLE mine (x)")
        other.execute("BEGIN EXCLUSIVE")
        done = run("train", votes, "--jobs", 1, "--params", quick_toml, "--out", out)
    other.close()
    assert done.code == UNTRACKED == 3
    assert "macro-F1" in done.out
    written, lost = done.err.splitlines()
    assert written == f"model written to {out}"
    assert lost.startswith("stance: the run is not tracked: ")
    assert Table.load(out).labels == ("no", "yes")


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        ("C = [", 1, "no TOML"),
        ("c = 1", 2, "unknown parameter 'c'"),
        ("folds = 1", 2, "folds"),
        (b"\xff\xfe", 1, "no TOML"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(refused, votes, file, content, code, words):
    assert words in refused(code, "train", votes, "--no-track", "--params", file("p.toml", content))


def test_a_parameter_file_that_is_missing_is_refused(refused, votes, tmp_path):
    assert "missing.toml" in refused(1, "train", votes, "--params", tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,stance\na,\n", "no label"),
        ("text,stance\nNaN,x\nb,y\n", "no text"),
        ("text,stance\n,x\nb,y\n", "no text"),
        ("text,stance\na,x\nb,x\n", "only one label"),
        ("text,stance\na,x\nb,y\n", "only 1 row labelled"),
        ("text,label,tone\na,x,9\n", "tone 9 is out of range"),
        ("text\na\n", "no column 'stance' or 'label'"),
        ("body,stance\na,x\n", "no column 'text'"),
        ("", "empty"),
    ],
)
def test_data_that_cannot_train_a_model_are_refused(refused, file, tmp_path, content, words):
    path = file("bad.csv", content)
    message = refused(1, "train", path, "--no-track", "--out", tmp_path / "a.npz")
    assert words in message
    assert str(path) in message
    assert not (tmp_path / "a.npz").exists()


# --- evaluate


@pytest.fixture
def labelled(file, corpus):
    rows = corpus.head(60)
    return file("labelled.jsonl", rows[["text", "label", "tone", "form"]].to_json(orient="records", lines=True))


def test_evaluation_has_exactly_these_measures(run, labelled):
    found = json.loads(run("evaluate", labelled, "--by", "form", "--format", "json").out)
    assert set(found) == {
        "n", "accuracy", "macro_f1", "weighted_f1", "per_class", "macro_f1_interval", "confusion", "log_loss", "ece",
        "coverage", "tone_spearman", "tone_mae", "slices",
    }  # fmt: skip
    assert found["n"] == 60
    assert all(set(row) == {"precision", "recall", "f1", "n"} for row in found["per_class"].values())
    assert sum(row["n"] for row in found["slices"]["form"].values()) == 60


def test_evaluation_on_a_terminal_is_a_table(run, labelled):
    done = run("evaluate", labelled, "--by", "form")
    assert "macro-F1" in done.out
    assert "precision" in done.out


def test_what_cannot_be_evaluated_is_refused(refused, labelled, votes, file):
    assert "unknown label 'yes'" in refused(1, "evaluate", votes) or "unknown label 'no'" in refused(
        1, "evaluate", votes
    )
    assert "no column 'planet'" in refused(2, "evaluate", labelled, "--by", "planet")
    assert "no such file" in refused(1, "evaluate", "missing.csv")
    message = refused(1, "evaluate", file("nan.csv", "text,stance\nWe talk.,neutral\nnan,neutral\n"))
    assert "nan.csv:3: no text" in message


# --- data


def test_data_are_checked_and_errors_end_with_code_1(run, labelled, file):
    good = run("data", "check", labelled, "--format", "json")
    assert json.loads(good.out)
    bad = run("data", "check", file("bad.csv", "text,stance\nWe talk.,peaceful\n"))
    assert bad.code == 1
    assert "bad.csv:2" in bad.out
    assert run("data", "check", labelled, labelled, "--format", "json").out == good.out


def test_where_there_is_too_little_the_file_is_named_and_one_is_one(run, refused, file):
    one = file("one.csv", "text,stance\nWe talk.,conciliatory\n")
    assert refused(1, "drift", ARTICLE, one).startswith(f"stance: {one}: only 1 statement: give at least 20")
    assert refused(1, "data", "gap", one, ARTICLE).startswith(f"stance: {one}: only 1 different text: give at least 20")
    assert "only 1 row labelled 'conciliatory'" in refused(1, "train", one, file("two.csv", "text,stance\na,b\nc,b\n"))
    assert "missing.md: no such file or directory: name the data sheet" in refused(1, "data", "sheet", "missing.md")
    assert "sheet.md: not UTF-8: name the data sheet" in refused(1, "data", "sheet", file("sheet.md", b"caf\xe9"))
    assert "1 statement of 1 document in" in run("score", one, "--out", file("scores.jsonl", "")).err
    measured = run("evaluate", one).out
    assert "1 row\n" in measured
    assert "not enough rows for an interval" in measured
    assert json.loads(run("evaluate", one, "--by", "text", "-f", "json").out)["macro_f1_interval"] is None


# --- pipes, signals, streams


def start(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [*STANCE, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def test_a_broken_pipe_is_quiet(file):
    path = file("long.txt", f"{TALK}\n" * 20000)
    with start("score", str(path)) as process:
        assert json.loads(process.stdout.readline())["text"] == TALK
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141  # what a shell reports of a program that SIGPIPE ended


def test_the_first_line_comes_before_the_input_ends_and_ctrl_c_ends_it_quietly():
    with start("score", "-", "--unit", "line") as process:
        process.stdin.write(json.dumps({"text": TALK}).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["text"] == TALK
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr.read() == b""


def test_a_full_disk_is_said_on_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run([*STANCE, "score", ARTICLE], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "stance: standard output: No space left on device: make room\n"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (f"score {ARTICLE}", 1),
        (f"score {ARTICLE} --summary speaker --format table", 1),
        ("card", 1),
        ("--help", 1),
        (f"score {ARTICLE} --out scores.jsonl", 0),
    ],
)
def test_a_closed_output_is_said_on_one_line_by_what_needs_it(tmp_path, command, code):
    shell = f"{' '.join(STANCE)} {command} >&-"
    done = subprocess.run(shell, shell=True, cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
    said = "stance: standard output: Bad file descriptor: leave it open, or write to a file\n"
    assert (done.returncode, done.stderr == said) == (code, code == 1), done.stderr
    assert code == 1 or len((tmp_path / "scores.jsonl").read_text(encoding="utf-8").splitlines()) == 20


def test_closed_input_is_empty_and_talk_to_a_closed_stream_is_not_mixed_into_the_data():
    shell = f"{' '.join(STANCE)} score - <&-"
    done = subprocess.run(shell, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[:29]) == (1, "stance: standard input: empty")
    shell = f"{' '.join(STANCE)} score {ROOT}/examples/off-topic/recipe-noodles.txt nowhere.txt 2>&-"
    done = subprocess.run(shell, shell=True, stdout=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("command", [["score", ARTICLE, "--html"], ["score", ARTICLE, "--out"], ["train", "--out"]])
def test_a_pipe_or_device_is_not_replaced_by_a_file(refused, tmp_path, command):
    os.mkfifo(pipe := tmp_path / "pipe")
    assert "a device or a pipe" in refused(2, *command, pipe)
    assert pipe.is_fifo()


def test_output_is_utf_8_whatever_the_locale(file):
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    text = "“Naïve,” he said."
    done = subprocess.run([*STANCE, "score", str(file("a.txt", text))], capture_output=True, env=plain, check=True)
    assert json.loads(done.stdout)["text"] == text


def test_memory_stays_flat_however_long_the_input():
    code = (
        "import io, json, resource, sys; from stance.cli import main\n"
        "row = json.dumps({'text': 'They agreed to resume talks' + 'x' * 1000}).encode() + b'\\n'\n"
        "class Rows(io.RawIOBase):\n"
        "    left = int(sys.argv[1])\n"
        "    def readable(self): return True\n"
        "    def readinto(self, buffer):\n"
        "        self.left -= 1\n"
        "        buffer[: len(row)] = row\n"
        "        return len(row) if self.left >= 0 else 0\n"
        "sys.stdin = io.TextIOWrapper(io.BufferedReader(Rows()))\n"
        "try: main(['score', '-', '--unit', 'line'])\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
    )
    peaks = []
    for rows in (2100, 8000):  # held in memory, the difference would be 6 MB of text and as much again of objects
        done = subprocess.run(
            [sys.executable, "-c", code, str(rows)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True
        )
        peaks.append(int(done.stderr.splitlines()[-1]))
    assert peaks[1] - peaks[0] < 4000  # KB
