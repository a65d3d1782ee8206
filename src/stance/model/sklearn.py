"""The table as a scikit-learn classifier of texts, for cross_val_score, GridSearchCV, cleanlab and the like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from stance.model.compiling import compile_table
from stance.model.params import Params
from stance.model.table import Table

Floats = npt.NDArray[np.float64]


class StanceClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Logistic regression over words, pairs, word shapes and frames, compiled into a table that predicts.

    Texts come as a list, an array, a Series or a frame of one column; labels are any that scikit-learn takes.
    The arguments are those of :class:`stance.model.params.Params`, one value each; a weight of 0
    leaves its block out. calibrate: fit the temperature of the probabilities by cross-validation of ``folds`` folds,
    near-duplicates on one side, which takes as many more fits; without it the temperature is 1.

    Fitted: ``classes_`` (labels, sorted) and ``table_`` (:class:`stance.model.table.Table`).

    >>> texts = ["We offer talks.", "They threaten war.", "We welcome talks.", "We warn of war."]
    >>> model = StanceClassifier(min_df=1, shape_min_df=1).fit(texts, ["+", "-", "+", "-"])
    >>> model.predict(["They offer talks", "They warn"]).tolist(), model.predict_proba(["talks"]).shape
    (['+', '-'], (1, 2))
    """

    def __init__(
        self,
        *,
        C: float = 3.0,
        shape_weight: float = 0.5,
        meaning_weight: float = 0.5,
        frame_weight: float = 0.3,
        trend_weight: float = 0.0,
        negation: bool = True,
        pairs: bool = True,
        masks: bool = True,
        min_df: int = 2,
        shapes: tuple[int, int] = (2, 5),
        shape_min_df: int = 10,
        frame_min_df: int = 3,
        class_weight: str = "balanced",
        smoothing: float = 0.0,
        calibrate: bool = False,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.C, self.shape_weight, self.frame_weight = C, shape_weight, frame_weight
        self.meaning_weight, self.trend_weight = meaning_weight, trend_weight
        self.negation, self.pairs, self.masks, self.shapes = negation, pairs, masks, shapes
        self.min_df, self.shape_min_df, self.frame_min_df = min_df, shape_min_df, frame_min_df
        self.class_weight, self.smoothing = class_weight, smoothing
        self.calibrate, self.folds, self.seed = calibrate, folds, seed

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags

    def fit(self, X: Iterable[str], y: Iterable[Any]) -> Self:
        """Learn from n texts and their n labels.

        Raises ValueError for numbers of texts and labels that differ, for one label only, and for labels that
        are continuous.
        """
        import pandas as pd

        texts = as_texts(X)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        labels = np.asarray(y if isinstance(y, np.ndarray) else list(y)).ravel()
        if len(labels) != len(texts):
            raise ValueError(f"{len(texts)} texts, but {len(labels)} labels")
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(
                f"needs 2 classes or more, but the data contains only one class: {self.classes_.tolist()[0]!r}"
            )
        self.table_ = self._train(pd.DataFrame({"text": texts, "label": labels.astype(str), "file": "y", "line": 0}))
        self._order = [self.table_.labels.index(str(label)) for label in self.classes_]
        return self

    def _train(self, frame: Any) -> Table:
        from stance.model.training import describe, fit, train

        params = Params(
            C=(self.C,), shape_weight=(self.shape_weight,), meaning_weight=(self.meaning_weight,),
            frame_weight=(self.frame_weight,), trend_weight=(self.trend_weight,), negation=self.negation,
            pairs=self.pairs, masks=self.masks, min_df=self.min_df, shapes=self.shapes,
            shape_min_df=self.shape_min_df, frame_min_df=self.frame_min_df,
            class_weight=self.class_weight, smoothing=self.smoothing, folds=self.folds, seed=self.seed,
        )  # fmt: skip
        if self.calibrate:
            return train(frame, params, jobs=1).table
        weights = {
            "shape_weight": self.shape_weight,
            "frame_weight": self.frame_weight,
            "meaning_weight": self.meaning_weight,
            "trend_weight": self.trend_weight,
        }
        chosen = {"C": self.C, **weights, "temperature": 1.0}
        pipeline = fit(frame, chosen, params)
        return compile_table(pipeline, describe(pipeline, params, len(frame)))

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: of the table its numbers, not the words it has met since."""
        state = dict(super().__getstate__())
        if "table_" in state:
            state["table_"] = (self.table_.header, self.table_.arrays)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "table_" in state:
            self.table_ = Table(*state["table_"])

    def predict_proba(self, X: Iterable[str]) -> Floats:
        """(n, classes) probabilities, in the order of ``classes_``."""
        check_is_fitted(self)
        return self.table_.score(as_texts(X)).probabilities[:, self._order]

    def predict(self, X: Iterable[str]) -> npt.NDArray[Any]:
        """(n,) the most likely label of each text."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])


def as_texts(X: Iterable[str]) -> list[str]:
    """The texts of a list, array, Series or one-column frame.

    >>> as_texts(np.array([["a"], ["b"]]))
    ['a', 'b']
    """
    if isinstance(X, str):
        raise ValueError("Iterable over raw text documents expected, string object received.")
    if isinstance(X, Mapping) or not hasattr(X, "__iter__"):
        raise ValueError(f"a list, array, Series or frame of one column of texts expected, got {type(X).__name__}")
    array = np.asarray(X if hasattr(X, "__array__") else list(X), dtype=object)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or not len(array):
        raise ValueError(f"a list of at least one text expected, got an array of shape {array.shape}")
    wrong = next((i for i, text in enumerate(array) if not isinstance(text, str)), None)
    if wrong is not None:
        raise ValueError(f"text {wrong} is no string but {array[wrong]!r}")
    return [str(text) for text in array]
