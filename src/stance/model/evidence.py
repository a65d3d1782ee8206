"""What moved a table on a batch of statements, as columns: the numbers that scoring adds up, kept apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from stance.model import codebook
from stance.model.frames import Readings
from stance.model.tokens import TOKEN, Tokens, joined

KINDS = ("frame", "trend", "sentence", "word", "word", "pair", "pair", "pair")
"""In the order in which those on the same characters are told. Word: what a word and its shape add together."""
FRAME, TREND, SENTENCE, WORD, NEGATED, PAIR, BEGINS, ENDS = range(len(KINDS))
"""Numbers in KINDS; some tell more: a negated word, a pair with the beginning or the end of its statement."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Contributions of words, pairs, frames, trends and of whole sentences (by an encoder) to n statements.

    names: m features ("reject <name>", "not:accept", "reject>coop: rejected -> offer").
    rows: (m,) statement. kinds: (m,) number in KINDS. start, end: (m,) characters of the statement that it stands on.
    bits: (m,) what it has to do with tests of the codebook, as in codebook.py.
    weights: (m, labels) signed contribution to each label's logit.
    """

    names: list[str]
    rows: Rows
    kinds: Ints
    start: Ints
    end: Ints
    bits: Ints
    weights: Floats

    @classmethod
    def gather(cls, parts: Sequence[Self], labels: int) -> Self:
        """One of several parts."""
        none = np.zeros(0, np.int64)
        parts = [cls([], none, none, none, none, none, np.zeros((0, labels))), *parts]
        columns = (np.concatenate(column) for column in zip(*(part._columns for part in parts), strict=True))
        return cls([name for part in parts for name in part.names], *columns)

    @property
    def _columns(self) -> tuple[npt.NDArray[Any], ...]:
        return self.rows, self.kinds, self.start, self.end, self.bits, self.weights

    def take(self, which: Ints) -> Self:
        """The contributions of these numbers, in that order."""
        columns = (column.take(which, axis=0) for column in self._columns)
        return type(self)([self.names[i] for i in which.tolist()], *columns)

    def part(self, start: int, end: int | None) -> Self:
        """The contributions from one number to before another, or to the last."""
        s = slice(start, end)
        return type(self)(self.names[s], *(column[s] for column in self._columns))


class Places:
    """Where the tokens of a batch stand: (t,) first and last character of each, and its word; edges are ^ and $."""

    def __init__(self, texts: Sequence[str], tokens: Tokens, surfaces: Sequence[str]) -> None:
        spans = chain.from_iterable(map(re.Match.span, TOKEN.finditer(joined(texts))))
        begin, close = np.fromiter(spans, np.int64).reshape(-1, 2).T  # of all tokens as the tokenizer finds them
        stops = np.cumsum([len(text) + 1 for text in texts]) - 1  # the end of each statement's line
        following = np.minimum(np.append(tokens.raw[1:], len(begin)), np.searchsorted(begin, stops)[tokens.rows])
        final = np.where(tokens.types == 0, following - 1, tokens.raw)  # a masked name spans all its words
        self.rows = tokens.rows
        before = np.append(0, stops + 1)[tokens.rows]
        self.start, self.end = begin[tokens.raw] - before, close[final] - before
        self.words = [surfaces[t] for t in tokens.types.tolist()]
        self._bits = np.array([codebook.of_word(word) for word in self.words], np.int64)

    def single(self, weights: Floats, negated: npt.NDArray[np.bool_]) -> Evidence:
        """Evidence of words: weights (t, labels), negated (t,)."""
        names = self.words.copy()
        for i in np.flatnonzero(negated).tolist():
            names[i] = f"not:{names[i]}"
        each = np.arange(len(names))
        kinds = np.where(negated, NEGATED, WORD)
        return self._on(names, self.rows, kinds, each, each + 1, codebook.NEGATION * negated, weights)

    def pairs(self, rows: Rows, weights: Floats) -> Evidence:
        """Evidence of neighbours, edges of statements included: rows (p,) as of pair_keys, weights (p, labels)."""
        some = np.flatnonzero(weights.any(axis=1))
        begins, ends = edges(rows)
        right: Ints = np.cumsum(~ends) - ~ends  # the token on the right of each pair
        right, begins, ends, rows = right[some], begins[some], ends[some], rows[some]
        kinds = np.where(begins, BEGINS, np.where(ends, ENDS, PAIR))
        words = [*self.words, "$", "^"]
        left = np.where(begins, len(words) - 1, right - 1).tolist()
        names = [f"{words[a]} {words[b]}" for a, b in zip(left, np.where(ends, -2, right).tolist(), strict=True)]
        return self._on(names, rows, kinds, right - ~begins, right + ~ends, 0 * right, weights[some])

    def trends(self, at: Ints, near: Ints, directions: Sequence[str], weights: Floats) -> Evidence:
        """Evidence of trends, each on the stretch from the word to its word of direction."""
        names = [f"{self.words[i].lower()} {how}" for i, how in zip(at.tolist(), directions, strict=True)]
        first, last = np.minimum(at, near), np.maximum(at, near) + 1
        return self._on(names, self.rows[at], np.full(len(at), TREND), first, last, 0 * at, weights)

    def heat(self, found: Readings, weights: Floats, features: Sequence[str]) -> Evidence:
        """Evidence of what trends come to, each on the stretch from the thing to its word of direction, or on all."""
        names = [f"*{features[i]}" for i in found.features.tolist()]
        kinds = np.full(len(names), TREND)
        return self._on(names, found.rows, kinds, found.start, found.end, 0 * found.start, weights)

    def frames(self, found: Readings, weights: Floats, features: Sequence[str]) -> Evidence:
        """Evidence of frames, to be asked for first: all that one stretch of words adds, named by what tells most."""
        order = np.lexsort((found.end, found.start, found.rows))
        stretch = np.stack([found.rows, found.start, found.end])[:, order]
        first = np.flatnonzero(np.append(True, (stretch[:, 1:] != stretch[:, :-1]).any(axis=0)))
        rows, start, end = stretch[:, first]
        by_rank = sorted(set(found.features.tolist()), key=lambda feature: telling(features[feature]))
        rank = np.zeros(len(features), np.int64)
        rank[by_rank] = np.arange(len(by_rank))
        best = np.minimum.reduceat(rank[found.features[order]], first)
        bits = np.array([codebook.of_frame(features[i]) for i in by_rank], np.int64)[best]
        opener = (bits & codebook.OPENER) > 0
        self._bits[end[opener] - 1] |= codebook.OPENER
        names = [features[by_rank[i]] for i in best.tolist()]
        for i in np.flatnonzero(end - start > 1).tolist():
            if ">" in names[i]:
                names[i] += f": {self.words[start[i]]} -> {self.words[end[i] - 1]}"
        kinds = np.full(len(rows), FRAME)
        return self._on(names, rows, kinds, start, end, bits, np.add.reduceat(weights[order], first, axis=0))

    def whole(self, texts: Sequence[str], weights: Floats) -> Evidence:
        """Evidence of what an encoder makes of whole statements: weights (n, labels)."""
        each, ends = np.arange(len(texts)), np.array([len(text) for text in texts], np.int64)
        names = ["whole sentence"] * len(texts)
        return Evidence(names, each, 0 * each + SENTENCE, 0 * each, ends, 0 * each, weights)

    def _on(
        self, names: list[str], rows: Rows, kinds: Ints, first: Ints, last: Ints, bits: Ints, weights: Floats
    ) -> Evidence:
        """Evidence on the tokens from ``first`` to before ``last``; on the very beginning where there are none."""
        some = last > first
        first, final = np.where(some, first, 0), np.where(some, last, 1) - 1
        start, end = (np.where(some, place[at], 0) for place, at in ((self.start, first), (self.end, final)))
        bits = bits | np.where(some, self._scopes[first], 0)
        short = some & (last - first <= codebook.LONGEST)
        for i in range(len(codebook.TESTS)):
            bits |= (short & (self._counts[i, final + 1] > self._counts[i, first])) << i
        return Evidence(names, rows, kinds, start, end, bits, weights)

    @cached_property
    def _scopes(self) -> Ints:
        return codebook.scopes(self._bits, self.rows)

    @cached_property
    def _counts(self) -> Ints:
        """(tests, t + 1) how many words that call for each test stand before each token."""
        tests = np.arange(len(codebook.TESTS))[:, None]
        return np.pad(np.cumsum((self._bits >> tests) & 1, axis=1), ((0, 0), (1, 0)))


def edges(rows: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which of ascending rows are the first of their number, and which the last."""
    change = rows[1:] != rows[:-1]
    return np.append(True, change), np.append(change, True)


def telling(name: str) -> tuple[int, str]:
    """Order of the names of frames: what is furthered or hindered first, what yields to a turn next, sums last.

    >>> sorted(["way-&mod:contrast", "main-", "first+", "yielded+", "op:reject", "reject>coop", "act-2"], key=telling)
    ['reject>coop', 'act-2', 'op:reject', 'yielded+', 'first+', 'main-', 'way-&mod:contrast']
    """
    composed = ">" in name and name[-1] not in "+-"
    single = name.startswith(("act", "idiom:", "object:"))
    total = ((":" not in name and name[-1] in "+-") or name.startswith("way")) and not single
    kind = 0 if composed else 1 if single else 4 if total else 2
    return (3 if name[:-1] in ("yielded", "turned") else kind), name
