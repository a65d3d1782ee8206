"""The word lists beside this module, read once: cue verbs by class, titles, roles, names, grammar, abbreviations."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

_LISTS = Path(__file__).with_name("lexicon")


class Cue(NamedTuple):
    """A verb that attributes: its lemma and its class (say, accuse, offer, ...)."""

    lemma: str
    kind: str


def rows(name: str) -> list[list[str]]:
    """The lines of ``lexicon/<name>.tsv`` as fields, without comments and blank lines."""
    text = (_LISTS / f"{name}.tsv").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.split("\n") if line and not line.startswith("#")]


@cache
def kinds(name: str) -> dict[str, frozenset[str]]:
    """A list whose lines are ``kind<TAB>words parted by commas``, as kind -> words."""
    return {row[0]: frozenset(word for word in row[1].split(",") if word) for row in rows(name)}


@cache
def cues() -> dict[str, Cue]:
    """Every form of every cue verb; a verb with a particle under its first word, an underscore and its second.

    >>> cues()["said"], cues()["ruled_out"]
    (Cue(lemma='say', kind='say'), Cue(lemma='rule out', kind='deny'))
    """
    table: dict[str, Cue] = {}
    for kind, lemma, forms in rows("cues"):
        for form in (lemma.replace(" ", "_"), *forms.split()):
            if kind == "feel":  # "worried" is the verb, unless it follows "be"
                table.setdefault(form, Cue(lemma, kind))
            else:
                table[form] = Cue(lemma, kind)
    return table


@cache
def cue_nouns() -> dict[str, Cue]:
    """Every noun that attributes, in both numbers.

    >>> cue_nouns()["warnings"]
    Cue(lemma='warn', kind='threaten')
    """
    table: dict[str, Cue] = {}
    for kind, lemma, nouns in rows("cue_nouns"):
        singular = frozenset(nouns.split(","))
        table |= dict.fromkeys(singular | plurals(singular), Cue(lemma, kind))
    return table


@cache
def cue_classes() -> dict[str, str]:
    """The class of each cue as ``Statement.cue`` names it.

    >>> cue_classes()["threaten"], cue_classes()["according to"]
    ('threaten', 'say')
    """
    nouns = {cue.lemma: cue.kind for cue in cue_nouns().values()}
    verbs = {row[1]: row[0] for row in rows("cues")}
    said = dict.fromkeys(("according to", ":", "—"), "say")  # a turn of a transcript and a signature, too
    return nouns | verbs | said


def plurals(words: frozenset[str]) -> frozenset[str]:
    """Regular plurals of nouns.

    >>> sorted(plurals(frozenset({"envoy", "enemy", "boss"})))
    ['bosses', 'enemies', 'envoys']
    """
    return frozenset(
        w[:-1] + "ies"
        if w[-1] == "y" and w[-2:-1] not in "aeiou"
        else w + ("es" if w.endswith(("s", "x", "ch", "sh")) else "s")
        for w in words
    )
