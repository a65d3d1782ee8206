"""Have the texts changed since? Label mix, confidence and known words of two sets, with tests and intervals.

Each difference is new minus reference, with a percentile bootstrap interval over statements (Efron, 1979) and a
permutation test: how often so large a difference comes about when statements are dealt to the two sets at random.
Statements of one document are taken as independent: with many statements of few documents, give one of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stance.errors import InputError
from stance.improve.domain import Domain
from stance.model.table import Table
from stance.numerals import counted

Floats = npt.NDArray[np.float64]

LEAST = 20
"""Statements needed on either side."""

_MOST_DRAWS = 20_000_000
"""Statements drawn in all: of very many statements fewer samples will do, for their means vary little."""

LEVEL = 0.05
"""Chance of seeing any drift where there is none; the tests share it (Bonferroni)."""


@dataclass(frozen=True, slots=True)
class Change:
    """A measure of both sets, its difference with 95 % interval, and the p-value of the permutation test."""

    name: str
    reference: float
    new: float
    difference: float
    interval: tuple[float, float]
    p_value: float


@dataclass(frozen=True, slots=True)
class Drift:
    """Outcome of :func:`drift`.

    n_reference, n_new: statements. mix: label -> change of its share among the predictions.
    mix_distance: total variation between the two mixes, in [0, 1]; mix_p_value: of its permutation test.
    confidence: change of the mean probability of the predicted label. coverage: change of the share of words
    that the model knows.
    """

    n_reference: int
    n_new: int
    mix: dict[str, Change]
    mix_distance: float
    mix_p_value: float
    confidence: Change
    coverage: Change

    @property
    def drifted(self) -> list[str]:
        """Which of mix, confidence and coverage changed beyond chance."""
        p_values = {
            "mix": self.mix_p_value,
            "confidence": self.confidence.p_value,
            "coverage": self.coverage.p_value,
        }
        return [name for name, p in p_values.items() if p < LEVEL / len(p_values)]

    def figures(self) -> dict[str, float]:
        """The numbers by name, as MLflow wants them."""
        changes = [*self.mix.values(), self.confidence, self.coverage]
        flat = {"drift/mix_distance": self.mix_distance, "drift/mix_p_value": self.mix_p_value}
        for change in changes:
            name = f"drift/{change.name.replace(' ', '_')}"
            low, high = change.interval
            flat |= {name: change.difference, f"{name}_low": low, f"{name}_high": high}
            flat |= {f"{name}_p_value": change.p_value}
        return flat

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the command line."""
        return {**asdict(self), "drifted": self.drifted}

    def to_text(self) -> str:
        """The changes as aligned lines, then what to make of them."""
        lines = [
            f"{counted(self.n_reference, 'statement')} before, {self.n_new:,} now",
            f"{'':24}before     now  change  95 % interval         p",
        ]
        for change in (*self.mix.values(), self.confidence, self.coverage):
            low, high = change.interval
            lines.append(
                f"{change.name:22}{change.reference:8.3f}{change.new:8.3f}{change.difference:+8.3f}"
                f"  {low:+.3f} to {high:+.3f} {change.p_value:7.4f}"
            )
        lines.append(f"mix of labels: total variation {self.mix_distance:.3f}, p = {self.mix_p_value:.4f}")
        lines.append(f"drift: {', '.join(self.drifted) or 'none beyond chance'}")
        return "\n".join(lines)


def drift(
    reference: Sequence[str],
    new: Sequence[str],
    table: Table,
    *,
    samples: int = 2000,
    seed: int = 0,
    places: tuple[str, str] = ("reference", "new"),
) -> Drift:
    """Compare two sets of statements as a table sees them. Deterministic for a seed.

    places: where the sides come from, for errors.
    Raises InputError with fewer than LEAST statements on a side.
    """
    for place, texts in zip(places, (reference, new), strict=True):
        if len(texts) < LEAST:
            raise InputError(f"only {counted(len(texts), 'statement')}", place=place, remedy=f"give at least {LEAST}")
    rng = np.random.default_rng(seed)
    measures, words = _measure([*reference, *new], table)
    first = np.arange(len(measures)) < len(reference)
    samples = min(samples, max(200, _MOST_DRAWS // len(measures)))
    sums = np.column_stack([measures, words])
    boots = np.array([_differences(sums, _resampled(rng, first), first) for _ in range(samples)])
    deals = np.array([_differences(sums, np.arange(len(first)), rng.permutation(first)) for _ in range(samples)])
    before, now = _means(sums[first]), _means(sums[~first])
    k = len(table.labels)
    names = [*(f"share {label}" for label in table.labels), "confidence", "known words"]
    changes = [
        Change(
            name,
            float(before[i]),
            float(now[i]),
            float(now[i] - before[i]),
            (float(np.percentile(boots[:, i], 2.5)), float(np.percentile(boots[:, i], 97.5))),
            _p_value(np.abs(deals[:, i]), abs(float(now[i] - before[i]))),
        )
        for i, name in enumerate(names)
    ]
    distance = float(np.abs(now[:k] - before[:k]).sum() / 2)
    return Drift(
        n_reference=len(reference),
        n_new=len(new),
        mix=dict(zip(table.labels, changes[:k], strict=True)),
        mix_distance=distance,
        mix_p_value=_p_value(np.abs(deals[:, :k]).sum(axis=1) / 2, distance),
        confidence=changes[k],
        coverage=changes[k + 1],
    )


def _measure(texts: Sequence[str], table: Table) -> tuple[Floats, Floats]:
    """(n, labels + 1) predicted label as 0 and 1, confidence; (n, 2) known words, all words."""
    domain, unknown = Domain(table), len(table.arrays["words"])
    p = table.score(texts).probabilities
    said = np.eye(p.shape[1])[p.argmax(axis=1)]
    numbers = [domain.numbers([text]) for text in texts]
    words = np.array([[np.sum(row != unknown), len(row)] for row in numbers], float)
    return np.column_stack([said, p.max(axis=1)]), words


def _means(sums: Floats) -> Floats:
    """Means of the first columns; of the last two, the ratio."""
    totals = sums.sum(axis=0)
    return np.append(totals[:-2] / len(sums), totals[-2] / max(totals[-1], 1))


def _differences(sums: Floats, rows: npt.NDArray[np.int64], first: npt.NDArray[np.bool_]) -> Floats:
    drawn = sums[rows]
    return _means(drawn[~first]) - _means(drawn[first])


def _resampled(rng: np.random.Generator, first: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Rows drawn with replacement, each set from itself."""
    n = int(first.sum())
    return np.concatenate([rng.integers(0, n, n), rng.integers(n, len(first), len(first) - n)])


def _p_value(chance: Floats, found: float) -> float:
    """Share of random deals at least as far as what was found, itself counted (Phipson and Smyth, 2010).

    >>> _p_value(np.array([0.1, 0.2, 0.3]), 0.25)
    0.5
    """
    return float((1 + np.sum(chance >= found - 1e-12)) / (1 + len(chance)))
