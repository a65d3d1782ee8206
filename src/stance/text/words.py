"""A sentence as tagged words: the closed classes of grammar, cue verbs and names."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from stance.text.wordlists import cue_nouns, cues, kinds, plurals

if TYPE_CHECKING:
    from stance.text.clauses import Verb

Range = tuple[int, int]
"""First and last word of a phrase, both included."""

AUXILIARY = ("be", "have", "modal", "do")
NOUNY = frozenset(("", "cap", "num", "gen", "time"))
"""Tags of the words that a noun phrase may consist of."""

_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}|[A-Z]\.(?![\w.])|(?:MRS?|MS|DR|SENS?|REPS?|GOV|GEN|LT|COL|AMB|Mrs?|Ms|Drs?|Sens?|Reps?|Govs?|Gen|Lt|Col|Maj|Capt|Sgt|Adm|Amb|Rev|Prof|Del|St|Jr"
    r"|Sr|Jan|Feb|Aug|Sept|Oct|Nov|Dec|No|Mt)\.|\w+(?=n['’]t\b)|n['’]t\b|['’](?:s|re|ve|ll|d|m)\b|"
    r"[@#$€£]?\w+(?:(?:[-‑&/.\u00ad\u200b-\u200d\u2060]|[\u0300-\u036f]+|['’](?!(?:s|re|ve|ll|d|m)\b)"
    r"|(?<=\d),(?=\d))\w+)*[\u0300-\u036f\u200b-\u200d\u2060]*(?:(?<=\d)%)?|--|[^\w\s]"
)
_PARTICLES = frozenset(
    ("de", "da", "dos", "del", "della", "di", "du", "la", "le", "van", "von", "der", "den", "ter", "bin", "ibn", "al",
     "el")
)  # fmt: skip
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_OPEN = _PARTICLES | {"like", "'"}
_KNOWN = 1 << 16  # chunks remembered
_LONG = 64  # longer runs without a blank are not worth remembering
_LOW_HEADLINE = 3  # words shorter than this are not capitalised in headlines either


@cache
def grammar() -> dict[str, str]:
    """The tag of every word of a closed class, cue verb or name of a time."""
    tags = dict.fromkeys(kinds("grammar")["verb"], "verb") | {form.split("_")[0]: "cue" for form in cues()}
    for kind in ("time", "adv", "prep", "rel", "sub", "conj", "det", "poss", "pron", "neg", *AUXILIARY):
        tags |= dict.fromkeys(kinds("grammar")[kind], kind)
    tags |= dict.fromkeys(kinds("grammar")["thing"], "")
    tags |= dict.fromkeys(("n’t", "’s", "’re", "’ve", "’ll", "’d", "’m"), "")
    tags |= {k.replace("'", "’"): v for k, v in tags.items() if k.startswith(("'", "n'"))}
    return tags | {
        "to": "to",
        "who": "rel",
        "which": "rel",
        "what": "rel",
        "'s": "gen",
        "’s": "gen",
        "’": "gen",
        "'": "punct",
    }


@cache
def groups() -> dict[str, frozenset[str]]:
    """The kinds of ``lexicon/people.tsv``; roles, bodies and utterances with their plurals."""
    people = kinds("people")
    grown = {k: people[k] | plurals(people[k]) for k in ("role", "body", "utterance", "document")}
    return people | grown


def _entry(word: str) -> tuple[str, str, str]:
    """A word in lower case, its tag at the beginning of a sentence, and its tag elsewhere."""
    low = word.lower()
    tag = grammar().get(low, "")
    first = word[0]
    if tag == "cue" and low not in cues():
        tag = "lone"  # a cue only with its particle
    if len(word) > 1 and word.isupper() and word.isalpha():
        return low, "cap", "cap"  # US, WHO, IT
    if first.isupper() or low.startswith(("al-", "el-")):
        opening = "cap" if tag in ("", "verb", "lone") else tag
        return low, opening, "cap" if tag in ("", "verb", "lone", "cue", "modal", "adv") else tag
    if first.isdigit() or first in "$€£":
        return low, "num", "num"
    if first.isalpha() or tag:
        return low, tag, tag
    tag = "cap" if first in "@#" and len(word) > 1 else "punct"
    return low, tag, tag


class _Chunk(NamedTuple):
    """The words and marks between two blanks: as written, in lower case, their tags, their offsets.

    ``inner`` holds the ends of all but the last and the starts of all but the first; None for one word alone.
    ``cues`` tells which of them may attribute, ``open``: whether a tag depends on the words around.
    """

    words: tuple[str, ...]
    lows: tuple[str, ...]
    tags: tuple[str, ...]
    inner: tuple[tuple[int, ...], tuple[int, ...]] | None
    cues: tuple[int, ...]
    open: bool


def plain(text: str) -> str:
    r"""Text on one line, composed, without soft hyphens and characters of no width: how a name is compared.

    >>> plain("Jane Ro\u0308e, the en\u00advoy\nof Ostland")
    'Jane Röe, the envoy of Ostland'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(text.split()) if "\n" in text or "  " in text or "\t" in text else text


def _chunk(chunk: str) -> _Chunk:
    matches = list(_TOKEN.finditer(chunk))
    words = tuple(plain(match.group()) or match.group() for match in matches)
    entries = [_entry(word) for word in words]
    lows, tags = tuple(entry[0] for entry in entries), tuple(entry[2] for entry in entries)
    inner = (tuple(m.end() for m in matches[:-1]), tuple(m.start() for m in matches[1:]))
    return _Chunk(
        words,
        lows,
        tags,
        inner if len(matches) > 1 else None,
        tuple(k for k, low in enumerate(lows) if low in _attributing()),
        "lone" in tags or not _OPEN.isdisjoint(lows),
    )


@cache
def _attributing() -> frozenset[str]:
    """The words that a cue may begin with."""
    verbs = frozenset(form.split("_")[0] for form in cues())
    return verbs | frozenset(cue_nouns()) | kinds("grammar")["viewpoint"] | {"according"}


# What chunks hold, the tag alone for a common word in lower case by itself: most are, and so touch little memory.
_known: dict[str, str | _Chunk] = {}


def _remember(chunk: str) -> str | _Chunk:
    found = _chunk(chunk)
    common = found.inner is None and found.words[0] == found.lows[0] == chunk and not (found.cues or found.open)
    held = found.tags[0] if common else found
    if len(chunk) < _LONG:
        if len(_known) >= _KNOWN:
            _known.clear()
        _known[chunk] = held
    return held


class Words:
    """A sentence's words with their offsets into the document and their tags.

    Tags are the kinds of ``lexicon/grammar.tsv``, ``cue``, ``cap`` (a name), ``gen`` ('s), ``to``, ``num``,
    ``punct`` and, for any other word, the empty string.
    """

    __slots__ = (
        "cues", "ends", "lows", "main", "names", "quoted", "size", "starts", "subjects", "tags", "verbs", "words",
    )  # fmt: skip

    def __init__(self, text: str, start: int, end: int) -> None:
        self.words: list[str] = []
        self.lows: list[str] = []
        self.tags: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.names: list[Range] = []
        self.cues: list[int] = []
        # What was worked out once: phrases.subject, clauses.main_clause, clauses.cue_verb.
        self.subjects: dict[int, Range | None] = {}
        self.main: tuple[Range | None, int] | None = None
        self.verbs: dict[int, Verb | None] = {}
        unsettled = self._read(text, start, end)
        self.size = len(self.words)
        self.quoted = [False] * self.size
        if self.size:
            self._tag_in_context(unsettled)
            self.names = self._runs()

    def _read(self, text: str, start: int, end: int) -> bool:
        """Fill in the words and their tags; whether the words around have a say in some."""
        unsettled = False
        words, lows, tags, starts, ends = self.words, self.lows, self.tags, self.starts, self.ends
        # This is the hottest loop of the room: what a chunk between two blanks holds is remembered, and chunks
        # with one blank between each two need not be looked for.
        known = _known.get
        chunks = text[start:end].split()
        spaced = sum(map(len, chunks)) + len(chunks) - 1 == end - start
        at = start
        for chunk in chunks:
            if not spaced:
                at = text.find(chunk, at)
            held = known(chunk)
            if held is None:
                held = _remember(chunk)
            starts.append(at)
            if isinstance(held, str):
                words.append(chunk)
                lows.append(chunk)
                tags.append(held)
            else:
                as_written, low, tag, inner, cued, opens = held
                if cued:
                    self.cues += [len(words) + k for k in cued]
                unsettled = unsettled or opens
                words += as_written
                lows += low
                tags += tag
                if inner:
                    ends += [at + k for k in inner[0]]
                    starts += [at + k for k in inner[1]]
            at += len(chunk)
            ends.append(at)
            at += 1
        return unsettled

    def _tag_in_context(self, unsettled: bool) -> None:
        """What the tags of single words leave open: the first word, particles of verbs and of names, headlines."""
        first = next((k for k, tag in enumerate(self.tags) if tag != "punct"), 0)  # after any opening mark
        self.tags[first] = _entry(self.words[first])[1]
        if self.lows[first].endswith("ly") and self.words[first + 1 : first + 2] == [","]:
            self.tags[first] = "adv"
        if unsettled:
            self._settle()
        if self.tags.count("cap") * 3 > len(self.tags) and self._is_headline():
            self._read_as_headline()
        if unsettled:
            self._join_names()

    def _settle(self) -> None:
        """Verbs with a particle, "would like", and the apostrophe of "the allies' plan"."""
        for i, tag in enumerate(self.tags):
            low = self.lows[i]
            if tag == "lone":
                other = "verb" if low in kinds("grammar")["verb"] else ""
                self.tags[i] = "cue" if self._has_particle(i) else other
            elif low == "like" and i and self.lows[i - 1] in ("would", "'d", "’d"):
                self.tags[i] = "cue"
            elif low == "'" and i and self.lows[i - 1].endswith("s") and self.starts[i] == self.ends[i - 1]:
                self.tags[i] = "gen"  # quote() turns closing marks back

    def _join_names(self) -> None:
        """ "Anna von der Marten": small words between capitals are part of a name."""
        i = 1
        while i < self.size:
            last = i
            while last < self.size and self.lows[last] in _PARTICLES:
                last += 1
            if last > i and last < self.size and self.tags[i - 1] == self.tags[last] == "cap":
                self.tags[i:last] = ["cap"] * (last - i)
            i = last + 1

    def _runs(self) -> list[Range]:
        """Stretches of capitalised words."""
        runs: list[Range] = []
        last = -1
        for i in [k for k, tag in enumerate(self.tags) if tag == "cap"]:
            if runs and i == last + 1:
                runs[-1] = (runs[-1][0], i)
            else:
                runs.append((i, i))
            last = i
        return runs

    def quote(self, begin: int, end: int) -> None:
        """Mark the words from ``begin`` up to ``end`` as quoted, marks included."""
        for i in range(begin, end):
            self.quoted[i] = True
            if self.tags[i] == "gen" and len(self.words[i]) == 1:
                self.tags[i] = "punct"  # it closes the quotation

    def _has_particle(self, i: int) -> bool:
        return any(f"{self.lows[i]}_{low}" in cues() for low in self.lows[i + 1 : i + 3])

    def _is_headline(self) -> bool:
        long = [w for w in self.words if len(w) > _LOW_HEADLINE and w[0].isalpha()]
        return len(long) > 2 and sum(w[0].isupper() for w in long) > 0.8 * len(long)

    def _read_as_headline(self) -> None:
        for i, low in enumerate(self.lows[1:], 1):
            known = low in cues() and low not in kinds("grammar")["thing"]
            if self.tags[i] == "cap" and known and low.endswith(("s", "ed", "id", "say", "ing")):
                self.tags[i] = "cue"

    def phrase(self, text: str, span: Range) -> str:
        """The words of a range as the document has them, on one line and without what cannot be seen."""
        return plain(text[self.starts[span[0]] : self.ends[span[1]]])
