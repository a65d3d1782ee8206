"""What rises and what falls: each word of a clause with the direction of the nearest word of direction.

"Inflation has declined" and "a decline in inflation" both say ``inflation falling``, whatever stands between; a
negation turns the direction ("did not decline"). The words of direction stand in ``lexicon/trends.tsv``. All is array
arithmetic over the tokens of a batch, as in tokens.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stance.model.tokens import NAME, Tokens, normal_form

FILE = Path(__file__).with_name("lexicon") / "trends.tsv"
REACH = 10
"""How many tokens a word may stand from the word of direction."""
NAMES = ("falling", "rising")
_NOTHING, _WORD, _FALLS, _RISES, _END = range(5)
_ENDS = frozenset('.,;:!?"“”«»„…') | {"but", "while", "whereas", "although", "though"}

Ints = npt.NDArray[np.int64]


def read_directions() -> dict[str, list[str]]:
    """Word forms of the lexicon, sorted: ``falling``, ``rising``, and ``neither``, the words that have no direction.

    >>> directions = read_directions()
    >>> "declin" in directions["falling"], "tighten" in directions["rising"], "the" in directions["neither"]
    (True, True, True)
    """
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()[1:]]
    classes = {"falling": "down", "rising": "up", "neither": "none"}
    return {name: sorted({normal_form(entry) for entry, cls in rows if cls == of}) for name, of in classes.items()}


@dataclass(frozen=True, slots=True)
class Trends:
    """Words that have a direction, in a batch of tokens.

    at: (h,) number of the word's token, ascending. near: (h,) that of the word of direction.
    rising: (h,) 1 when it rises, 0 when it falls.
    """

    at: Ints
    near: Ints
    rising: Ints


NONE = Trends(*np.zeros((3, 0), np.int64))


class Follower:
    """Finds trends; ``directions`` is what :func:`read_directions` gives."""

    def __init__(self, directions: Mapping[str, Collection[str]]) -> None:
        self._codes = dict.fromkeys(directions["falling"], _FALLS) | dict.fromkeys(directions["rising"], _RISES)

    def describe(self, surface: str) -> int:
        """What a word type is: of one direction, a word that may have one, an end of clause, or none of these."""
        if surface.lower() in _ENDS:
            return _END
        if surface == NAME or not surface[0].isalpha():
            return _NOTHING
        return self._codes.get(normal_form(surface), _WORD)

    @staticmethod
    def follow(tokens: Tokens, described: npt.NDArray[np.int8]) -> Trends:
        """Trends in tokens; described: (types,) what :meth:`describe` says of each type."""
        codes, rows, n = described.take(tokens.types), tokens.rows, len(tokens.rows)
        directed = (codes == _FALLS) | (codes == _RISES)
        if not directed.any():
            return NONE
        position = np.arange(n)
        begins = codes == _END
        begins[1:] |= rows[1:] != rows[:-1]
        clause = np.cumsum(begins)
        before = np.maximum.accumulate(np.where(directed, position, 0))
        after = np.minimum.accumulate(np.where(directed, position, n - 1)[::-1])[::-1]
        far = [
            np.where(directed[other] & (clause[other] == clause), np.abs(other - position), REACH + 1)
            for other in (before, after)
        ]
        near = np.where(far[0] <= far[1], before, after)
        at = np.flatnonzero((codes == _WORD) & (np.minimum(*far) <= REACH))
        near = near[at]
        return Trends(at, near, ((codes[near] == _RISES) ^ tokens.negated[near]).astype(np.int64))
