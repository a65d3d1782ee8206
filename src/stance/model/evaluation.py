"""How good a model is: macro-F1 and its interval, calibration, coverage, tone, slices; two models compared.

One confusion matrix holds all that accuracy and F1 need, so the bootstrap never touches the rows again:
drawing n rows with replacement is drawing one multinomial over the cells of the matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stance.errors import InputError, UsageError
from stance.numerals import counted

if TYPE_CHECKING:
    import pandas as pd

    from stance.model.table import Table

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

ECE_BINS = 15
"""Equal-width bins of confidence, the number that Guo et al. (2017) use."""

THRESHOLDS = (*(step / 20 for step in range(20)), 0.99)
"""Confidences at which the coverage curve is taken: 0, 0.05, ..., 0.95 and 0.99."""

LEAST_ROWS = 10
"""Of fewer rows no interval is given: resamples of two right answers are all right, which says nothing of a third."""

NO_VALUE = "(none)"
"""The slice of rows whose column is empty."""


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` measured on one labelled set.

    n: rows. accuracy, macro_f1, weighted_f1, ece: in [0, 1]. log_loss: nats.
    per_class: label -> precision, recall, f1, n (rows of that true label), in the order of the model.
    macro_f1_interval: 95 % percentile bootstrap over rows, (low, high); None of fewer than `LEAST_ROWS` rows.
    confusion: rows are true labels, columns predicted ones, both in the order of ``per_class``.
    coverage: for each threshold the share of rows at least that confident, and the accuracy among them
        (None where no row is).
    tone_spearman in [-1, 1], tone_mae in points of tone: None without two rows that have a tone (one for
        the mean error), and Spearman also where one side is constant.
    slices: column -> value -> n, accuracy, macro_f1, macro_f1_interval; the largest first.
    calibration: the bins behind ``ece`` that hold rows: confidence and accuracy (means), n. Not in `to_dict`.
    """

    n: int
    accuracy: float
    macro_f1: float
    weighted_f1: float
    per_class: dict[str, dict[str, Any]]
    macro_f1_interval: tuple[float, float] | None
    confusion: list[list[int]]
    log_loss: float
    ece: float
    coverage: list[dict[str, float | None]]
    tone_spearman: float | None = None
    tone_mae: float | None = None
    slices: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    calibration: tuple[dict[str, float], ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the model, in the order of ``confusion``."""
        return tuple(self.per_class)

    def to_dict(self) -> dict[str, Any]:
        """The object of ``stance evaluate --format json``, ready for ``json.dumps``."""
        measures = asdict(self)
        del measures["calibration"]
        measures["macro_f1_interval"] = _listed(self.macro_f1_interval)
        return measures

    @classmethod
    def from_dict(cls, measures: Mapping[str, Any]) -> Evaluation:
        """The inverse of `to_dict`, without the calibration bins."""
        interval = measures["macro_f1_interval"]
        return cls(**{**measures, "macro_f1_interval": None if interval is None else tuple(interval)})


@dataclass(frozen=True)
class Comparison:
    """Model B against model A on the same rows; every difference is B minus A.

    interval: 95 % percentile of the paired bootstrap of the difference of macro-F1; None of fewer than `LEAST_ROWS`
        rows, which make neither model better.
    only_a, only_b: rows that only A, only B, has right. mcnemar_p: exact two-sided p-value of their odds.
    differing: the rows whose probabilities differ most: row (from 0), truth, a, b (predicted labels) and
        distance (total variation, in [0, 1]); the largest first.
    """

    n: int
    macro_f1_a: float
    macro_f1_b: float
    difference: float
    interval: tuple[float, float] | None
    only_a: int
    only_b: int
    mcnemar_p: float
    differing: list[dict[str, Any]]

    @property
    def better(self) -> bool:
        """Whether B is better beyond the interval: all of it lies above zero."""
        return self.interval is not None and self.interval[0] > 0

    @property
    def verdict(self) -> str:
        """What the interval says of B: that it is better, worse or not better."""
        if self.interval is None:
            return f"not shown to be better by fewer than {LEAST_ROWS} rows"
        found = "better" if self.better else "worse" if self.interval[1] < 0 else "not better"
        return f"{found} beyond its interval"

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able object with the names of the fields, and ``better``."""
        return {**asdict(self), "interval": _listed(self.interval), "better": self.better}

    def __str__(self) -> str:
        """One line for people."""
        interval = "too few for an interval"
        if self.interval:
            low, high = self.interval
            interval = f"95 % interval {low:+.3f} to {high:+.3f}"
        return (
            f"macro-F1 {self.macro_f1_a:.3f} -> {self.macro_f1_b:.3f} on {counted(self.n, 'row')}, "
            f"difference {self.difference:+.3f} ({interval}; McNemar p = {self.mcnemar_p:.3g})"
        )


def evaluate(
    labels: Sequence[str],
    truth: Sequence[str],
    probabilities: Floats,
    *,
    tone_truth: Sequence[float | None] | Floats | None = None,
    tone: Floats | None = None,
    slices: Mapping[str, Sequence[Any]] | None = None,
    samples: int = 1000,
    seed: int = 0,
    places: Sequence[str] | None = None,
) -> Evaluation:
    """Measure a model's probabilities against the true labels.

    labels: the model's K labels, in the order of its probability columns.
    truth: n labels. probabilities: (n, K). tone_truth, tone: n values in [-3, 3]; rows where one is missing
    (None or NaN) are left out of the two measures of tone. slices: column -> n values.

    Macro-F1 is the mean F1 of the labels that occur in the truth or among the predictions, as in
    scikit-learn's ``f1_score(truth, predicted, average="macro")``; a label of the model that occurs in
    neither does not count. The interval is the percentile bootstrap (Efron, 1979) over rows: rows of one
    document are taken as independent, so with many rows of few documents it is too narrow.
    ECE: expected calibration error over `ECE_BINS` equal-width bins of the confidence of the predicted
    label (Naeini, Cooper and Hauskrecht, AAAI 2015; Guo et al., ICML 2017).

    Raises InputError for no rows, a truth that is missing or not one of the labels, or a probability that
    is not a finite number. Its place is that row's of ``places`` (such as "votes.csv:12"), else "row 12".

    >>> e = evaluate(("no", "yes"), ["yes", "no", "yes"], np.array([[0.2, 0.8], [0.9, 0.1], [0.6, 0.4]]))
    >>> e.n, round(e.accuracy, 3), round(e.macro_f1, 3), e.confusion
    (3, 0.667, 0.667, [[1, 0], [1, 1]])
    """
    codes = _codes(labels, truth, places)
    probabilities = _checked(probabilities, (len(codes), len(labels)), places)
    predicted = probabilities.argmax(axis=1)
    right = predicted == codes
    confidence = probabilities.max(axis=1)
    confusion = _confusion(codes, predicted, len(labels))
    per_class, weighted_f1 = _per_class(labels, confusion)
    calibration = _calibration(confidence, right)
    spearman, mae = _tone(tone_truth, tone)
    rng = np.random.default_rng(seed)
    true_p = probabilities[np.arange(len(codes)), codes]
    return Evaluation(
        n=len(codes),
        accuracy=float(right.mean()),
        macro_f1=float(_macro_f1(confusion)),
        weighted_f1=weighted_f1,
        per_class=per_class,
        macro_f1_interval=_bootstrap(confusion, samples, rng),
        confusion=confusion.tolist(),
        log_loss=float(-np.log(np.clip(true_p, np.finfo(float).eps, 1)).mean()),
        ece=sum(row["n"] * abs(row["confidence"] - row["accuracy"]) for row in calibration) / len(codes),
        coverage=_coverage(confidence, right),
        tone_spearman=spearman,
        tone_mae=mae,
        slices={
            column: _slice(values, codes, predicted, len(labels), samples, rng)
            for column, values in (slices or {}).items()
        },
        calibration=tuple(calibration),
    )


def compare(
    truth: Sequence[str],
    probabilities_a: Floats,
    probabilities_b: Floats,
    labels: Sequence[str],
    *,
    samples: int = 1000,
    seed: int = 0,
    top: int = 20,
    places: Sequence[str] | None = None,
) -> Comparison:
    """Compare two models on the same rows, B against A.

    truth: n labels. probabilities_a, probabilities_b: (n, K), both in the order of labels.
    The bootstrap is paired: each resample draws rows, and both models are measured on it. McNemar's test
    (1947) is the exact binomial one on the rows that only one of the two has right.

    Raises InputError as `evaluate` does.

    >>> a, b = np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([[0.9, 0.1], [0.3, 0.7]])
    >>> c = compare(["no", "yes"], a, b, ("no", "yes"))
    >>> c.only_a, c.only_b, round(c.macro_f1_a, 3), c.macro_f1_b
    (0, 1, 0.333, 1.0)
    """
    codes = _codes(labels, truth, places)
    k = len(labels)
    a = _checked(probabilities_a, (len(codes), k), places)
    b = _checked(probabilities_b, (len(codes), k), places)
    said_a, said_b = a.argmax(axis=1), b.argmax(axis=1)
    # One cell for each (truth, A, B) that occurs; a resample is a multinomial over them.
    cells, counts = np.unique(np.stack([codes, said_a, said_b]), axis=1, return_counts=True)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(codes), counts / len(codes), size=samples)
    weights = np.vstack([counts, draws])
    true = _sums(weights, cells[0], k)
    scores = [
        _mean_f1(_sums(weights * (said == cells[0]), said, k), true + _sums(weights, said, k))
        for said in (cells[1], cells[2])
    ]
    differences = scores[1] - scores[0]
    only_a = int(np.sum((said_a == codes) & (said_b != codes)))
    only_b = int(np.sum((said_b == codes) & (said_a != codes)))
    distance = np.abs(a - b).sum(axis=1) / 2
    differing = [row for row in np.argsort(-distance, kind="stable")[:top] if distance[row] > 0]
    return Comparison(
        n=len(codes),
        macro_f1_a=float(scores[0][0]),
        macro_f1_b=float(scores[1][0]),
        difference=float(differences[0]),
        interval=_interval(differences[1:]) if len(codes) >= LEAST_ROWS else None,
        only_a=only_a,
        only_b=only_b,
        mcnemar_p=_mcnemar(only_a, only_b),
        differing=[
            {
                "row": int(row),
                "truth": labels[codes[row]],
                "a": labels[said_a[row]],
                "b": labels[said_b[row]],
                "distance": float(distance[row]),
            }
            for row in differing
        ],
    )


def _codes(labels: Sequence[str], truth: Sequence[str], places: Sequence[str] | None) -> Counts:
    """The position of each true label, refusing what the model does not know."""
    position = {label: i for i, label in enumerate(labels)}
    codes = [position.get(label, -1) for label in truth]
    if not codes:
        raise InputError("no labelled rows", remedy="give at least one row with a text and a label")
    if -1 in codes:
        row = codes.index(-1)
        missing = truth[row] is None or truth[row] != truth[row] or truth[row] == ""
        what = "no label" if missing else f"unknown label {truth[row]!r}"
        more = codes.count(-1) - 1
        raise InputError(
            what + (f" (and {counted(more, 'more such row')})" if more else ""),
            place=_place(places, row),
            remedy=f"the labels of this model are {', '.join(labels)}",
        )
    return np.array(codes, dtype=np.int64)


def _checked(probabilities: Floats, shape: tuple[int, int], places: Sequence[str] | None) -> Floats:
    """The probabilities as float64; a wrong shape is the caller's bug, NaN is bad input."""
    array = np.asarray(probabilities, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"probabilities have shape {array.shape}, wanted (rows, labels) = {shape}")
    bad = ~np.isfinite(array).all(axis=1)
    if bad.any():
        raise InputError(
            "a probability that is not a number",
            place=_place(places, int(bad.argmax())),
            remedy="check the model with `stance score`, or train it again",
        )
    return array


def _place(places: Sequence[str] | None, row: int) -> str:
    return places[row] if places is not None else f"row {row + 1}"


def _confusion(truth: Counts, predicted: NDArray[np.intp], k: int) -> Counts:
    return np.bincount(truth * k + predicted, minlength=k * k).reshape(k, k).astype(np.int64)


def _macro_f1(confusion: Counts) -> Floats:
    """Macro-F1 of one (K, K) or many (..., K, K) confusion matrices."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    return _mean_f1(hits, confusion.sum(axis=-1) + confusion.sum(axis=-2))


def _mean_f1(hits: Counts, total: Counts) -> Floats:
    """The mean over the last axis of 2 hits / (true + predicted), where a label occurs at all."""
    f1 = 2 * hits / np.maximum(total, 1)
    mean: Floats = f1.sum(axis=-1) / (total > 0).sum(axis=-1)
    return mean


def _bootstrap(confusion: Counts, samples: int, rng: np.random.Generator) -> tuple[float, float] | None:
    cells = confusion.ravel()
    if cells.sum() < LEAST_ROWS:
        return None
    draws = rng.multinomial(cells.sum(), cells / cells.sum(), size=samples)
    return _interval(_macro_f1(draws.reshape(-1, *confusion.shape)))


def _interval(values: Floats) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _listed(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _sums(weights: Counts, columns: Counts, k: int) -> Counts:
    """(draws, k): the weights (draws, cells) added up by the label of each cell."""
    total: Counts = weights @ np.eye(k, dtype=np.int64)[columns]
    return total


def _per_class(labels: Sequence[str], confusion: Counts) -> tuple[dict[str, dict[str, Any]], float]:
    """Precision, recall, F1 and n of each label, and the F1 weighted by n."""
    hits, said, true = np.diagonal(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    precision, recall = hits / np.maximum(said, 1), hits / np.maximum(true, 1)
    f1 = 2 * hits / np.maximum(said + true, 1)
    rows = {
        label: {
            "precision": float(precision[i]),
            "recall": float(recall[i]),
            "f1": float(f1[i]),
            "n": int(true[i]),
        }
        for i, label in enumerate(labels)
    }
    return rows, float((f1 * true).sum() / true.sum())


def _calibration(confidence: Floats, right: NDArray[np.bool_]) -> list[dict[str, float]]:
    """The bins (low, high] of confidence that hold rows."""
    bins = np.clip(np.ceil(confidence * ECE_BINS).astype(int) - 1, 0, ECE_BINS - 1)
    return [
        {
            "confidence": float(confidence[bins == b].mean()),
            "accuracy": float(right[bins == b].mean()),
            "n": int((bins == b).sum()),
        }
        for b in np.unique(bins)
    ]


def _coverage(confidence: Floats, right: NDArray[np.bool_]) -> list[dict[str, float | None]]:
    curve: list[dict[str, float | None]] = []
    for threshold in THRESHOLDS:
        sure = confidence >= threshold
        accuracy = float(right[sure].mean()) if sure.any() else None
        curve.append({"threshold": threshold, "coverage": float(sure.mean()), "accuracy": accuracy})
    return curve


def _tone(truth: Sequence[float | None] | Floats | None, tone: Floats | None) -> tuple[float | None, float | None]:
    """Spearman's rank correlation and the mean absolute error, where both sides are given."""
    if truth is None or tone is None:
        return None, None
    wanted, given = np.asarray(truth, dtype=np.float64), np.asarray(tone, dtype=np.float64)
    both = np.isfinite(wanted) & np.isfinite(given)
    wanted, given = wanted[both], given[both]
    if not len(wanted):
        return None, None
    mae = float(np.abs(wanted - given).mean())
    if np.ptp(wanted) == 0 or np.ptp(given) == 0:
        return None, mae
    return float(np.corrcoef(_ranks(wanted), _ranks(given))[0, 1]), mae


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, those of equal values averaged.

    >>> _ranks(np.array([0.3, 0.1, 0.3])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def _slice(
    values: Sequence[Any],
    truth: Counts,
    predicted: NDArray[np.intp],
    k: int,
    samples: int,
    rng: np.random.Generator,
) -> dict[str, dict[str, Any]]:
    names = np.array([NO_VALUE if v is None or v != v or v == "" else str(v) for v in values])
    if len(names) != len(truth):
        raise ValueError(f"a slice has {len(names)} values for {len(truth)} rows")
    measured: dict[str, dict[str, Any]] = {}
    for name in np.unique(names):
        rows = names == name
        confusion = _confusion(truth[rows], predicted[rows], k)
        measured[str(name)] = {
            "n": int(rows.sum()),
            "accuracy": float(np.trace(confusion) / confusion.sum()),
            "macro_f1": float(_macro_f1(confusion)),
            "macro_f1_interval": _listed(_bootstrap(confusion, samples, rng)),
        }
    return dict(sorted(measured.items(), key=lambda item: -item[1]["n"]))


def _mcnemar(only_a: int, only_b: int) -> float:
    # scipy.special, for scipy.stats takes half a second to import.
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(only_a, only_b), only_a + only_b, 0.5)))


def evaluate_table(table: Table, frame: pd.DataFrame, *, by: Sequence[str] = ()) -> Evaluation:
    """Measure a table on labelled rows (columns text, label, perhaps tone), sliced by the columns in ``by``.

    Raises InputError for a label that the table does not know and UsageError for a column that is not there.
    """
    for column in by:
        if column not in frame:
            there = ", ".join(map(str, frame.columns))
            raise UsageError(f"no column {column!r}", place="--by", remedy=f"choose one of {there}")
    scores = table.score(frame["text"].tolist())
    places = None
    if "line" in frame and "file" in frame:
        places = [f"{file}:{line}" for file, line in zip(frame["file"], frame["line"], strict=True)]
    return evaluate(
        table.labels,
        frame["label"].tolist(),
        scores.probabilities,
        tone_truth=frame["tone"].to_numpy(float) if "tone" in frame and scores.tone is not None else None,
        tone=scores.tone,
        slices={column: frame[column].tolist() for column in by},
        places=places,
    )
