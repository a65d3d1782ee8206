"""Which tests of data/CODEBOOK.md the evidence touches: what follows "but", negation, conditions."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from stance.model.tokens import NEGATORS, STOPS

TESTS = ("2 after but", "3 negation", "4 condition")
BUT, NEGATION, CONDITION, TURN, OPENER, STOP, MAIN, AFTER_TURN, CONDITIONAL = (1 << i for i in range(9))
"""Bits. The first three are the tests. Of words: a turn, what opens a conditional clause, what ends it. Of evidence:
the sum of the main clause, what follows the last turn, what stands in a conditional clause."""

DECISIVE = 3
"""What touches a test must weigh as much as the weakest of so many strongest contributions."""
LONGEST = 5
"""A contribution on more words than this is not about one of them."""

_WORDS = {
    BUT: "but however although though while whereas nevertheless yet despite",
    TURN: "but yet however nevertheless",
    CONDITION: "if unless until once provided condition conditions precondition preconditions",
    OPENER: "if unless until once provided",
}
_BITS = {bit: frozenset(words.split()) for bit, words in _WORDS.items()} | {NEGATION: NEGATORS, STOP: STOPS}
_FRAMES = {
    BUT: re.compile(r"(?:way[-+0]?&)?mod:(contrast|concess)|turned|yielded"),
    NEGATION: re.compile(r"mod:(neg|nonneg)|.*N(?=>|$)"),
    CONDITION: re.compile(r"(?:way[-+0]?&)?mod:cond(?!-hard)|cond[-+]|barred"),  # "immediately" is hard, no condition
    OPENER: re.compile(r"mod:cond(-bar)?$"),
    MAIN: re.compile(r"main[-+]"),
}

Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


@lru_cache(1 << 14)
def of_word(surface: str) -> int:
    """Bits of a word.

    >>> of_word("Unless") == CONDITION | OPENER, of_word("won’t") == NEGATION, of_word("peace")
    (True, True, 0)
    """
    word = surface.lower().replace("’", "'")
    return sum(bit for bit, words in _BITS.items() if word in words) | NEGATION * word.endswith("n't")


@lru_cache(1 << 14)
def of_frame(feature: str) -> int:
    """Bits of a frame.

    >>> of_frame("rejectN>coop") == NEGATION, of_frame("way-&mod:cond-bar") == CONDITION, of_frame("op:reject")
    (True, True, 0)
    """
    return sum(bit for bit, names in _FRAMES.items() if names.match(feature))


def scopes(bits: Ints, rows: Rows) -> Ints:
    """AFTER_TURN and CONDITIONAL of (t,) tokens, from the bits of each and its statement.

    A turn is no beginning of its statement. A conditional clause goes on until a mark of punctuation or "but".
    """
    place = np.arange(len(bits))
    start = np.searchsorted(rows, rows)
    turns = ((bits & TURN) > 0) & (place - start >= 2)
    last = np.zeros(int(rows.max(initial=-1)) + 1, np.int64)
    last[rows[turns]] = place[turns]  # of several the last one stays
    opener, stop = (np.maximum.accumulate(np.where((bits & bit) > 0, place, -1)) for bit in (OPENER, STOP))
    conditional = (opener >= start) & (opener > stop) & (place > opener)
    return AFTER_TURN * ((last[rows] > 0) & (place > last[rows])) + CONDITIONAL * conditional


def touched(rows: Rows, size: Floats, bits: Ints, frames: npt.NDArray[np.bool_], n: int) -> npt.NDArray[np.bool_]:
    """(n, 3) whether the evidence of n statements touches each of TESTS.

    rows: (m,) statements, ascending. size: (m,) how far each contribution moves the decision, the strongest of each
    statement first. bits: (m,) of each. frames: (m,) which are frames.

    What stands on the words of a test, depends on them or is a frame of it must weigh together as much as one of the
    DECISIVE strongest. Besides, what the strongest say may follow from where they stand: the first after a turn, any
    in a conditional clause; and a main clause is what its frames and turns make of it.
    """
    start = np.searchsorted(rows, np.arange(n + 1))
    decisive = np.arange(len(rows)) - start[rows] < DECISIVE
    least = np.zeros(n)
    least[rows[decisive]] = size[decisive]  # the weakest of them stays

    def found(which: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        return np.bincount(rows[which], minlength=n) > 0

    main = found(decisive & ((bits & MAIN) > 0))
    out = np.zeros((n, len(TESTS)), bool)
    for i in range(len(TESTS)):
        touch = (bits & (1 << i)) > 0
        together = np.bincount(rows, size * touch, n)
        of_clause = touch & frames if 1 << i != BUT else touch
        out[:, i] = (together > 0) & (together >= least) | main & found(of_clause)
    out[:, 0] |= found((np.arange(len(rows)) == start[rows]) & ((bits & AFTER_TURN) > 0))
    out[:, 2] |= found(decisive & ((bits & CONDITIONAL) > 0))
    return out
