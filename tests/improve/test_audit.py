"""Planted errors are found: turned labels, near-duplicates, a telling name; the data stay as they are."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from stance.errors import InputError
from stance.improve.audit import audit, write_review
from stance.model.corpus import read_labelled

FRAME = read_labelled(["data/corpus/plain-headlines.jsonl"]).head(450).reset_index(drop=True)
NEXT = {"conciliatory": "hawkish", "hawkish": "neutral", "neutral": "conciliatory"}


@pytest.fixture(scope="module")
def spoiled():
    """Every fifteenth label turned; four rows repeated, two with another label, two in another file."""
    frame = FRAME.copy()
    turned = frame.index[::15]
    frame.loc[turned, "label"] = frame.loc[turned, "label"].map(NEXT)
    again = frame.iloc[[1, 2, 3, 4]].assign(file="other.jsonl", line=[1, 2, 3, 4])
    again["text"] = again["text"] + " Now."
    again.loc[[1, 2], "label"] = again.loc[[1, 2], "label"].map(NEXT)
    return pd.concat([frame, again], ignore_index=True), set(turned)


@pytest.fixture(scope="module")
def report(spoiled):
    before = spoiled[0].copy(deep=True)
    result = audit(spoiled[0])
    pd.testing.assert_frame_equal(spoiled[0], before)
    return result


def test_turned_labels_come_first(spoiled, report) -> None:
    frame, turned = spoiled
    places = {f"{frame['file'][i]}:{frame['line'][i]}" for i in turned}
    first = [f.place for f in report.findings if f.kind == "label"][: len(turned)]
    share = np.mean([place in places for place in first])
    assert share > 3 * len(turned) / len(frame)


def test_near_duplicates_are_told_as_conflict_or_leak(report) -> None:
    pairs = {kind: {f.other_place for f in report.findings if f.kind == kind} for kind in ("conflict", "leak")}
    assert pairs == {"conflict": {"other.jsonl:1", "other.jsonl:2"}, "leak": {"other.jsonl:3", "other.jsonl:4"}}


def test_the_review_has_a_row_for_each_finding(report) -> None:
    file = io.StringIO()
    write_review(report.findings, file)
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert len(rows) == len(report.findings)
    assert [row["issue"] for row in rows] == [f.kind for f in report.findings]
    assert all(row["suggested"] != row["stance"] for row in rows if row["issue"] == "label")


def test_an_actor_that_goes_with_one_label_is_named() -> None:
    named = FRAME.copy()
    hawkish = named["label"] == "hawkish"
    named["actors"] = [["Kestria"] if h else ["Ostrava", "Marran"] for h in hawkish]
    found = {a.name: a for a in audit(named).actors}
    assert found["Kestria"].label == "hawkish"
    assert found["Kestria"].share == 1


def test_actors_dealt_at_random_are_not_named() -> None:
    rng = np.random.default_rng(0)
    names = [[str(name)] for name in rng.choice(["Kestria", "Ostrava", "Marran", "Velland"], len(FRAME))]
    assert audit(FRAME.assign(actors=names)).actors == ()


def test_the_report_reads_as_text_and_as_json(report) -> None:
    text = report.to_text()
    assert "labels likely wrong" in text
    assert "2 pairs of near-duplicates with different labels" in text
    assert report.to_dict()["counts"] == {kind: report.count(kind) for kind in ("label", "conflict", "leak")}


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(InputError, match="only one label"):
        audit(FRAME[FRAME["label"] == "neutral"])
