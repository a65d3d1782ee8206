"""Which actor a statement addresses or speaks of: a country, organisation or armed group, or a named addressee."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache, lru_cache

from stance.text.names import Cast, Mention, actors
from stance.text.wordlists import kinds
from stance.text.words import Words

_LONGEST = 5  # words in the longest name of an actor
_PIECE = re.compile(r"[\w.&-]+")


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(name.split(" ")[0] for name in actors())


def actor_at(words: Words, text: str, i: int) -> str | None:
    """The canonical name of the actor whose name begins at word ``i``.

    >>> text = "the North Korean envoy"
    >>> actor_at(Words(text, 0, len(text)), text, 1)
    'North Korea'
    """
    if words.words[i] not in _beginnings():
        return None
    for n in range(min(_LONGEST, words.size - i), 0, -1):
        found = actors().get(words.phrase(text, (i, i + n - 1)))
        if found:
            return found[0]
    return None


@lru_cache(1 << 12)
def side(name: str) -> str | None:
    """The actor that a speaker's name holds: "Iran's foreign minister" speaks for Iran.

    >>> side("Iran's foreign minister"), side("the North Korean envoy"), side("Jane Roe")
    ('Iran', 'North Korea', None)
    """
    pieces = _PIECE.findall(name)
    for i in range(len(pieces)):
        for n in (3, 2, 1):
            found = actors().get(" ".join(pieces[i : i + n]))
            if found:
                return found[0]
    return None


def target(words: Words, text: str, span: tuple[int, int], speaker: Mention, cast: Cast, cue: str | None) -> str | None:
    """The first actor between two offsets of the document that is not the speaker's own side.

    Whoever is named right after a verb like "accuse" or "tell" is the target even if it is no such actor.
    """
    first, stop = bisect_left(words.starts, span[0]), bisect_left(words.starts, span[1])
    if first < stop and cue in kinds("grammar")["addressing"]:
        named = _addressee(words, text, first, cast)
        if named and named.head != speaker.head:
            return cast.longest(named)
    own: set[str | None] | None = None
    for i, j in words.names:
        for k in range(max(i, first), min(j + 1, stop)):
            found = actor_at(words, text, k)
            if found is None:
                continue
            if own is None:
                own = {side(speaker.name), side(cast.longest(speaker)), cast.sides.get(speaker.head)}
            if found not in own:
                return found
    return None


def _addressee(words: Words, text: str, first: int, cast: Cast) -> Mention | None:
    """Who is named at word ``first``, after an article or none, unless it is an actor with a name of its own."""
    first += words.tags[first] == "det"
    run = next((run for run in words.names if run[0] == first), None)
    return cast.mention(words, text, run) if run and not actor_at(words, text, first) else None
