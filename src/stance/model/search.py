"""Cross-validation: which settings carry over to scenarios that training has not seen."""

from __future__ import annotations

from collections.abc import Mapping
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
from sklearn.utils.class_weight import compute_class_weight
from threadpoolctl import threadpool_limits

from stance.errors import InputError
from stance.model.compiling import logits, softmax
from stance.model.corpus import sliceable
from stance.model.evaluation import Evaluation, evaluate
from stance.model.features import Frames, Meanings, Sentences, Shapes, Trends, Words
from stance.model.params import Params
from stance.model.regression import fit_shares
from stance.model.table import TONE_LIMIT

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

_TOLERANCE = 2e-4
_NEARLY_ALL = 0.9
SEARCHED = ("C", "shape_weight", "meaning_weight", "frame_weight", "trend_weight", "sentence_weight", "ratio")
"""Parameters with candidates, in the order in which they are settled."""


def make_folds(truth: npt.NDArray[np.str_], groups: npt.NDArray[np.str_], params: Params) -> list[Any]:
    """Pairs of row numbers (train, test); every training side has every label."""
    spread = {label: len(set(groups[truth == label])) for label in sorted(set(truth.tolist()))}
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


def make_blocks(params: Params, chosen: Mapping[str, float] | None = None) -> FeatureUnion:
    """The feature blocks, not yet learnt; a block is left out when its weight is 0.

    chosen: the weights, under their names in Params; without it all blocks that have a candidate, and the first ones.
    """
    low, high = params.shapes
    masks = params.masks
    blocks: dict[str, Any] = {
        "words": Words(negation=params.negation, pairs=params.pairs, masks=masks, min_df=params.min_df),
        "shapes": Shapes(low=low, high=high, masks=masks, min_df=params.shape_min_df),
        "meanings": Meanings(masks=masks),
        "frames": Frames(ways=params.way_weight, masks=masks, min_df=params.frame_min_df),
        "trends": Trends(masks=masks, min_df=params.min_df),
    }
    if params.encoder:
        blocks["sentences"] = Sentences(encoder=params.encoder)
    weights = _weights(chosen or {name: getattr(params, name)[0] for name in SEARCHED})
    most = weights if chosen else _weights({name: max(getattr(params, name)) for name in SEARCHED})
    used = [(name, block) for name, block in blocks.items() if most[name]]
    return FeatureUnion(used, transformer_weights={name: weights[name] for name, _ in used})


def _weights(setting: Mapping[str, float]) -> dict[str, float]:
    """The weight of each block, by the names of the blocks."""
    blocks = {"shape": 1.0, "meaning": 1.0, "frame": 1.0, "trend": 0.0, "sentence": 1.0}
    return {"words": 1.0} | {f"{block}s": setting.get(f"{block}_weight", w) for block, w in blocks.items()}


def _matrices(texts: list[str], train: Any, test: Any, params: Params) -> dict[str, tuple[Any, Any]]:
    """For each block its matrix of the training and of the test rows, learnt from the training rows only."""
    out = {}
    for name, block in make_blocks(params).transformer_list:
        learnt = block.fit_transform([texts[i] for i in train]).astype(np.float32)
        out[name] = learnt, block.transform([texts[i] for i in test]).astype(np.float32)
    return out


def _joined(blocks: dict[str, Any], side: int, weights: dict[str, float]) -> sp.csr_matrix:
    used = [pair[side] * weights[name] for name, pair in blocks.items() if weights[name]]
    return sp.hstack(used, dtype=np.float32).tocsr()


def fit_classifier(X: sp.csr_matrix, truth: npt.NDArray[np.str_], C: float, ratio: float, params: Params) -> Any:
    """The logistic regression of the stance, fitted on weighed features; its coefficients are for plain ones.

    A feature that all labels have alike gets little room, a telling one more: it weighs ``1 - ratio`` plus ``ratio``
    times its :func:`unevenness` (after the naive-Bayes weighting of Wang and Manning, ACL 2012).
    """
    weights = (1 - ratio + ratio * unevenness(X, truth)).astype(np.float32) if ratio else np.ones(1, np.float32)
    weighed = X.multiply(weights).tocsr() if ratio else X
    labels = np.unique(truth)
    balance = None if params.class_weight == "none" else params.class_weight
    targets = smooth(truth, params.smoothing) * compute_class_weight(balance, classes=labels, y=truth)
    # One thread: the products are small, so more only wait for each other, and their sums could differ.
    with threadpool_limits(1):
        if params.smoothing:
            classifier = fit_shares(weighed, targets, labels, C)
        else:
            classifier = LogisticRegression(C=C, max_iter=1000, tol=_TOLERANCE)
            classifier.fit(weighed, truth, sample_weight=targets.sum(axis=1))
    classifier.coef_ = classifier.coef_ * weights
    return classifier


def smooth(truth: npt.NDArray[np.str_], smoothing: float) -> Floats:
    """(n, labels) shares of the labels, in sorted order, that training takes for the truth of each of n rows.

    A part of every label is shared out evenly (label smoothing; Szegedy and others, CVPR 2016), so that no feature
    earns the confidence that only text like the training data would bear out.

    >>> smooth(np.array(["a", "b"]), 0.2).tolist()
    [[0.9, 0.1], [0.1, 0.9]]
    """
    labels = np.unique(truth)
    return np.asarray((1 - smoothing) * (truth[:, None] == labels) + smoothing / len(labels))


def unevenness(X: sp.csr_matrix, truth: npt.NDArray[np.str_]) -> Floats:
    """For each feature the largest log ratio, over the labels, of its frequency inside and outside the label.

    A feature that nearly all rows have (the dimensions of word vectors) tells by its value, not by being there: 1.

    >>> X = sp.csr_matrix([[1, 1, 1], [1, 1, 0], [1, 0, 1], [1, 0, 0]])
    >>> unevenness(X, np.array(["a", "a", "b", "b"])).round(2).tolist()
    [1.0, 1.1, 0.0]
    """
    present = X.astype(bool).astype(float)
    largest = np.zeros(X.shape[1])
    for label in np.unique(truth):
        inside = truth == label
        counts = [(1 + np.asarray(present[rows].sum(axis=0)).ravel()) / rows.sum() for rows in (inside, ~inside)]
        largest = np.maximum(largest, np.abs(np.log(counts[0] / counts[1])))
    return np.where(np.asarray(present.mean(axis=0)).ravel() > _NEARLY_ALL, 1.0, largest)


def _fold_logits(
    blocks: dict[str, Any], truth: Any, C: float, ratio: float, weights: dict[str, float], params: Params
) -> Floats:
    train, test = (_joined(blocks, side, weights) for side in (0, 1))
    return logits(fit_classifier(train, truth, C, ratio, params), test)


def _fold_tone(blocks: dict[str, Any], tone: Any, alpha: float, weights: dict[str, float]) -> Floats:
    train, test = (_joined(blocks, side, weights) for side in (0, 1))
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
        self.slices = {column: frame[column].tolist() for column in sliceable(frame)}
        self.tried: list[dict[str, float]] = []
        self.metrics: dict[str, float] = {}
        self._logits: dict[tuple[float, ...], Floats] = {}
        self._scores: dict[tuple[float, ...], Floats] = {}
        self._chosen: dict[str, float] = {}
        steps("features")
        texts = frame["text"].tolist()
        self.parts = parallel(delayed(_matrices)(texts, train, test, params) for train, test in self.folds)

    def choose(self) -> dict[str, float]:
        """The best C, then the weight of each block in turn; the temperature, the penalty for tone.

        On small data most gains are chance. So the candidate named first stays unless another one gains more than
        the standard error of the gain over the folds (after the rule of Breiman and others, 1984).
        """
        best = {name: getattr(self.params, name)[0] for name in SEARCHED}
        self._f1(best)
        for name in SEARCHED:
            for value in getattr(self.params, name)[1:]:
                gain = self._f1({**best, name: value}) - self._f1(best)
                if gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)):
                    best[name] = value
        temperature = fit_temperature(self._logits[tuple(best.values())], smooth(self.truth, self.params.smoothing))
        self._chosen = {**best, "temperature": temperature}
        if self.tone is not None:
            self.steps("tone")
            self._chosen["tone_alpha"] = self._choose_tone(self.tone, best)
        return self._chosen

    def evaluation(self) -> Evaluation:
        """The out-of-fold predictions of the chosen setting, calibrated, as one evaluation, sliced by kinds of rows."""
        z = self.held_out() / self._chosen["temperature"]
        return evaluate(self.labels.tolist(), self.truth.tolist(), softmax(z), slices=self.slices)

    def held_out(self) -> Floats:
        """(n, labels) logits of the chosen setting, each by a model that has not seen its row; not calibrated."""
        return self._logits[tuple(self._chosen[name] for name in SEARCHED)]

    def _f1(self, setting: dict[str, float]) -> Floats:
        """Macro-F1 of each fold, predicted by a model of the others."""
        key = tuple(setting[name] for name in SEARCHED)
        if key not in self._logits:
            self.steps(", ".join(f"{name} {value:g}" for name, value in setting.items()))
            weights = _weights(setting)
            z = self._out_of_fold(_fold_logits, self.truth, setting["C"], setting["ratio"], weights, self.params)
            self._logits[key] = z
            self._scores[key] = np.array([self._macro_f1(z, test) for _, test in self.folds])
            self.tried.append({**setting, "macro_f1": self._macro_f1(z)})
        return self._scores[key]

    def _macro_f1(self, z: Floats, rows: Any = slice(None)) -> float:
        guess = self.labels[z[rows].argmax(axis=1)]
        return float(f1_score(self.truth[rows], guess, labels=self.labels, average="macro", zero_division=0))

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

    def _choose_tone(self, tone: Floats, setting: dict[str, float]) -> float:
        """The penalty with the least absolute error out of fold."""
        known = ~np.isnan(tone)
        weights = _weights(setting)
        guesses = {
            alpha: np.clip(self._out_of_fold(_fold_tone, tone, alpha, weights), -TONE_LIMIT, TONE_LIMIT)[known]
            for alpha in self.params.tone_alpha
        }
        errors = {alpha: float(np.abs(guess - tone[known]).mean()) for alpha, guess in guesses.items()}
        best = min(errors, key=lambda alpha: errors[alpha])
        self.metrics = {"tone_mae": errors[best], "tone_spearman": _spearman(guesses[best], tone[known])}
        return best


def _spearman(a: Floats, b: Floats) -> float:
    from scipy.stats import spearmanr

    return 0.0 if np.ptp(a) == 0 or np.ptp(b) == 0 else float(spearmanr(a, b).statistic)


def fit_temperature(logits: Floats, targets: Floats) -> float:
    """The temperature with the least log loss on out-of-fold logits (Guo and others, 2017).

    logits: (n, labels). targets: (n, labels) shares of the labels, see :func:`smooth`.
    """

    def loss(log_t: float) -> float:
        return -float((targets * np.log(np.maximum(softmax(logits / np.exp(log_t)), 1e-12))).sum(axis=1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))
