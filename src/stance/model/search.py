"""Cross-validation: which settings carry over to scenarios that training has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from joblib import delayed
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import FeatureUnion
from threadpoolctl import threadpool_limits

from stance.errors import InputError
from stance.model.compiling import logits, softmax
from stance.model.evaluation import Evaluation, evaluate
from stance.model.features import Shapes, Words
from stance.model.params import Params
from stance.model.table import TONE_LIMIT

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

_TOLERANCE = 1e-4


def make_folds(truth: npt.NDArray[np.str_], groups: npt.NDArray[np.str_], params: Params) -> list[Any]:
    """Pairs of row numbers (train, test); every training side has every label."""
    spread = {label: len(set(groups[truth == label])) for label in sorted(set(truth))}
    if len(spread) < 2:
        raise InputError("all rows have one label", remedy="give rows of two labels or more")
    label, fewest = min(spread.items(), key=lambda item: item[1])
    n = min(params.folds, fewest)
    if n < 2:
        raise InputError(
            f"all rows labelled {label!r} belong to one group",
            remedy="add rows of this label from another group",
        )
    splitter = StratifiedGroupKFold(n, shuffle=True, random_state=params.seed)
    folds = list(splitter.split(truth, truth, groups))
    if any(set(truth[train]) != set(spread) or not len(test) for train, test in folds):
        raise InputError(f"too few groups with label {label!r} to cross-validate", remedy="add rows of this label")
    return folds


def make_blocks(params: Params, shape_weight: float = 1.0) -> FeatureUnion:
    """The feature blocks, not yet learnt."""
    words = Words(negation=params.negation, pairs=params.pairs, masks=params.masks, min_df=params.min_df)
    low, high = params.shapes
    shapes = Shapes(low=low, high=high, masks=params.masks, min_df=params.shape_min_df)
    if not any(params.shape_weight):
        return FeatureUnion([("words", words)])
    return FeatureUnion([("words", words), ("shapes", shapes)], transformer_weights={"shapes": shape_weight})


def _matrices(texts: list[str], train: Any, test: Any, params: Params) -> list[tuple[Any, Any]]:
    """For each block its matrix of the training and of the test rows, learnt from the training rows only."""
    out = []
    for _, block in make_blocks(params).transformer_list:
        learnt = block.fit_transform([texts[i] for i in train]).astype(np.float32)
        out.append((learnt, block.transform([texts[i] for i in test]).astype(np.float32)))
    return out


def _joined(blocks: list[Any], shape_weight: float) -> sp.csr_matrix:
    return sp.hstack([X * w for X, w in zip(blocks, (1.0, shape_weight), strict=False)], dtype=np.float32).tocsr()


def make_classifier(C: float, params: Params) -> LogisticRegression:
    """The estimator of the stance."""
    return LogisticRegression(
        C=C,
        class_weight=None if params.class_weight == "none" else params.class_weight,
        max_iter=1000,
        tol=_TOLERANCE,
    )


def _fold_logits(blocks: list[tuple[Any, Any]], truth: Any, C: float, shape_weight: float, params: Params) -> Floats:
    train, test = (_joined([pair[side] for pair in blocks], shape_weight) for side in (0, 1))
    # One thread: the products are small, so more only wait for each other, and their sums could differ.
    with threadpool_limits(1):
        return logits(make_classifier(C, params).fit(train, truth), test)


def _fold_tone(blocks: list[tuple[Any, Any]], tone: Any, alpha: float, shape_weight: float) -> Floats:
    train, test = (_joined([pair[side] for pair in blocks], shape_weight) for side in (0, 1))
    known = ~np.isnan(tone)
    return np.asarray(make_ridge(alpha).fit(train[known], tone[known]).predict(test), float)


def make_ridge(alpha: float) -> Ridge:
    """The estimator of the tone."""
    return Ridge(alpha=alpha, solver="sparse_cg", tol=1e-4)


class Search:
    """Cross-validation by group: coordinate-wise over the candidates, C first, by macro-F1 out of fold.

    tried: one row per setting. metrics: figures of tone, when there are tone labels.
    """

    def __init__(self, frame: pd.DataFrame, params: Params, parallel: Any, steps: Any) -> None:
        self.truth = frame["label"].to_numpy(dtype=str)
        self.tone = frame["tone"].to_numpy(float) if "tone" in frame and frame["tone"].notna().sum() > 1 else None
        self.folds = make_folds(self.truth, frame["group"].to_numpy(dtype=str), params)
        self.params, self.parallel, self.steps = params, parallel, steps
        self.labels = np.unique(self.truth)
        self.tried: list[dict[str, float]] = []
        self.metrics: dict[str, float] = {}
        self._logits: dict[tuple[float, float], Floats] = {}
        self._chosen: dict[str, float] = {}
        steps("features")
        texts = frame["text"].tolist()
        self.parts = parallel(delayed(_matrices)(texts, train, test, params) for train, test in self.folds)

    def choose(self) -> dict[str, float]:
        """The best C, the best weight of word shapes at that C, the temperature, the penalty for tone.

        Of equally good candidates the one named first is taken.
        """
        weights = self.params.shape_weight
        C = max(self.params.C, key=lambda c: self._f1(c, weights[0]))
        weight = max(weights, key=lambda w: self._f1(C, w))
        temperature = fit_temperature(self._logits[C, weight], self.truth)
        self._chosen = {"C": C, "shape_weight": weight, "temperature": temperature}
        if self.tone is not None:
            self.steps("tone")
            self._chosen["tone_alpha"] = self._choose_tone(self.tone, weight)
        return self._chosen

    def evaluation(self) -> Evaluation:
        """The out-of-fold predictions of the chosen setting, calibrated, as one evaluation."""
        z = self._logits[self._chosen["C"], self._chosen["shape_weight"]]
        return evaluate(self.labels.tolist(), self.truth.tolist(), softmax(z / self._chosen["temperature"]))

    def _f1(self, C: float, weight: float) -> float:
        if (C, weight) not in self._logits:
            self.steps(f"C {C:g}, shapes {weight:g}")
            z = self._out_of_fold(_fold_logits, self.truth, C, weight, self.params)
            guess = self.labels[z.argmax(axis=1)]
            f1 = float(f1_score(self.truth, guess, average="macro"))
            self._logits[C, weight] = z
            self.tried.append({"C": C, "shape_weight": weight, "macro_f1": f1})
        return next(t["macro_f1"] for t in self.tried if (t["C"], t["shape_weight"]) == (C, weight))

    def _out_of_fold(self, work: Any, target: Any, *settings: Any) -> Floats:
        """What a model fitted on the other folds says of each row."""
        parts = self.parallel(
            delayed(work)(part, target[train], *settings)
            for part, (train, _) in zip(self.parts, self.folds, strict=True)
        )
        out = np.zeros((len(target), *parts[0].shape[1:]))
        for part, (_, test) in zip(parts, self.folds, strict=True):
            out[test] = part
        return out

    def _choose_tone(self, tone: Floats, weight: float) -> float:
        """The penalty with the least absolute error out of fold."""
        known = ~np.isnan(tone)
        guesses = {
            alpha: np.clip(self._out_of_fold(_fold_tone, tone, alpha, weight), -TONE_LIMIT, TONE_LIMIT)[known]
            for alpha in self.params.tone_alpha
        }
        errors = {alpha: float(np.abs(guess - tone[known]).mean()) for alpha, guess in guesses.items()}
        best = min(errors, key=lambda alpha: errors[alpha])
        self.metrics = {"tone_mae": errors[best], "tone_spearman": _spearman(guesses[best], tone[known])}
        return best


def _spearman(a: Floats, b: Floats) -> float:
    from scipy.stats import spearmanr

    return 0.0 if np.ptp(a) == 0 or np.ptp(b) == 0 else float(spearmanr(a, b).statistic)


def fit_temperature(logits: Floats, truth: npt.NDArray[np.str_]) -> float:
    """The temperature with the least log loss on out-of-fold logits (Guo and others, 2017)."""
    rows, columns = np.arange(len(truth)), np.searchsorted(sorted(set(truth)), truth)

    def loss(log_t: float) -> float:
        p = softmax(logits / np.exp(log_t))
        return -float(np.log(np.maximum(p[rows, columns], 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))
