"""Which statements to label next: those the model is least sure of, of as many kinds as there are labels to give.

The rule is that of Zhdanov (2019, Diverse mini-batch active learning, arXiv:1901.05954): of the most uncertain
statements, ten times as many as wanted, make as many clusters as are wanted and take the most uncertain of each.
experiments/030-suggest compares it with random choice and with either half of the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from stance.errors import InputError
from stance.improve.pool import Candidate
from stance.model.table import Table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHORTLIST = 10
"""So many uncertain statements for each one wanted are clustered."""

DIMENSIONS = 50
"""Of the space in which they are clustered (latent semantic analysis)."""

LEAST_WORDS = 4
"""Shorter statements are seldom worth a label."""


def suggest(candidates: Sequence[Candidate], table: Table, n: int = 50, *, seed: int = 0) -> list[Candidate]:
    """The n statements worth labelling next, the most uncertain first; all of them when there are no more than n.

    Statements of fewer than LEAST_WORDS words are left out. Deterministic for a seed.
    Raises InputError when no statement is left.
    """
    kept = [c for c in candidates if len(c.text.split()) >= LEAST_WORDS]
    if not kept:
        what = f"no statement of {LEAST_WORDS} words or more that is not labelled yet"
        raise InputError(what, place="suggest", remedy="give more text")
    texts = [c.text for c in kept]
    doubt = uncertainty(table.score(texts).probabilities)
    return [kept[i] for i in choose(doubt, vectors(texts), n, seed=seed)]


def uncertainty(probabilities: Floats) -> Floats:
    """(n,) one minus the margin between the two most likely labels, in [0, 1].

    >>> uncertainty(np.array([[0.5, 0.5, 0.0], [0.9, 0.1, 0.0]])).round(2).tolist()
    [1.0, 0.2]
    """
    best = np.sort(probabilities, axis=1)
    return np.asarray(1 - (best[:, -1] - best[:, -2]))


def vectors(texts: Sequence[str]) -> Any:
    """(n, words) sparse tf-idf rows of length one, in which like statements lie close."""
    from stance.model.features import Words

    return Words(pairs=False, min_df=1).fit_transform(texts)


def choose(doubt: Floats, X: Any, n: int, *, seed: int = 0) -> Ints:
    """Row numbers of the n statements to label, by uncertainty (n,) and vectors (n, d); the most uncertain first."""
    order = np.argsort(-doubt, kind="stable")
    if n >= len(order):
        return order
    top = order[: SHORTLIST * n]
    clusters = _clusters(X[top], n, seed)
    # ``top`` is sorted, so the first member of a cluster is its most uncertain one.
    chosen = top[np.unique(clusters, return_index=True)[1]]
    if len(chosen) < n:  # like statements left some clusters empty
        chosen = np.concatenate([chosen, top[~np.isin(top, chosen)]])[:n]
    return np.asarray(chosen[np.argsort(-doubt[chosen], kind="stable")])


def _clusters(X: Any, n: int, seed: int) -> Ints:
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from threadpoolctl import threadpool_limits

    kinds: dict[bytes, int] = {}
    alike = np.array([kinds.setdefault(row.indices.tobytes() + row.data.tobytes(), len(kinds)) for row in X])
    dimensions = min(DIMENSIONS, X.shape[1] - 1, X.shape[0] - 1)
    if len(kinds) <= n or dimensions < 2:
        return alike
    with threadpool_limits(1):
        points = TruncatedSVD(dimensions, random_state=seed).fit_transform(X)
        return np.asarray(KMeans(n, n_init=1, random_state=seed).fit_predict(points), np.int64)
