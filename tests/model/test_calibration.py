"""The confidence for a wanted accuracy, from what training knows; labels of one's own on the way."""

import json

import pytest

from stance.analysis import analyse
from stance.errors import ModelError, UsageError
from stance.model.calibration import confidence_for, kept_evaluations
from stance.model.corpus import read_labelled
from stance.model.evaluation import evaluate_table
from stance.model.explanation import explain
from stance.model.params import Params
from stance.model.table import Table
from stance.model.training import train
from stance.report.explanation import shaded, summary
from stance.report.summary import Poles, summarize
from stance.statement import Document

FRAME = read_labelled(["data/corpus/ordinary-news-mix.jsonl"])
QUICK = Params(C=(3.0,), shape_weight=(0.0,), frame_weight=(0.0,), tone_alpha=(1.0,), folds=3)


@pytest.fixture(scope="module")
def training():
    """A model whose labels are those of central banks: what is conciliatory is called dovish."""
    return train(FRAME.replace({"label": {"conciliatory": "dovish"}}), QUICK, jobs=1)


def header(training):
    """A table's header that keeps whole evaluations."""
    kept = {name: {**e.to_dict(), "calibration": list(e.calibration)} for name, e in training.evaluations.items()}
    return json.loads(json.dumps({"metrics": kept}))


def test_a_higher_accuracy_takes_a_higher_confidence(training) -> None:
    known = header(training)
    accuracy = known["metrics"]["cross-validation"]["accuracy"]
    thresholds = [confidence_for(known, accuracy + more) for more in (0, 0.02, 0.05, 0.1)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[-1]


def test_from_the_threshold_on_the_accuracy_is_the_wanted_one(training) -> None:
    threshold = confidence_for(header(training), 0.85)
    curve = training.evaluations["cross-validation"].coverage
    assert next(p["accuracy"] for p in curve if p["threshold"] == threshold) >= 0.85


def test_what_cannot_be_reached_and_what_is_not_known_is_said() -> None:
    with pytest.raises(UsageError, match=r"no confidence makes the model right 100.0% of the time: ask for 0\.\d+ or"):
        confidence_for(Table.load().header, 1.0)
    curve = [{"threshold": t, "coverage": 0.5, "accuracy": a} for t, a in ((0.6, 0.8), (0.8, 0.91), (0.9, 0.895))]
    known = {"metrics": {"cross-validation": {"n": 1000, "coverage": curve}}}
    with pytest.raises(UsageError, match=r"ask for 0\.895 or less"):
        confidence_for(known, 0.9)
    assert confidence_for(known, 0.895) == 0.8
    with pytest.raises(ModelError, match="--target-accuracy: the model holds no coverage curve"):
        confidence_for({"metrics": {"cross-validation": {"n": 10}}}, 0.9)


def test_evaluations_come_back_from_the_header(training) -> None:
    kept = kept_evaluations(header(training))
    before, after = training.evaluations["cross-validation"], kept["cross-validation"]
    assert after.macro_f1 == before.macro_f1
    assert list(after.calibration) == list(before.calibration)
    assert kept_evaluations({"metrics": {"test": {"n": 3, "accuracy": 0.5}}}) == {}
    assert kept_evaluations({}) == {}


def test_other_labels_work_throughout(training) -> None:
    table = training.table
    assert table.labels == ("dovish", "hawkish", "neutral")
    text = "The ministers agreed to meet again. The army shelled the town."
    scored = list(analyse([Document(text, id="a")], table))
    row = summarize(scored, poles=Poles("hawkish", "dovish"))[0]
    assert row.index is not None
    assert row.index.value == pytest.approx((row.counts["hawkish"] - row.counts["dovish"]) / 2)
    why = explain(table, scored[0].statement.text)
    assert set(why.logits) == set(table.labels)
    assert shaded(why, table.labels).plain == scored[0].statement.text
    assert " over " in summary(why, table.labels).plain
    known = FRAME.replace({"label": {"conciliatory": "dovish"}})
    assert evaluate_table(table, known).labels == table.labels
