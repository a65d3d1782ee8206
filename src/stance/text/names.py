"""Who appears in a document: names, their longest form, gender and roles, and what a pronoun stands for."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from stance.text.wordlists import kinds, rows
from stance.text.words import Range, Words, groups

_FOCUS = 5  # mentions kept in focus

Kind = Literal["person", "name", "people", "body", "document", "utterance", "thing"]


class Mention(NamedTuple):
    """A phrase that can speak: its words as written, its last word, what it is, and its gender if known."""

    name: str
    head: str
    kind: Kind
    gender: Literal["m", "f"] | None = None
    proper: bool = False


@cache
def given_names() -> dict[str, Literal["m", "f"]]:
    """Given names that tell a gender."""
    names = kinds("names")
    table: dict[str, Literal["m", "f"]] = dict.fromkeys(names["male"], "m")
    return table | dict.fromkeys(names["female"], "f")


@cache
def actors() -> dict[str, tuple[str, str]]:
    """Every name, demonym and capital of a country and other actor -> its canonical name and its kind."""
    return {
        form: (name, kind) for kind, name, forms in rows("actors") for form in (name, *filter(None, forms.split(",")))
    }


class Cast:
    """The names of one document, gathered in a first pass, and who is in focus as it is read a second time."""

    def __init__(self) -> None:
        self.full: dict[str, list[str]] = {}
        self.gender: dict[str, Literal["m", "f"]] = {}
        self.people: set[str] = set()
        self.things: set[str] = set()  # names with an article, so hardly people
        self.times: dict[str, int] = {}
        self.inside: set[str] = set()  # capitalised within a sentence, so names, not first words
        self.roles: dict[str, set[str]] = {}  # "minister" and "foreign minister" -> the last names of its holders
        self.sides: dict[str, str] = {}
        self.focus: list[Mention] = []
        self.spoke: Mention | None = None
        self.answerer: Mention | None = None  # who speaks after "A:"
        self._named: dict[str, Mention | None] = {}

    def observe(self, words: Words, text: str) -> None:
        """Note the names of a sentence, with the gender and role that stand beside them."""
        for i, j in words.names:
            self._note(words, text, i, j)

    def _note(self, words: Words, text: str, i: int, j: int) -> None:
        """Count a name, and learn who bears it unless it is a bare surname or ends in a role or body."""
        last = words.words[j]
        self.times[last] = self.times.get(last, 0) + 1
        if i != j or (i and words.tags[i - 1] != "punct"):
            self.inside.add(last)
        if i and words.lows[i - 1] == "the":
            self.things.add(last)
        alone = i == j and (not i or words.tags[i - 1] not in ("", "prep"))
        bare = alone and (j + 1 == words.size or words.words[j + 1] != ",")
        people = groups()
        if (
            not bare
            and last[0].isupper()
            and words.lows[j] not in people["body"]
            and words.lows[j] not in people["role"]
        ):
            self._learn(words, text, i, j)

    def _learn(self, words: Words, text: str, i: int, j: int) -> None:
        last, start, people = words.words[j], strip_titles(words, i, j), groups()
        begin = i
        while (
            begin > max(0, i - 4)
            and words.tags[begin - 1] in (("", "prep") if begin < i else ("",))
            and words.lows[begin - 1] not in ("to", "by")
        ):
            begin -= 1  # "secretary of state Jane Roe", but not "troops in Northport"
        before = words.lows[begin:start]
        gender = next((g for g in map(_gender_of, before) if g), None)
        at = next((k for k in range(start - 1, begin - 1, -1) if words.lows[k] in people["role"]), -1)
        if not before and i > 1 and words.words[i - 1] == ",":
            at = self._apposed_role(words, i - 2, -1)
        role = words.lows[at] if at >= 0 else None
        if gender or role or start > i or (start < j and words.lows[start] in given_names()):
            self.people.add(last)
        if start < j:
            name = words.phrase(text, (start, j))
            gender = gender or given_names().get(words.lows[start])
            if (gender or role or j - start < 3) and name not in self.full.setdefault(last, []):
                self.full[last].append(name)
        if gender and (before or start < j):
            self.gender.setdefault(last, gender)
        if role is None and j + 2 < words.size and words.words[j + 1] == ",":
            at = self._apposed_role(words, j + 2, 1)
        if at >= 0 and (start < j or last in self.full):
            self._holds(words, at, last)
            self._take_side(words, max(0, start - 6), start, last)

    def _take_side(self, words: Words, begin: int, end: int, last: str) -> None:
        """ "Ostland's secretary of state Jane Roe", "the North Korean envoy Jane Roe": whom a person speaks for."""
        for k in range(end - 1, begin - 1, -1):
            if words.tags[k] in ("punct", "cue", "verb", "conj"):
                return
            for name in (" ".join(words.words[k : k + 2]), words.words[k]):
                if name in actors():
                    self.sides.setdefault(last, actors()[name][0])
                    return

    def _holds(self, words: Words, at: int, last: str) -> None:
        """Note that somebody holds the role at a word, with the word before it if that is part of it."""
        role, before = words.lows[at], words.lows[at - 1] if at else ""
        self.roles.setdefault(role, set()).add(last)
        self.roles.setdefault(f"{before} {role}", set()).add(last)

    def _apposed_role(self, words: Words, i: int, step: int) -> int:
        """Where the role stands in "Jane Roe, the envoy" (step 1) or "The envoy of Ostland, Jane Roe" (-1); else -1."""
        roles = groups()["role"]
        for k in range(i, max(-1, min(i + 7 * step, words.size)), step):
            if words.tags[k] in ("punct", "rel", "cue", "be", "have") or (step > 0 and words.tags[k] == "prep"):
                return -1
            if words.lows[k] in roles and words.tags[k] != "cap":
                return k
        return -1

    def holder(self, mention: Mention) -> str | None:
        """The last name of the only one in the document who holds the role that a mention names."""
        lows = mention.name.lower().split(" ")
        at = lows.index(mention.head) if mention.head in lows else 0
        pair = self.roles.get(" ".join(lows[max(0, at - 1) : at + 1]))
        holders = pair or self.roles.get(mention.head) or ()
        return next(iter(holders)) if len(holders) == 1 else None

    def knows(self, words: Words, i: int) -> bool:
        """Is the name that ends at word ``i`` one of the document's, an actor's, or a document's (a poll)?"""
        word = words.words[i]
        if self.times.get(word, 0) > 1:
            return True
        return (
            word in self.full
            or word in self.people
            or word in actors()
            or common_kind(words.lows[i]) in ("document", "body", "people")
        )

    def name(self, words: Words, text: str, span: Range) -> Mention | None:
        """The mention that a run of capitalised words makes; the same words make the same one."""
        phrase = words.phrase(text, span)
        if phrase not in self._named:
            self._named[phrase] = self.mention(words, text, span)
        return self._named[phrase]

    def mention(self, words: Words, text: str, span: Range) -> Mention | None:
        """The phrase as a speaker: a person without titles, a role or body with what belongs to it."""
        a, b = _trimmed(words, span)
        if words.lows[a] == "whose":
            return None
        core = next((k - 1 for k in range(a + 1, b + 1) if words.tags[k] in ("prep", "to")), b)
        if core + 1 < b and words.lows[core + 1] == "of" and words.lows[core] in _PARTITIVE:
            inner = self.mention(words, text, (core + 2, b))
            kind: Kind = "people" if inner is None or inner.kind == "people" else inner.kind
            return Mention(words.phrase(text, (a, b)), inner.head if inner else words.lows[core], kind)
        while core > a and words.tags[core] in ("", "verb", "cue") and words.lows[core].endswith(_AFTER_NOUN):
            core -= 1  # "research conducted by", "people familiar with"
            b = core
        cap, common = words.tags[core] == "cap", common_kind(words.lows[core])
        if "and" in words.lows[a : core + 1] and not (cap and common == "body"):
            return Mention(words.phrase(text, (a, core)), words.words[core], "people", None, cap)
        office = self._after_office(words, core, b)
        if office is not None:
            return self._proper(words, text, office, b)
        if words.lows[core] in _POINTING:
            return None
        if cap and not (common and (core == a or words.tags[a] in ("det", "poss") or is_office(words, core))):
            return self._proper(words, text, a, core, (a, b) if common == "body" else None)
        if words.tags[core] not in ("cap", "", "det", "num", "gen", "time", "cue"):
            return None
        low = words.lows[core]
        return Mention(words.phrase(text, (a, b)), low, common or "thing", _gender_of(low), False)

    def _proper(self, words: Words, text: str, a: int, core: int, whole: Range | None = None) -> Mention:
        """The name that ends at word ``core``: all of a body's phrase, of a person's what follows the titles."""
        if whole:
            return Mention(words.phrase(text, whole), words.words[core], "body", None, True)
        first = core
        while first > a and words.tags[first - 1] in ("cap", "num"):
            first -= 1
        start = strip_titles(words, first, core)
        return self.named(words.phrase(text, (start, core)), words.lows[start], words.words[core])

    def named(self, name: str, first: str, head: str) -> Mention:
        """A proper name as a mention: a known actor, an acronym, a person."""
        gender = given_names().get(first) if first != head.lower() else None
        gender = gender or self.gender.get(head)
        known = actors().get(name)
        if known:
            return Mention(name, head, "people" if name.endswith("s") and known[0] != name else "body", None, True)
        if gender or head in self.people:
            return Mention(name, head, "person", gender, True)
        if head.isupper() and len(head) > 1:
            return Mention(name, head, "body", None, True)
        common = common_kind(head.lower())
        return Mention(name, head, common or "name", None, True)

    def _after_office(self, words: Words, core: int, b: int) -> int | None:
        """Where the name begins in "secretary of state Jane Roe"."""
        if (
            core + 2 > b
            or words.lows[core + 1] != "of"
            or words.tags[b] != "cap"
            or words.lows[core] not in groups()["title"]
        ):
            return None
        first = b
        while first - 1 > core + 1 and words.tags[first - 1] == "cap":
            first -= 1
        if words.tags[first - 1] == "":
            return first
        for k in range(first, b):
            if words.lows[k] in given_names():
                return k
        offices = groups()["office"]  # "Minister of Foreign Affairs Jane Roe"
        last = next((k for k in range(min(first + 3, b - 2), first - 1, -1) if words.lows[k] in offices), None)
        return None if last is None else last + 1

    def longest(self, mention: Mention) -> str:
        """The longest form of a name in the document; the country of a capital or demonym; else the name."""
        if mention.proper:
            forms = self.full.get(mention.head, [])
            first = mention.name.split(" ")[0]
            fitting = [
                f for f in forms if mention.name == mention.head or f.split(" ")[0] == first or f.endswith(mention.name)
            ]
            if mention.kind in ("person", "name") and fitting:
                return max(fitting[:1] + [f for f in fitting if f.endswith(fitting[0])], key=len)
            country, kind = actors().get(mention.name, (mention.name, "government"))
            return mention.name if kind == "government" else country
        linked = self.holder(mention) if mention.kind == "person" else None
        if linked:
            return max(self.full.get(linked, [linked]), key=len)
        return mention.name

    def see(self, mention: Mention | None, speaks: bool = False) -> None:
        """Bring a mention to the front, as the one a pronoun most likely stands for."""
        if mention is None or mention.kind == "utterance":
            return
        if not mention.proper and mention.kind == "person" and mention.name[:4] in ("the ", "The "):
            linked = self.holder(mention)
            if linked:
                mention = next((m for m in self.focus if m.head == linked), mention)
        if speaks and mention.kind == "name":
            mention = mention._replace(kind="person")
        if speaks:  # what an asker says is answered by somebody else
            self.spoke = None if mention.head in groups()["asker"] else mention
        if not (self.focus and self.focus[0] is mention):
            head = mention.head
            self.focus = [mention, *[m for m in self.focus if m.head != head][: _FOCUS - 1]]

    def resolve(self, pronoun: str) -> Mention | None:
        """The last mention in focus that fits a pronoun in number and, where known, in gender.

        A person of unknown gender takes the pronoun's; a role goes before a name only if its gender is known, or if
        it spoke last ("Her lawyer denied it. He said ...").
        """
        if pronoun in ("he", "she"):
            return self._person("m" if pronoun == "he" else "f")
        if pronoun not in ("they", "it"):
            return None
        kinds = ("people", "body") if pronoun == "they" else ("body", "document")
        fitting = [m for m in self.focus if m.kind in kinds] or [m for m in self.focus if m.kind == "name"]
        first = fitting[0] if fitting else None
        if pronoun == "they":
            return next((m for m in fitting[:2] if m.kind == "people"), first)
        return first

    def _is_place(self, head: str) -> bool:
        """Does the document write "the Northport" or, of "Ostland", "Ostlandian"? Then no person is named so."""
        return head in self.things or any(head + ending in self.times for ending in ("n", "an", "ian", "ese"))

    def _person(self, want: Literal["m", "f"]) -> Mention | None:
        first = self.focus[0] if self.focus else None
        weak = first if first and not any(m.kind == "person" or m.head in self.inside for m in self.focus) else None
        people = [
            m
            for m in self.focus
            if (
                m.kind == "person"
                or (
                    m.kind == "name"
                    and (m.head in self.inside or m is weak)
                    and not self._is_place(m.head)
                    and (self.times.get(m.head, 0) > 1 or m is first)
                    and " the " not in m.name
                )
            )
            and (m.gender or self.gender.get(m.head)) in (None, want)
        ]
        if people and people[0] is first is self.spoke:
            return first
        named = next((m for m in people if m.proper or m.gender), None)
        if named and named.proper:
            self.gender.setdefault(named.head, want)
        return named or (people[0] if people else None)


_PLURAL = frozenset(("people", "police", "women", "men", "spokespeople", "individuals"))  # roles, not their singular
_POINTING = frozenset(("those", "that", "this", "these", "such", "please", "there", "here"))
_AFTER_NOUN = ("ed", "familiar", "responsible", "present")
_SETTING = frozenset(("in", "on", "at", "during", "after"))
_PARTITIVE = frozenset(
    ("percent", "one", "some", "many", "most", "two", "three", "each", "none", "half", "majority", "number", "dozens",
     "two-thirds", "one-third", "three-quarters", "third", "quarter", "thirds", "quarters", "several", "few",
     "all", "both", "any", "group", "couple", "handful", "scores", "hundreds", "thousands", "range")
)  # fmt: skip


def _gender_of(word: str) -> Literal["m", "f"] | None:
    people = groups()
    return "m" if word in people["male"] else "f" if word in people["female"] else None


_AGENT = re.compile(r"[a-z-]{3,}(?:er|or|ist|ian|eer|yst|crat|ologist|man|woman|person)s?|[a-z-]+men")
_SPEAKING: tuple[Kind, ...] = ("body", "document", "utterance")


@lru_cache(1 << 14)
def common_kind(low: str) -> Kind | None:
    """What a common noun is, if it is one that speaks: a role, a body, a document, an act of speech.

    >>> common_kind("envoys"), common_kind("speechwriter"), common_kind("committee"), common_kind("weather")
    ('people', 'person', 'body', None)
    """
    people, lists = groups(), kinds("people")
    if "-" in low and low not in people["role"]:
        low = low.rsplit("-", 1)[1]  # "ex-wife"
    if low in people["role"]:
        return "person" if low in lists["role"] and low not in _PLURAL else "people"
    for kind in _SPEAKING:
        if low in people[kind]:
            return kind
    things = lists["thing"]
    if _AGENT.fullmatch(low) and low not in things and low.rstrip("s") not in things:
        return "people" if low.endswith(("s", "men")) else "person"
    return "people" if low in ("many", "some", "others", "most", "few", "several") else None


def _trimmed(words: Words, span: Range) -> Range:
    """The phrase without what opens it ("But", "Late on Tuesday"), up to a parenthesis, comma, time or setting."""
    a, b = span
    while a < b and words.tags[a] in ("conj", "adv", "sub", "gen", "punct"):
        a += 1
    a = _after_time(words, a, b)
    for k in range(a + 1, b + 1):
        if words.words[k] in "(," or (k < b and words.lows[k] in _SETTING and _is_setting(words, k + 1, b)):
            return a, k - 1
    return a, b


def _after_time(words: Words, a: int, b: int) -> int:
    """Where the phrase begins that stands after "late on Tuesday" or "this month"."""
    k = a
    while k < b and (words.tags[k] == "time" or words.lows[k] in ("on", "in", "this", "last")):
        k += 1
    ago = words.tags[a] == "time" and words.lows[a + 1 : a + 2] in (["earlier"], ["later"], ["ago"])
    opens = ago or words.lows[a] in ("late", "early", "earlier", "last", "this", "on", "in")
    opens = opens and words.tags[k - 1] == "time"
    return k if opens and k > a + 1 and words.tags[k] != "gen" else a


def _is_setting(words: Words, first: int, last: int) -> bool:
    """ "in May", "on Monday", "in a statement": when or where somebody speaks, after the phrase that says who."""
    if all(words.tags[k] in ("time", "num") or words.words[k] == "May" for k in range(first, last + 1)):
        return True
    low = words.lows[last]
    return low in kinds("grammar")["setting"] or (
        low in groups()["utterance"] and words.tags[first] in ("det", "poss") and words.lows[first] != "the"
    )


def is_office(words: Words, k: int) -> bool:
    """ "Ostland's Envoy", "Prime Minister": an office by the word before it, unlike the name in "Ms. Minister"."""
    if not k or common_kind(words.lows[k]) is None:
        return False
    if words.tags[k - 1] in ("gen", "det", "poss"):
        return True
    lists = kinds("people")
    return words.lows[k] in groups()["role"] and words.lows[k - 1] in lists["rank"] | lists["office"]


def strip_titles(words: Words, i: int, j: int) -> int:
    """Where the name proper begins in a run of capitalised words: after the last title before its last word."""
    titles = groups()["title"]
    start = i
    for k in range(i, j):
        if words.lows[k] in titles:
            start = k + 1
    return start
