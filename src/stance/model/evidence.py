"""What moved a table on a batch of statements, as columns: the numbers that scoring adds up, kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from stance.model.frames import Readings
from stance.model.tokens import TOKEN, Tokens

KINDS = ("frame", "trend", "sentence", "word", "pair")
"""In the order in which those on the same characters are told. Word: what a word and its shape add together."""
FRAME, TREND, SENTENCE, WORD, PAIR = range(len(KINDS))

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Part = tuple[int, npt.NDArray[Any], Ints, Ints, Floats, list[str]]
"""Evidence of one kind: the kind, then rows, start, end, weights, names as in Evidence, in any order."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Contributions of words, pairs, frames, trends and of whole sentences (by an encoder) to n statements.

    rows: (m,) statement, ascending; in each they stand as in its text. kinds: (m,) number in KINDS.
    start, end: (m,) characters of the statement that it stands on. weights: (m, labels) signed contribution to each
    label's logit, never all zero. names: m features ("reject <name>", "not:accept", "reject>coop: rejected -> offer").
    """

    rows: Ints
    kinds: Ints
    start: Ints
    end: Ints
    weights: Floats
    names: list[str]

    @classmethod
    def gather(cls, parts: Sequence[Part], labels: int) -> Self:
        """One of several parts."""
        if not parts:
            none = np.zeros(0, np.int64)
            return cls(none, none, none, none, np.zeros((0, labels)), [])
        kinds = np.concatenate([np.full(len(part[1]), part[0]) for part in parts])
        rows = np.concatenate([part[1] for part in parts]).astype(np.int64)
        start, end, weights = (np.concatenate([part[i] for part in parts]) for i in (2, 3, 4))
        names = [name for part in parts for name in part[5]]
        # Most come in order, so that one stable sort of one number is several times as fast as lexsort.
        beyond = int(end.max(initial=0)) + 1
        order = np.argsort(((rows * beyond + start) * beyond + end) * len(KINDS) + kinds, kind="stable")
        order = order[(weights[order] != 0).any(axis=1)]
        names = [names[i] for i in order.tolist()]
        return cls(rows[order], kinds[order], start[order], end[order], weights[order], names)

    def part(self, start: int, end: int) -> Self:
        """The contributions from one number to before another."""
        s = slice(start, end)
        return type(self)(self.rows[s], self.kinds[s], self.start[s], self.end[s], self.weights[s], self.names[s])


class Places:
    """Where the tokens of a batch stand: (t,) first and last character of each, and its word; edges are ^ and $."""

    def __init__(self, texts: Sequence[str], tokens: Tokens, surfaces: Sequence[str]) -> None:
        found: list[tuple[int, int]] = []  # all tokens as the tokenizer finds them
        ends = []  # where each statement's line end is among them
        for text in texts:
            found += [match.span() for match in TOKEN.finditer(text.replace("\n", " "))]
            ends.append(len(found))
            found.append((len(text), len(text)))
        begin, close = np.array(found, np.int64).reshape(-1, 2).T
        following = np.minimum(np.append(tokens.raw[1:], len(found)), np.array(ends, np.int64)[tokens.rows])
        self.rows = tokens.rows
        self.start = begin[tokens.raw]
        self.end = close[np.where(tokens.types == 0, following - 1, tokens.raw)]  # a masked name spans all its words
        self.words = [surfaces[t] for t in tokens.types.tolist()]

    def single(self, weights: Floats, negated: npt.NDArray[np.bool_]) -> Part:
        """Evidence of words: weights (t, labels), negated (t,)."""
        names = [f"not:{word}" if no else word for word, no in zip(self.words, negated.tolist(), strict=True)]
        return WORD, self.rows, self.start, self.end, weights, names

    def pairs(self, rows: npt.NDArray[np.int32], weights: Floats) -> Part:
        """Evidence of neighbours, edges of statements included: rows (p,) as of pair_keys, weights (p, labels)."""
        some = np.flatnonzero(weights.any(axis=1))
        opens, closes = edges(rows)
        right: Ints = np.cumsum(~closes) - ~closes  # the token on the right of each pair
        right, opens, closes, rows = right[some], opens[some], closes[some], rows[some]
        start = self.start[np.where(opens, right, right - 1)]
        end = self.end[np.where(closes, right - 1, right)]
        words = [*self.words, "$"]
        first = np.where(opens, len(words), right - 1).tolist()
        last = np.where(closes, len(words) - 1, right).tolist()
        words.append("^")
        return (
            PAIR,
            rows,
            start,
            end,
            weights[some],
            [f"{words[a]} {words[b]}" for a, b in zip(first, last, strict=True)],
        )

    def trends(self, at: Ints, near: Ints, directions: Sequence[str], weights: Floats) -> Part:
        """Evidence of trends, each on the stretch from the word to its word of direction."""
        names = [f"{self.words[i].lower()} {how}" for i, how in zip(at.tolist(), directions, strict=True)]
        first, last = np.minimum(at, near), np.maximum(at, near)
        return TREND, self.rows[at], self.start[first], self.end[last], weights, names

    def frames(self, found: Readings, weights: Floats, features: Sequence[str]) -> Part:
        """Evidence of frames: all that one stretch of words adds, named by what tells most."""
        order = np.lexsort((found.end, found.start, found.rows))
        stretch = np.stack([found.rows, found.start, found.end])[:, order]
        first = np.flatnonzero(np.append(True, (stretch[:, 1:] != stretch[:, :-1]).any(axis=0)))
        rows, start, end = stretch[:, first]
        by_rank = sorted(set(found.features.tolist()), key=lambda feature: telling(features[feature]))
        rank = np.zeros(len(features), np.int64)
        rank[by_rank] = np.arange(len(by_rank))
        best = np.minimum.reduceat(rank[found.features[order]], first)
        names = [features[by_rank[i]] for i in best.tolist()]
        for i in np.flatnonzero(end - start > 1).tolist():
            if ">" in names[i]:
                names[i] += f": {self.words[start[i]]} -> {self.words[end[i] - 1]}"
        empty = end <= start
        begin = np.where(empty, 0, self.start[np.where(empty, 0, start)])
        close = np.where(empty, 0, self.end[np.where(empty, 0, end - 1)])
        return FRAME, rows, begin, close, np.add.reduceat(weights[order], first, axis=0), names


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
