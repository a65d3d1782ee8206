"""Labels of one's own work throughout: a small model of what central bankers say, hawkish, dovish or neutral."""

import io
import json
import re
from itertools import product

import pytest
from starlette.testclient import TestClient

from stance.cli import main
from stance.errors import UsageError
from stance.model.sklearn import StanceClassifier
from stance.service.app import create_app
from stance.service.live import Live

SAID = {
    "hawkish": (
        "The committee will raise {} again if prices keep rising.",
        "Inflation is too high, and {} must stay tight for longer.",
        "We are prepared to tighten further to bring down {}.",
        "There is no case for loosening {} while wages climb like this.",
    ),
    "dovish": (
        "The committee is ready to cut {} should growth falter.",
        "Unemployment is too high, so {} should be eased soon.",
        "We see room to loosen {} now that prices have cooled.",
        "More support through {} is needed to help the recovery.",
    ),
    "neutral": (
        "The committee met on Tuesday to discuss {}.",
        "Members received the staff report on {}.",
        "The minutes on {} come out in three weeks.",
        "The next meeting on {} takes place in the spring.",
    ),
}
ABOUT = ("the base rate", "interest rates", "monetary policy", "borrowing costs", "the policy rate", "lending")
ARTICLE = """The base rate stays where it is

“We are prepared to tighten further to bring down prices,” governor Ada Lorn said on Tuesday.

“More support is needed to help the recovery,” her deputy, Piet Sand, said. The minutes come out in three weeks.
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    rows = [(text.format(about), label) for label, texts in SAID.items() for text, about in product(texts, ABOUT)]
    texts, labels = zip(*rows, strict=True)
    path = tmp_path_factory.mktemp("model") / "bank.npz"
    StanceClassifier(frame_weight=0.0, min_df=1).fit(texts, labels).table_.save(path)
    return path


@pytest.fixture
def run(capsys, monkeypatch, model):
    """Runs `stance score` on the article with the model; exit code and both streams."""

    def run(*options: object, file: object = "-") -> tuple[object, str, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ARTICLE.encode())))
        with pytest.raises(SystemExit) as end:
            main(["score", str(file), "--model", str(model), *map(str, options)])
        return end.value.code or 0, *capsys.readouterr()

    return run


POLES = ("--positive", "hawkish", "--negative", "dovish")


def test_statements_get_the_models_labels(run):
    rows = [json.loads(line) for line in run()[1].splitlines()]
    assert [row["stance"] for row in rows][1:] == ["hawkish", "dovish", "neutral"]
    assert "1 dovish" in run("--format", "table")[1]


def test_an_index_has_the_poles_that_were_named(run):
    rows = {row["name"]: row for row in map(json.loads, run("--summary", "speaker", *POLES)[1].splitlines())}
    assert rows["Ada Lorn"]["index"]["value"] == 1
    assert rows["Piet Sand"]["index"]["value"] == -1
    assert set(rows["Piet Sand"]["extremes"]) == {"dovish"}
    turned = run("--summary", "speaker", "--positive", "dovish", "--negative", "hawkish")[1]
    assert {json.loads(line)["name"]: json.loads(line)["index"]["value"] for line in turned.splitlines()}[
        "Ada Lorn"
    ] == -1
    assert json.loads(run("--summary", "document")[1])["index"] is None
    assert "most_dovish_text" in run("--summary", "speaker", "--format", "csv", *POLES)[1].splitlines()[0]
    shown = run("--summary", "speaker", "--format", "table", *POLES)[1]
    assert re.search(r"Piet Sand +dovish", shown)
    assert "conciliatory" not in shown


def test_a_change_is_named_by_its_pole(run, tmp_path):
    said = {"2024-01-10": "dovish", "2024-02-10": "hawkish"}
    rows = [
        {"text": f"“{text.format(about)[:-1]},” governor Ada Lorn said.", "date": date}
        for date, label in said.items()
        for text, about in product(SAID[label][:2], ABOUT[:4])
    ]
    (tmp_path / "said.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    out = run("--summary", "speaker", "--period", "month", *POLES, file=tmp_path / "said.jsonl")[1]
    steps = [json.loads(line) for line in out.splitlines()]
    assert [step["shift"] for step in steps] == [None, "hawkish"]


def test_a_picture_names_the_poles(run, tmp_path):
    run("--summary", "speaker", "--plot", tmp_path / "a.svg", *POLES)
    assert "dovish (-1) to hawkish (+1)" in (tmp_path / "a.svg").read_text(encoding="utf-8")


def test_a_report_names_the_poles_and_colours_them(run, tmp_path):
    code, out, _ = run("--html", tmp_path / "a.html", *POLES)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert (code, out) == (0, "")
    assert "share of hawkish minus share of dovish statements" in page
    assert "What is dovish, what is hawkish, statement by statement." in page
    assert re.search(r'class="filter con" data-stance="dovish"', page)
    assert "conciliatory" not in page.split("</style>")[1]


def test_a_report_without_poles_has_no_index(run, tmp_path):
    run("--html", tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8").split("</style>")[1]
    assert "stance index" not in page.lower()
    assert "Statements by speaker" in page
    assert re.search(r'class="filter x0" data-stance="dovish"', page)


def test_the_service_has_the_poles_that_it_was_started_with(model):
    live = Live(str(model), positive="hawkish", negative="dovish")
    with TestClient(create_app(live), base_url="http://127.0.0.1") as client:
        for _ in range(2):
            answer = client.post("/v1/score", json={"text": ARTICLE, "summary": "speaker"}).json()
            index = {row["name"]: row["index"]["value"] for row in answer["summary"] if row["name"]}
            assert index == {"Ada Lorn": 1, "Piet Sand": -1}
            live.reload()
        page, start = client.post("/view", json={"text": ARTICLE}).text, client.get("/").text
    assert "What is dovish, what is hawkish" in start
    guide = re.findall(r'<div class="(\w+)"><dt>.*> (\w+)</dt><dd>(.*)</dd>', start)
    ends = ("at the -1 end of the index", "at the +1 end of the index")
    assert sorted(guide) == [("con", "dovish", ends[0]), ("haw", "hawkish", ends[1]), ("neu", "neutral", "")]
    assert "share of hawkish minus share of dovish statements" in page


def test_a_service_without_poles_has_no_index_and_wrong_ones_are_refused(model):
    with TestClient(create_app(Live(str(model))), base_url="http://127.0.0.1") as client:
        answer = client.post("/v1/score", json={"text": ARTICLE, "summary": "speaker"}).json()
        assert {row["index"] for row in answer["summary"]} == {None}
        assert "end of the index" not in client.get("/").text
    with pytest.raises(UsageError, match="no label 'mild'"):
        Live(str(model), positive="mild", negative="dovish")


def test_evidence_speaks_for_the_models_labels(run):
    row = [json.loads(line) for line in run("--explain")[1].splitlines()][2]
    assert set(row["bias"]) == set(SAID)
    assert all(set(e["weights"]) == set(SAID) for e in row["evidence"])
    assert "dovish over" in run("--explain", "--format", "table")[1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--positive", "conciliatory"), "--positive: the model has no label 'conciliatory': choose one of dovish, "),
        (("--positive", "dovish"), "--negative: the index has one end only: name one of "),
        (("--positive", "dovish", "--negative", "dovish"), "'dovish' cannot be both ends"),
    ],
)
def test_poles_that_the_model_does_not_have_are_refused(run, options, words):
    code, out, err = run("--summary", "speaker", *options)
    assert (code, out) == (2, "")
    assert words in err


def test_a_model_with_hawkish_needs_the_other_pole_only(run):
    assert json.loads(run("--summary", "document", "--negative", "dovish")[1])["index"]
