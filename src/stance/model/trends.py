"""What rises and what falls: each word of a clause with the direction of the nearest word of direction.

"Inflation has declined" and "a decline in inflation" both say ``inflation falling``, whatever stands between; a
negation turns the direction ("did not decline"). The words of direction stand in ``lexicon/trends.tsv``.

Few rows teach few of these words, so a handful of features sums them up: whether things that run hot when they rise
(prices, demand, rates) or that run cold then (unemployment, slack, uncertainty) rise or fall, and whether a statement
says only the one, only the other, or both. Those things stand in ``lexicon/things.tsv``. All is array arithmetic over
the tokens of a batch, as in tokens.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stance.model.frames import Readings
from stance.model.tokens import NAME, Tokens, normal_form, plain_form

FILE = Path(__file__).with_name("lexicon") / "trends.tsv"
THINGS_FILE = FILE.with_name("things.tsv")
REACH = 10
"""How many tokens a word may stand from the word of direction."""
NAMES = ("falling", "rising")
THINGS = ("cold", "hot")
HEAT = ("cold falling", "cold rising", "hot falling", "hot rising", "cooling", "heating", "cooling and heating")
"""Features of things that rise and fall: of each occurrence, then of the whole statement."""
_NOTHING, _WORD, _FALLS, _RISES, _END = range(5)
_BASE, _COLD, _HOT = 7, 8, 16
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


def read_things() -> dict[str, list[str]]:
    """Word forms of the lexicon of things, sorted: ``hot`` when they rise, ``cold`` when they do.

    >>> things = read_things()
    >>> "prices" in things["hot"], "unemployment" in things["cold"]
    (True, True)
    """
    rows = [line.split("\t") for line in THINGS_FILE.read_text(encoding="utf-8").splitlines()[1:]]
    return {name: sorted(entry for entry, cls in rows if cls == name) for name in THINGS}


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
NO_HEAT = Readings(NONE.at, NONE.at, np.zeros(0), NONE.at, NONE.at, NONE.at)


class Follower:
    """Finds trends; ``lists`` holds what :func:`read_directions` and :func:`read_things` give."""

    def __init__(self, lists: Mapping[str, Collection[str]]) -> None:
        self._codes = dict.fromkeys(lists["falling"], _FALLS) | dict.fromkeys(lists["rising"], _RISES)
        self._things = dict.fromkeys(lists["cold"], _COLD) | dict.fromkeys(lists["hot"], _HOT)

    def describe(self, surface: str) -> int:
        """What a word type is: of one direction, a word that may have one, an end of clause, or none of these.

        Added to it, whether it is a thing that is hot, or cold, when it rises.
        """
        if surface.lower() in _ENDS:
            return _END
        if surface == NAME or not surface[0].isalpha():
            return _NOTHING
        return self._codes.get(normal_form(surface), _WORD) | self._things.get(plain_form(surface), 0)

    @staticmethod
    def follow(tokens: Tokens, described: npt.NDArray[np.int8]) -> Trends:
        """Trends in tokens; described: (types,) what :meth:`describe` says of each type."""
        codes = described.take(tokens.types) & _BASE
        directed = (codes == _FALLS) | (codes == _RISES)
        near, within = _nearest(directed, _clauses(tokens, codes))
        at = np.flatnonzero((codes == _WORD) & within)
        near = near[at]
        return Trends(at, near, _rising(tokens, codes, near))

    @staticmethod
    def heat(tokens: Tokens, described: npt.NDArray[np.int8]) -> Readings:
        """Features of :data:`HEAT`: of each word of direction with the thing nearest to it, and of whole statements.

        A thing is no word of direction here: in "growth slowed", growth is what slows.
        """
        described = described.take(tokens.types)
        codes, thing = described & _BASE, described > _BASE
        near, within = _nearest(thing, _clauses(tokens, codes))
        at = np.flatnonzero(((codes == _FALLS) | (codes == _RISES)) & ~thing & within)
        if not len(at):
            return NO_HEAT
        near, rows, rising = near[at], tokens.rows[at].astype(np.int64), _rising(tokens, codes, at)
        hot = (described[near] >= _HOT).astype(np.int64)
        heats = hot == rising
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        last = np.append(first[1:], len(rows)) - 1
        one_cools, one_heats = (np.logical_or.reduceat(some, first) for some in (~heats, heats))
        whole = HEAT.index("cooling") + one_heats + (one_heats & one_cools)
        return Readings(
            np.append(rows, rows[first]),
            np.append(2 * hot + rising, whole),
            np.ones(len(at) + len(first)),
            np.append(np.minimum(at, near), at[first]),
            np.append(np.maximum(at, near), at[last]) + 1,
            np.zeros(len(at) + len(first), np.int64),
        ).counted()


def _clauses(tokens: Tokens, codes: npt.NDArray[np.int8]) -> Ints:
    """(t,) number of the clause of each token."""
    begins = codes == _END
    begins[1:] |= tokens.rows[1:] != tokens.rows[:-1]
    numbers: Ints = np.cumsum(begins)
    return numbers


def _nearest(marked: npt.NDArray[np.bool_], clause: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """For each token the nearest other one that is marked, the one before it of two, and whether it is in reach.

    In reach is what stands in the same clause, at most REACH tokens off.
    """
    n = len(marked)
    position = np.arange(n)
    before = np.maximum.accumulate(np.where(marked, position, 0))
    after = np.minimum.accumulate(np.where(marked, position, n - 1)[::-1])[::-1]
    far = [
        np.where(marked[other] & (clause[other] == clause), np.abs(other - position), REACH + 1)
        for other in (before, after)
    ]
    return np.where(far[0] <= far[1], before, after), np.minimum(*far) <= REACH


def _rising(tokens: Tokens, codes: npt.NDArray[np.int8], at: Ints) -> Ints:
    """1 for a word of direction that says that something rises, 0 for one that says that it falls."""
    return np.asarray((codes[at] == _RISES) ^ tokens.negated[at], np.int64)
