"""Measures agree with scikit-learn and scipy, intervals with the ordinary bootstrap; bad input is named."""

import itertools
import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from stance.errors import InputError, UsageError
from stance.model.evaluation import Evaluation, compare, evaluate, evaluate_table
from stance.model.params import Params
from stance.model.training import train

LABELS = ("conciliatory", "hawkish", "neutral")


def guesses(n, seed=0, skill=1.5, labels=LABELS):
    """True labels and the probabilities of a model that is right more often than not."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(len(labels), size=n)
    logits = rng.normal(size=(n, len(labels))) + skill * np.eye(len(labels))[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return [labels[code] for code in truth], probabilities


def said(probabilities, labels=LABELS):
    return [labels[code] for code in probabilities.argmax(axis=1)]


@pytest.mark.parametrize("n", [5, 60, 2500])
def test_measures_equal_those_of_scikit_learn(n):
    truth, p = guesses(n)
    e = evaluate(LABELS, truth, p)
    predicted = said(p)
    assert e.n == n
    assert e.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert e.macro_f1 == pytest.approx(metrics.f1_score(truth, predicted, average="macro", labels=LABELS))
    assert e.weighted_f1 == pytest.approx(metrics.f1_score(truth, predicted, average="weighted"))
    assert e.log_loss == pytest.approx(metrics.log_loss(truth, p, labels=LABELS))
    assert e.confusion == metrics.confusion_matrix(truth, predicted, labels=LABELS).tolist()
    columns = metrics.precision_recall_fscore_support(truth, predicted, labels=LABELS, zero_division=0)
    for label, *figures in zip(LABELS, *columns, strict=True):
        assert list(e.per_class[label].values()) == pytest.approx(figures)


def test_a_label_that_occurs_nowhere_does_not_lower_macro_f1():
    truth = ["hawkish", "neutral", "hawkish"]
    p = np.array([[0.1, 0.8, 0.1], [0.1, 0.7, 0.2], [0.2, 0.5, 0.3]])
    e = evaluate(LABELS, truth, p)
    assert e.macro_f1 == pytest.approx(metrics.f1_score(truth, said(p), average="macro"))
    assert e.per_class["conciliatory"] == {"precision": 0, "recall": 0, "f1": 0, "n": 0}


def test_the_interval_is_that_of_the_bootstrap_over_rows():
    truth, p = guesses(300)
    low, high = evaluate(LABELS, truth, p, samples=4000).macro_f1_interval
    rng, truth, predicted = np.random.default_rng(1), np.array(truth), np.array(said(p))
    draws = [
        metrics.f1_score(truth[rows], predicted[rows], average="macro", labels=LABELS)
        for rows in rng.integers(300, size=(600, 300))
    ]
    assert (low, high) == pytest.approx(np.percentile(draws, [2.5, 97.5]), abs=0.008)


def test_the_interval_covers_the_true_score_about_as_often_as_it_says():
    truth, p = guesses(200_000, seed=9)
    wanted = evaluate(LABELS, truth, p, samples=10).macro_f1
    hits = 0
    for start in range(0, 80_000, 400):
        rows = slice(start, start + 400)
        low, high = evaluate(LABELS, truth[rows], p[rows], samples=400).macro_f1_interval
        hits += low <= wanted <= high
    assert 0.90 <= hits / 200 <= 0.99


def test_a_thousand_resamples_of_2500_rows_take_well_under_a_second(fastest):
    truth, p = guesses(2500)
    slices = {"source": [str(i % 6) for i in range(2500)]}
    assert fastest(lambda: evaluate(LABELS, truth, p, slices=slices)) < 0.5


def test_the_same_seed_gives_the_same_figures():
    truth, p = guesses(100)
    assert evaluate(LABELS, truth, p) == evaluate(LABELS, truth, p)


def test_ece_is_zero_for_honest_confidence_and_large_for_bluff():
    rng = np.random.default_rng(0)
    top = rng.uniform(0.5, 1, size=20_000)
    right = rng.uniform(size=20_000) < top
    truth = ["yes" if r else "no" for r in right]
    honest = evaluate(("no", "yes"), truth, np.stack([1 - top, top], axis=1), samples=10)
    bluff = evaluate(("no", "yes"), truth, np.tile([0.0, 1.0], (20_000, 1)), samples=10)
    assert honest.ece < 0.02
    assert bluff.ece == pytest.approx(1 - right.mean())
    assert sum(b["n"] for b in honest.calibration) == 20_000


def test_coverage_falls_with_the_threshold_and_accuracy_is_none_where_nothing_is_left():
    truth, p = guesses(500)
    curve = evaluate(LABELS, truth, np.minimum(p, 0.9)).coverage
    assert curve[0]["coverage"] == 1.0
    assert all(a["coverage"] >= b["coverage"] for a, b in itertools.pairwise(curve))
    point = next(c for c in curve if c["threshold"] == 0.6)
    sure = np.minimum(p, 0.9).max(axis=1) >= 0.6
    assert point["coverage"] == pytest.approx(sure.mean())
    assert point["accuracy"] == pytest.approx((np.array(said(p)) == truth)[sure].mean())
    assert curve[-1] == {"threshold": 0.99, "coverage": 0.0, "accuracy": None}


def test_tone_is_measured_where_both_sides_have_it():
    from scipy.stats import spearmanr

    truth, p = guesses(50)
    rng = np.random.default_rng(0)
    wanted = list(rng.integers(-3, 4, size=50).astype(float))
    given = np.array(wanted) + rng.normal(size=50)
    wanted[3], wanted[7] = None, float("nan")
    kept = [i for i in range(50) if i not in (3, 7)]
    e = evaluate(LABELS, truth, p, tone_truth=wanted, tone=given)
    pairs = [wanted[i] for i in kept], given[kept]
    assert e.tone_spearman == pytest.approx(spearmanr(*pairs).statistic)
    assert e.tone_mae == pytest.approx(np.abs(np.subtract(*pairs)).mean())


def test_tone_without_labels_without_a_head_or_constant_gives_none():
    truth, p = guesses(3)
    assert evaluate(LABELS, truth, p, tone=np.zeros(3)).tone_mae is None
    assert evaluate(LABELS, truth, p, tone_truth=[1, 2, 3]).tone_mae is None
    nothing = evaluate(LABELS, truth, p, tone_truth=[None, None, None], tone=np.zeros(3))
    assert (nothing.tone_spearman, nothing.tone_mae) == (None, None)
    constant = evaluate(LABELS, truth, p, tone_truth=[1.0, 2.0, 3.0], tone=np.zeros(3))
    assert (constant.tone_spearman, constant.tone_mae) == (None, 2.0)


def test_slices_measure_their_own_rows_largest_first():
    truth, p = guesses(90)
    source = ["news"] * 50 + ["un"] * 30 + [None] * 9 + [""]
    e = evaluate(LABELS, truth, p, slices={"source": source})
    assert {value: row["n"] for value, row in e.slices["source"].items()} == {
        "news": 50,
        "un": 30,
        "(none)": 10,
    }
    un = e.slices["source"]["un"]
    alone = evaluate(LABELS, truth[50:80], p[50:80])
    assert (un["accuracy"], un["macro_f1"]) == pytest.approx((alone.accuracy, alone.macro_f1))
    low, high = un["macro_f1_interval"]
    assert low < un["macro_f1"] < high


@pytest.mark.parametrize(
    ("bad", "line"),
    [
        (
            ["hawkish", "hawk", "dove"],
            "row 2: unknown label 'hawk' (and 1 more such row): the labels of this model",
        ),
        (
            ["hawkish", None, "neutral"],
            "row 2: no label: the labels of this model are conciliatory, hawkish, neutral",
        ),
        (["hawkish", "neutral", float("nan")], "row 3: no label"),
        ([], "no labelled rows"),
    ],
)
def test_truth_the_model_does_not_know_is_refused_with_row_and_labels(bad, line):
    with pytest.raises(InputError) as error:
        evaluate(LABELS, bad, np.full((len(bad), 3), 1 / 3))
    assert str(error.value).startswith(line)


def test_a_probability_that_is_not_a_number_is_refused():
    p = np.full((2, 3), 1 / 3)
    p[1, 2] = np.nan
    with pytest.raises(InputError, match="row 2: a probability that is not a number"):
        evaluate(LABELS, ["hawkish", "neutral"], p)


def test_an_interval_needs_ten_rows_in_slices_and_comparisons_too():
    truth, p = guesses(10)
    part = {"half": ["a"] * 9 + ["b"]}
    many, few = evaluate(LABELS, truth, p, slices=part), evaluate(LABELS, truth[:9], p[:9])
    assert few.macro_f1_interval is few.to_dict()["macro_f1_interval"] is None
    low, high = many.macro_f1_interval
    assert low < many.macro_f1 < high
    assert [row["macro_f1_interval"] for row in many.slices["half"].values()] == [None, None]
    assert Evaluation.from_dict(json.loads(json.dumps(few.to_dict()))).macro_f1_interval is None


def test_a_model_is_not_better_by_one_row():
    right, wrong = np.array([[0.8, 0.1, 0.1]]), np.array([[0.1, 0.8, 0.1]])
    c = compare(["conciliatory"], wrong, right, LABELS)
    assert (c.difference, c.better, c.interval) == (1.0, False, None)
    assert c.to_dict()["interval"] is None
    assert c.verdict == "not shown to be better by fewer than 10 rows"
    assert "on 1 row, difference +1.000 (too few for an interval; McNemar" in str(c)
    assert compare(["conciliatory"] * 10, wrong.repeat(10, 0), right.repeat(10, 0), LABELS).better


def test_one_row_is_enough_and_raises_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        e = evaluate(LABELS, ["hawkish"], np.array([[0.2, 0.5, 0.3]]), tone_truth=[1], tone=np.array([0.5]))
    assert (e.accuracy, e.macro_f1_interval, e.tone_mae) == (1.0, None, 0.5)


def test_the_json_object_has_the_agreed_names_and_returns_as_the_same_evaluation():
    truth, p = guesses(40)
    e = evaluate(LABELS, truth, p, slices={"source": ["news"] * 40})
    sent = json.loads(json.dumps(e.to_dict(), allow_nan=False))
    assert set(sent) == {
        *(
            "n",
            "accuracy",
            "macro_f1",
            "weighted_f1",
            "per_class",
            "macro_f1_interval",
            "confusion",
            "log_loss",
        ),
        *("ece", "coverage", "tone_spearman", "tone_mae", "slices"),
    }
    assert Evaluation.from_dict(sent).to_dict() == e.to_dict()


def test_labels_of_any_project_work(fastest):
    labels = tuple(f"topic {i}" for i in range(40))
    truth, p = guesses(2000, labels=labels, skill=4)

    def check():
        e = evaluate(labels, truth, p)
        assert e.macro_f1 == pytest.approx(metrics.f1_score(truth, said(p, labels), average="macro"))
        assert compare(truth, p, p, labels).difference == 0

    assert fastest(check) < 3


def test_a_better_model_is_better_beyond_its_interval_and_an_equal_one_is_not():
    truth, weak = guesses(600, seed=1, skill=0.5)
    strong = weak * 0.3 + 0.7 * np.eye(3)[[LABELS.index(t) for t in truth]]
    better = compare(truth, weak, strong, LABELS)
    assert better.better
    assert better.difference == pytest.approx(
        evaluate(LABELS, truth, strong).macro_f1 - evaluate(LABELS, truth, weak).macro_f1
    )
    worse = compare(truth, strong, weak, LABELS)
    assert worse.difference == -better.difference
    assert worse.interval == pytest.approx([-v for v in better.interval[::-1]], abs=0.02)
    same = compare(truth, weak, weak, LABELS)
    assert (same.better, same.interval, same.mcnemar_p, same.differing) == (False, (0.0, 0.0), 1.0, [])


def test_the_paired_interval_is_narrower_than_two_single_ones():
    truth, a = guesses(500)
    b = a.copy()
    b[:25] = b[:25, ::-1]
    low, high = compare(truth, a, b, LABELS).interval
    single = evaluate(LABELS, truth, a).macro_f1_interval
    assert high - low < (single[1] - single[0]) / 2


def test_mcnemar_is_the_exact_binomial_test_on_the_rows_only_one_has_right():
    from scipy.stats import binomtest

    truth = ["no"] * 20
    a, b = np.tile([0.9, 0.1], (20, 1)), np.tile([0.9, 0.1], (20, 1))
    a[:9], b[9:11] = [0.1, 0.9], [0.1, 0.9]
    c = compare(truth, a, b, ("no", "yes"))
    assert (c.only_a, c.only_b) == (2, 9)
    assert c.mcnemar_p == pytest.approx(binomtest(2, 11).pvalue)


def test_rows_that_differ_most_come_first():
    a = np.array([[0.5, 0.5], [0.9, 0.1], [0.6, 0.4]])
    b = np.array([[0.4, 0.6], [0.1, 0.9], [0.6, 0.4]])
    c = compare(["no", "yes", "no"], a, b, ("no", "yes"))
    assert [row["row"] for row in c.differing] == [1, 0]
    assert c.differing[0] == {
        "row": 1, "truth": "yes", "a": "no", "b": "yes", "distance": pytest.approx(0.8)
    }  # fmt: skip
    assert json.loads(json.dumps(c.to_dict()))["better"] in (True, False)
    assert "\n" not in str(c)


@pytest.fixture(scope="module")
def frame():
    texts = ["Talks will be held.", "They will attack.", "The report has two parts."] * 12
    return pd.DataFrame(
        {
            "text": texts,
            "label": ["conciliatory", "hawkish", "neutral"] * 12,
            "tone": [1.0, -2.0, float("nan")] * 12,
            "group": [f"g{i // 3}" for i in range(36)],
            "source": ["news", "un"] * 18,
            "file": "votes.csv",
            "line": range(2, 38),
        }
    )


@pytest.fixture(scope="module")
def table(frame):
    params = Params(C=(10.0,), shape_weight=(1.0,), tone_alpha=(1.0,), folds=2, min_df=1)
    return train(frame, params, jobs=1).table


def test_a_table_is_measured_on_a_frame_with_its_tone_and_slices(table, frame):
    e = evaluate_table(table, frame, by=["source"])
    assert (e.n, e.accuracy, set(e.slices["source"])) == (36, 1.0, {"news", "un"})
    assert e.tone_spearman > 0.9
    assert evaluate_table(table, frame.drop(columns="tone")).tone_mae is None


def test_a_frame_with_an_unknown_label_or_column_is_refused_at_its_line_or_option(table, frame):
    wrong = frame.assign(label=["hawk" if line == 9 else label for line, label in frame[["line", "label"]].values])
    with pytest.raises(InputError, match=r"votes.csv:9: unknown label 'hawk': the labels of this model are concil"):
        evaluate_table(table, wrong)
    with pytest.raises(UsageError, match="--by: no column 'origin': choose one of text, label"):
        evaluate_table(table, frame, by=["origin"])
