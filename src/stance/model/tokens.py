"""Text to tokens: word types, names masked, numbers folded, negation marked; many statements in one pass.

Everything that depends on one word alone (its stem, is it a number, does it negate) is worked out once per word
type and kept; what depends on its neighbours (is it inside a name, is it negated) is array arithmetic over the
whole batch. So the price of a statement is one regular expression and one dictionary look-up per word.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

TOKEN = re.compile(r"\w++(?:['’]\w+|[.,:](?:\w\b|\d+))*|[.,;:!?\"“”«»„…\n]")
r"""Words with their apostrophes, numbers with their commas, abbreviations up to their last stop, and marks.
Words are possessive (``\w++``), since nothing that was taken is ever given back; a group may not be, because Python
before 3.11.5 matches too much then (its issue 106052)."""
NAME, NUMBER = "<name>", "<number>"
LONGEST = 100
"""Characters of a word that its shape is made of: no word has more, but somebody may send a million in a row."""
NEGATORS = frozenset(
    "not no never neither nor none nobody nothing nowhere without "  # noqa: SIM905
    "cannot cant dont wont hardly barely scarcely".split()
)
NEGATION_REACH = 4
"""How many tokens after a negation count as negated, unless the clause ends before."""

_CAPITAL, _COMMON, _ACRONYM, _NEGATOR, _STOP, _OPENER, _LOWER, _ABBREVIATION = (1 << i for i in range(8))
_LINE_END, _DOT = 1, 2
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof gen lt col maj capt sgt adm sen rep gov amb hon rev st no jr sr vs etc co corp inc ltd "  # noqa: SIM905
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
STOPS = frozenset('.,;:!?"“”«»„…\n') | {"but"}
_OPENERS = frozenset('.:!?"“”«»„…\n')
_QUOTES = dict.fromkeys('"“”«»„', '"')
_SUFFIX = re.compile(r"['’](?:s|S)?$")


@cache
def _stem_word() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english").stemWord


def stem(word: str) -> str:
    """Snowball stem of a lower-case word.

    >>> stem("sanctions")
    'sanction'
    """
    return str(_stem_word()(word))


def normal_form(surface: str) -> str:
    """What a token counts as: the stem of a word, one form for all numbers, one for all quotation marks.

    >>> [normal_form(w) for w in ("Sanctions", "Russia's", "won’t", "1,500", "“")]
    ['sanction', 'russia', 'not', '<number>', '"']
    """
    if surface in _QUOTES:
        return _QUOTES[surface]
    if surface[0].isdigit():
        return NUMBER
    word = surface.lower().replace("’", "'")
    if word.endswith("n't"):
        return "not"
    return stem(_SUFFIX.sub("", word))


def plain_form(surface: str) -> str:
    """A word as vectors.py lists it.

    >>> plain_form("Friends’"), plain_form("Russia’s")
    ('friends', 'russia')
    """
    return _SUFFIX.sub("", surface.lower().replace("’", "'")) if "’" in surface or "'" in surface else surface.lower()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of ``n`` statements, one after the other, names reduced to one mask each.

    types: (t,) number of each token's type in the tokenizer that made it; 0 stands for a masked name.
    rows: (t,) which statement each token belongs to, ascending.
    negated: (t,) whether it stands in the scope of a negation.
    raw: (t,) position among all tokens of the batch as :data:`TOKEN` finds them (with one line end per statement);
        that of the first word for a name.
    """

    n: int
    types: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    negated: npt.NDArray[np.bool_]
    raw: npt.NDArray[np.int32]


class Tokenizer(dict[str, int]):
    """Cuts statements into tokens and numbers their types (surface forms) in order of appearance.

    common: lower-case words that are no names. A capital marks a name, unless the word opens a sentence or
    stands in a headline where every word has one; there, words in ``common`` are words.
    masks: whether names are masked at all.
    characters: how many the types have together, which is what they cost in memory.
    """

    def __init__(self, common: Collection[str], *, masks: bool = True) -> None:
        super().__init__()
        self.common = frozenset(common)
        self.masks = masks
        self.surfaces: list[str] = []
        self.characters = 0
        self._flags = np.zeros(1024, np.uint8)
        for surface in (NAME, "\n", "."):  # so that these have the numbers 0, _LINE_END and _DOT
            self[surface]

    def __missing__(self, surface: str) -> int:
        number = len(self.surfaces)
        if number == len(self._flags):
            self._flags = np.concatenate([self._flags, np.zeros_like(self._flags)])
        self._flags[number] = self._describe(surface)
        self.surfaces.append(surface)
        self.characters += len(surface)
        self[surface] = number
        return number

    def _describe(self, surface: str) -> int:
        lower = surface.lower().replace("’", "'")
        letters = surface[0].isalpha()
        upper = letters and surface[0].isupper() and lower != "i" and not lower.startswith("i'")
        acronym = upper and len(surface) > 1 and surface.isupper() and len(surface) <= 5
        common = _SUFFIX.sub("", lower) in self.common or lower in self.common
        return (
            _CAPITAL * upper
            | _COMMON * common
            | _ACRONYM * acronym
            | _NEGATOR * (lower in NEGATORS or lower.endswith("n't"))
            | _STOP * (lower in STOPS)
            | _OPENER * (surface in _OPENERS)
            | _LOWER * (letters and not upper and len(surface) > 3)
            | _ABBREVIATION * (letters and ("." in surface or lower in _ABBREVIATIONS or (upper and len(surface) == 1)))
        )

    def encode(self, texts: Sequence[str]) -> Tokens:
        """Tokens of many statements; any string is a statement, the empty one too."""
        found = TOKEN.findall(joined(texts))
        types = np.fromiter(map(self.__getitem__, found), np.int32, len(found))
        flags = self._flags.take(types)
        raw = np.flatnonzero(~_abbreviating(types, flags)).astype(np.int32)
        types, flags = types.take(raw), flags.take(raw)
        ends = types == _LINE_END
        rows = np.cumsum(ends, dtype=np.int32) - ends
        name = self._names(flags, rows, len(texts)) if self.masks else np.zeros_like(ends)
        keep = ~ends
        keep[1:] &= ~(name[1:] & name[:-1])
        kept = np.flatnonzero(keep)
        types[name] = 0
        return Tokens(len(texts), types.take(kept), rows.take(kept), _scope(flags).take(kept), raw.take(kept))

    @staticmethod
    def _names(flags: npt.NDArray[np.uint8], rows: npt.NDArray[np.int32], n: int) -> npt.NDArray[np.bool_]:
        """Which tokens belong to a name: capitals, except words that only open a sentence or share a headline's."""
        capital = (flags & _CAPITAL) != 0
        opens = np.ones_like(capital)
        opens[1:] = (flags[:-1] & _OPENER) != 0
        capitals = np.bincount(rows[capital], minlength=n)
        headline = capitals > 1.5 * np.bincount(rows[(flags & _LOWER) != 0], minlength=n) + 1
        word = ((flags & _COMMON) != 0) & ((flags & _ACRONYM) == 0)
        name: npt.NDArray[np.bool_] = capital & ~(word & (opens | headline[rows]))
        return name


def joined(texts: Sequence[str]) -> str:
    """Statements one below the other, each on one line.

    >>> joined(["We\\nmet.", ""])
    'We met.\\n\\n'
    """
    return "\n".join([t.replace("\n", " ") if "\n" in t else t for t in texts]) + "\n" if texts else ""


def _abbreviating(types: npt.NDArray[np.int32], flags: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which tokens are the stop of an abbreviation ("U.S.", "Gen."), not of a sentence."""
    out: npt.NDArray[np.bool_] = types == _DOT
    out[1:] &= (flags[:-1] & _ABBREVIATION) != 0
    out[:1] = False
    return out


def _scope(flags: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which tokens stand within NEGATION_REACH after a negation with no end of clause between."""
    position = np.arange(len(flags), dtype=np.int32)
    negator = (flags & _NEGATOR) != 0
    last = np.maximum.accumulate(np.where(negator, position, np.int32(-9)))
    stop = np.maximum.accumulate(np.where((flags & _STOP) != 0, position, np.int32(-1)))
    reached: npt.NDArray[np.bool_] = (position - last <= NEGATION_REACH) & (last > stop) & ~negator
    return reached


def common_words(texts: Iterable[str]) -> list[str]:
    """Words met in lower case, sorted: what a capital at the start of a sentence may hide.

    >>> common_words(["Talks began in Geneva.", "The talks end"])
    ['began', 'end', 'in', 'talks']
    """
    found = {word for text in texts for word in TOKEN.findall(text) if word[0].islower()}
    return sorted({_SUFFIX.sub("", word.lower().replace("’", "'")) for word in found} - {""})


def pair_keys(
    rows: npt.NDArray[np.int32], numbers: npt.NDArray[np.int64], size: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Neighbours in each statement, its two edges included: their statement, and ``left * (size + 2) + right``.

    numbers: (t,) word numbers below ``size``; ``size`` stands for any unknown word, ``size + 1`` for an edge.
    Pairs with an unknown word have keys that no table holds.

    >>> rows, keys = pair_keys(np.array([0, 0, 1], np.int32), np.array([3, 1, 2]), 4)
    >>> rows.tolist(), [divmod(k, 6) for k in keys.tolist()]
    ([0, 0, 0, 1, 1], [(5, 3), (3, 1), (1, 5), (5, 2), (2, 5)])
    """
    t = len(rows)
    if t == 0:
        return rows, numbers
    starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    gaps = np.arange(len(starts))
    padded = np.full(t + len(starts) + 1, size + 1, np.int64)
    place = np.arange(t) + np.repeat(gaps, np.diff(np.append(starts, t))) + 1
    padded[place] = numbers
    row = np.empty(t + len(starts), np.int32)
    row[place - 1] = rows
    row[place[np.append(starts[1:], t) - 1]] = rows[starts]
    return row, padded[:-1] * (size + 2) + padded[1:]


def grams(word: str, low: int, high: int) -> list[str]:
    """Character n-grams of a word with its edges marked; of one longer than `LONGEST`, of its start.

    >>> grams("Pact", 3, 4)
    ['^pa', 'pac', 'act', 'ct$', '^pac', 'pact', 'act$']
    """
    marked = f"^{word[:LONGEST].lower().replace('’', chr(39))}$"
    return [marked[i : i + n] for n in range(low, high + 1) for i in range(len(marked) - n + 1)]
