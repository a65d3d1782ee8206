import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_val_score
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

from stance.model.corpus import read_labelled
from stance.model.sklearn import StanceClassifier
from stance.model.table import Table

FRAME = read_labelled(["data/corpus/plain-headlines.jsonl"]).head(400)
TEXTS, LABELS = FRAME["text"].tolist(), FRAME["label"].tolist()


class OverNumbers(StanceClassifier):
    """Rows of numbers told as words ("a3 b0"), so that scikit-learn's checks, which know numbers only, apply."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = False, True
        return tags

    def fit(self, X, y):
        if y is None:
            return super().fit(["a"], y)
        X, y = validate_data(self, X, y)
        return super().fit(self._told(X), y)

    def predict_proba(self, X):
        if not hasattr(self, "classes_"):
            return super().predict_proba(["a"])
        return super().predict_proba(self._told(validate_data(self, X, reset=False)))

    @staticmethod
    def _told(X):
        return [
            " ".join(f"{chr(97 + j % 26)}{chr(97 + int(np.clip(v * 2 + 12, 0, 25)))}" for j, v in enumerate(row))
            for row in X
        ]


def test_scikit_learns_own_checks_pass_on_texts_and_on_numbers_told_as_words() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # each check that a text classifier is spared warns
        results = check_estimator(StanceClassifier(), on_skip=None)
        results += check_estimator(
            OverNumbers(min_df=1, shape_weight=0.0, frame_weight=0.0), on_skip=None, on_fail=None
        )
    assert {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"} == {}
    assert sum(r["status"] == "passed" for r in results) > 40


def test_cross_validation_learns_the_labels() -> None:
    scores = cross_val_score(StanceClassifier(), TEXTS, LABELS, groups=FRAME["group"], cv=GroupKFold(3))
    assert scores.mean() > 0.5  # a third would be chance


def test_a_grid_search_finds_settings_on_series_and_arrays() -> None:
    grid = {"C": [0.3, 3.0], "shape_weight": [0.0], "frame_weight": [0.0]}
    search = GridSearchCV(StanceClassifier(), grid, cv=3, scoring="f1_macro").fit(FRAME["text"], FRAME["label"])
    assert search.best_score_ > 0.5
    one, many = (search.predict(X).tolist() for X in (np.array(TEXTS[:5], dtype=object), FRAME[["text"]].head(5)))
    assert one == many


def test_it_predicts_as_its_table_does_and_again_after_pickling(tmp_path) -> None:
    import pickle

    model = StanceClassifier().fit(TEXTS, LABELS)
    model.table_.save(tmp_path / "model.npz")
    expected = Table.load(tmp_path / "model.npz").score(TEXTS).probabilities
    assert np.allclose(model.predict_proba(TEXTS), expected, atol=1e-12)
    assert np.allclose(pickle.loads(pickle.dumps(model)).predict_proba(TEXTS), expected, atol=1e-12)


@pytest.mark.parametrize("wrong", [dict(zip(TEXTS, LABELS, strict=False)), None, 5, FRAME])
def test_what_is_no_row_of_texts_is_refused_in_words(wrong) -> None:
    with pytest.raises(ValueError, match=r"texts? expected, got"):
        StanceClassifier().fit(wrong, LABELS)


def test_labels_may_be_numbers_of_any_order() -> None:
    numbers = [{"conciliatory": 10, "hawkish": -2, "neutral": 9}[label] for label in LABELS]
    model = StanceClassifier().fit(TEXTS, numbers)
    assert model.classes_.tolist() == [-2, 9, 10]
    assert (model.predict(TEXTS) == numbers).mean() > 0.9
    assert np.allclose(model.predict_proba(TEXTS).sum(axis=1), 1)


def test_calibration_changes_how_sure_it_is_not_what_it_says() -> None:
    plain = StanceClassifier(C=0.1, shape_weight=0.0, frame_weight=0.0).fit(TEXTS, LABELS)
    calibrated = clone(plain).set_params(calibrate=True, folds=3).fit(TEXTS, LABELS)
    assert (plain.predict(TEXTS) == calibrated.predict(TEXTS)).all()
    assert not np.allclose(plain.predict_proba(TEXTS), calibrated.predict_proba(TEXTS), atol=0.01)


def test_cleanlab_finds_labels_that_were_turned() -> None:
    from cleanlab.filter import find_label_issues

    classes, given = np.unique(LABELS, return_inverse=True)
    given = given.copy()
    turned = np.arange(0, len(given), 20)
    given[turned] = (given[turned] + 1) % len(classes)
    p = cross_val_predict(
        StanceClassifier(shape_weight=0.0, frame_weight=0.0), TEXTS, given, cv=4, method="predict_proba"
    )
    worst = find_label_issues(given, p, return_indices_ranked_by="self_confidence", n_jobs=1)[: len(turned)]
    assert np.isin(worst, turned).mean() > 3 * len(turned) / len(given)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ("one text", ["a"], "string object received"),
        (["a", None], ["a", "b"], "text 1 is no string but None"),
        (["a", "b"], ["a"], "2 texts, but 1 labels"),
        (["a", "b"], ["a", "a"], "only one class: 'a'"),
        (["a", "b"], [0.5, 0.7], "continuous"),
        ([], [], "at least one text"),
    ],
)
def test_what_cannot_be_learnt_is_refused(X, y, message) -> None:
    with pytest.raises(ValueError, match=message):
        StanceClassifier().fit(X, y)


def test_it_asks_to_be_fitted_first() -> None:
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        StanceClassifier().predict(["a"])


def test_a_series_with_any_index_is_read_in_order() -> None:
    texts = pd.Series(TEXTS[:50], index=range(50)[::-1])
    labels = pd.Series(LABELS[:50], index=range(50))
    assert len(StanceClassifier(min_df=1).fit(texts, labels).predict(texts)) == 50
