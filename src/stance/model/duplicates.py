"""Texts that say the same in nearly the same words: found in linear time, gathered into clusters."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

RUN = 6
"""Words in a row that two texts must share to be compared for their runs."""

SHARED_RUNS = 0.5
"""Near-duplicates share at least this part of the runs of the shorter text ..."""

JACCARD = 0.8
"""... or at least this part of all their word types."""

# A text is compared only with so many earlier ones under one key, in alphabetical order: a stock phrase of
# ten thousand texts costs no more than a rare one, and the texts most alike mostly stand next to each other.
_WINDOW = 10

_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d+")


def fold(text: str) -> tuple[str, ...]:
    """The words by which texts are compared: lower case, every number alike, no punctuation.

    >>> fold("Talks on 5 May: “no result”.")
    ('talks', 'on', '0', 'may', 'no', 'result')
    """
    return tuple(_WORD.findall(_DIGITS.sub("0", text.lower()))) or (text,)


def runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    """All runs of ``RUN`` words.

    >>> len(runs("a b c d e f g".split()))
    2
    """
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def near_duplicates(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of positions whose texts are nearly the same (``SHARED_RUNS``, ``JACCARD``).

    Candidates share a run or one of their rarest words: of two sets with a Jaccard index of t, each has a
    common word among its ``n - ceil(t n) + 1`` rarest (prefix filter; Chaudhuri, Ganti and Kaushik, 2006).

    >>> list(near_duplicates(["Talks at sea failed on May 5.", "It rained.", "talks at sea failed on May 6"]))
    [(0, 2)]
    """
    folded = [fold(text) for text in texts]
    frequency = Counter(word for words in folded for word in set(words))
    sizes: dict[int, tuple[int, int]] = {}
    by_run: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    by_word: defaultdict[object, list[int]] = defaultdict(list)
    for i in sorted(range(len(texts)), key=lambda i: (folded[i], i)):
        types, grams = set(folded[i]), runs(folded[i])
        sizes[i] = len(types), len(grams)
        rarest = sorted(types, key=lambda word: (frequency[word], word))
        # The whole text is a key too: its words may all be common ones, met only in crowded places.
        keys: list[object] = [folded[i], *rarest[: len(types) - math.ceil(JACCARD * len(types)) + 1]]
        shared_runs = Counter(j for gram in grams for j in by_run[gram][-_WINDOW:])
        for j in sorted({j for key in keys for j in by_word[key][-_WINDOW:]} | shared_runs.keys()):
            same_runs = shared_runs[j] >= SHARED_RUNS * min(len(grams), sizes[j][1])
            if (shared_runs[j] and same_runs) or _overlap(types, folded[j], sizes[j][0]):
                yield min(i, j), max(i, j)
        for gram in grams:
            by_run[gram].append(i)
        for key in keys:
            by_word[key].append(i)


def _overlap(types: set[str], words: Sequence[str], size: int) -> bool:
    """Whether the Jaccard index of two sets of word types, the second of ``size``, reaches JACCARD."""
    if min(len(types), size) < JACCARD * max(len(types), size):
        return False
    shared = len(types.intersection(words))
    return shared >= JACCARD * (len(types) + size - shared)


def clusters(texts: Sequence[str]) -> list[int]:
    """For each text the position of its cluster's first text; a cluster is a chain of near-duplicates.

    >>> clusters(["Talks failed in Geneva.", "It rained.", "talks failed in Geneva"])
    [0, 1, 0]
    """
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for a, b in near_duplicates(texts):
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    return [root(i) for i in range(len(texts))]
