"""A sentence as tagged words: where its verbs of saying are and which words are their subject."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from stance.text.wordlists import Cue, cues, kinds, plurals, rows

Range = tuple[int, int]
"""First and last word of a phrase, both included."""

Form = Literal["finite", "passive", "participle", "infinitive", "gerund"]

_REACH = 60  # words to look back for a subject: keeps the search linear in any text
_TOKEN = re.compile(
    r"(?:[^\W\d_]\.){2,}|[A-Z]\.(?![\w.])|(?:Mrs?|Ms|Drs?|Sens?|Reps?|Govs?|Gen|Lt|Col|Maj|Capt|Sgt|Adm|Rev|Prof|Del|St|Jr"
    r"|Sr|Jan|Feb|Aug|Sept|Oct|Nov|Dec|No|Mt)\.|\w+(?=n['’]t\b)|n['’]t\b|['’](?:s|re|ve|ll|d|m)\b|"
    r"[@#$€£]?\w+(?:(?:[-‑&/.]|['’](?!(?:s|re|ve|ll|d|m)\b)|(?<=\d),(?=\d))\w+)*|--|[^\w\s]"
)
_DASHES = frozenset("—–―") | {"--"}
_COMMAS = _DASHES | {","}
_ATTACHED = frozenset(
    "of for at in from on with to against under within near by around across inside outside among".split()
)
_AUXILIARY = frozenset(("be", "have", "modal", "do"))
_NOUNY = frozenset(("", "cap", "num", "gen", "time"))
_SAME_IN_PAST = frozenset(("read", "put", "bet", "cast"))
_SUBJECTS = frozenset(("he", "she", "they", "it", "i", "we", "you"))
_MANY = frozenset(
    "people police men women many some others those most few both several two three majority number percent half dozens".split()
)
_CHUNK = 64  # longer runs without a blank are not worth remembering
_LOW_HEADLINE = 3  # words shorter than this are not capitalised in headlines either


@cache
def grammar() -> dict[str, str]:
    """The tag of every word of a closed class, cue verb or name of a time."""
    tags = dict.fromkeys(kinds("grammar")["verb"], "verb") | {form.split("_")[0]: "cue" for form in cues()}
    for kind in ("time", "adv", "prep", "rel", "sub", "conj", "det", "poss", "pron", "neg", *_AUXILIARY):
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


@cache
def feelings() -> frozenset[str]:
    """Adjectives that say what somebody thinks, after a form of "be"."""
    return frozenset(lemma for kind, lemma, *_ in rows("cues") if kind == "feel")


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


@lru_cache(1 << 16)
def _pieces(chunk: str) -> tuple[tuple[str, str, str, int, int], ...]:
    """The words and marks between two blanks: each as written, in lower case, with its tag and its offsets."""
    found = []
    for match in _TOKEN.finditer(chunk):
        low, _, tag = _entry(match.group())
        found.append((match.group(), low, tag, *match.span()))
    return tuple(found)


@cache
def _with_particle() -> frozenset[str]:
    return frozenset(form.split("_")[0] for form in cues() if "_" in form)


class Verb(NamedTuple):
    """A cue verb in a sentence: its words, the word before its verb group, and how it is used."""

    cue: Cue
    first: int
    last: int
    before: int
    form: Form


class Words:
    """A sentence's words with their offsets into the document and their tags.

    Tags are the kinds of ``lexicon/grammar.tsv``, ``cue``, ``cap`` (a name), ``gen`` ('s), ``to``, ``num``,
    ``punct`` and, for any other word, the empty string.
    """

    __slots__ = ("_main", "_verbs", "ends", "lows", "names", "quoted", "size", "starts", "tags", "words")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.words: list[str] = []
        self.lows: list[str] = []
        self.tags: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.names: list[Range] = []
        self._main: tuple[Range | None, int] | None = None
        self._verbs: dict[int, Verb | None] = {}
        adders = [each.append for each in (self.words, self.lows, self.tags, self.starts, self.ends)]
        add_word, add_low, add_tag, add_start, add_end = adders
        at = start
        for chunk in text[start:end].split():
            at = text.find(chunk, at)
            # What a chunk holds is remembered: this is the hottest loop of the room.
            for word, low, tag, a, b in _pieces(chunk) if len(chunk) < _CHUNK else _pieces.__wrapped__(chunk):
                add_word(word)
                add_low(low)
                add_tag(tag)
                add_start(at + a)
                add_end(at + b)
            at += len(chunk)
        self.size = len(self.words)
        self.quoted = [False] * self.size
        if not self.size:
            return
        self.tags[0] = _entry(self.words[0])[1]
        if self.lows[0].endswith("ly") and self.words[1:2] == [","]:
            self.tags[0] = "adv"
        if "lone" in self.tags:
            for i, tag in enumerate(self.tags):
                if tag == "lone":
                    self.tags[i] = "cue" if self._has_particle(i) else ""
        if self.tags.count("cap") * 3 > len(self.tags) and self._is_headline():
            self._read_as_headline()
        self.names = self._runs()

    def _runs(self) -> list[Range]:
        """Stretches of capitalised words."""
        runs: list[Range] = []
        tags, i, n = self.tags, 0, self.size
        while i < n:
            if tags[i] == "cap":
                first = i
                while i + 1 < n and tags[i + 1] == "cap":
                    i += 1
                runs.append((first, i))
            i += 1
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
            if self.tags[i] == "cap" and low in cues() and low.endswith(("s", "ed", "id", "say", "ing")):
                self.tags[i] = "cue"

    def phrase(self, text: str, span: Range) -> str:
        """The words of a range as the document has them."""
        return text[self.starts[span[0]] : self.ends[span[1]]]

    def verb(self, i: int) -> Verb | None:
        """The cue verb at word ``i``, unless it is a noun or an adjective there."""
        if i not in self._verbs:
            self._verbs[i] = self._find_verb(i)
        return self._verbs[i]

    def _find_verb(self, i: int) -> Verb | None:
        low = self.lows[i]
        cue, last = cues().get(low), i
        if low in _with_particle():
            for j in (i + 1, i + 2):
                if j < self.size and (j == i + 1 or self.lows[i + 1] == "it" or self.lows[i + 1].endswith("ly")):
                    pair = cues().get(f"{low}_{self.lows[j]}")
                    if pair:
                        cue, last = pair, j
        if cue is None:
            return None
        before, helpers = self.group(i)
        form = self._form(i, low, cue, before, helpers)
        if form == "passive" and low in feelings():
            cue, form = Cue(low, "feel"), "finite"
        return Verb(cue, i, last, before, form) if form else None

    def group(self, i: int) -> tuple[int, set[str]]:
        """The word before a verb's auxiliaries and adverbs, and the kinds of its auxiliaries."""
        helpers: set[str] = set()
        k = i - 1
        while k >= 0:
            tag, low = self.tags[k], self.lows[k]
            if tag in _AUXILIARY or tag == "to":
                helpers.add(tag)
                if tag == "to":
                    break
            elif tag == "gen" and k and self.tags[k - 1] == "pron":
                helpers.add("be")
            elif tag == "time" and k and not helpers:
                k = self._before_time(k)
                continue
            elif not (tag in ("adv", "neg") or (low.endswith("ly") and not tag)):
                break
            k -= 1
        return k, helpers

    def _before_time(self, k: int) -> int:
        """The word before "on Tuesday", "last week" or "in May 2016" that ends at ``k``."""
        while k >= 0 and self.tags[k] in ("time", "num"):
            k -= 1
        if k >= 0 and self.tags[k] in ("det", "gen") and self.lows[k] in ("this", "the", "that"):
            k -= 1
        if k > 0 and self.lows[k] in ("on", "in", "at", "late", "early", "during", "by", "since"):
            k -= 1
        return k

    def _form(self, i: int, low: str, cue: Cue, before: int, helpers: set[str]) -> Form | None:
        first = cue.lemma.split(" ")[0]
        tag = self.tags[before] if before >= 0 else "punct"
        if "to" in helpers:
            return "infinitive"
        if low.endswith("ing") and low != first:
            if "be" in helpers:
                return "finite"
            return "gerund" if tag in ("prep", "gen", "poss", "det") else "participle"
        if helpers:
            if cue.kind == "feel":
                return "finite" if "be" in helpers else None
            past = low != first and not low.endswith("s")
            return "passive" if "be" in helpers and past else "finite"
        if tag in ("det", "poss", "gen", "prep") or (tag == "num" and self.lows[max(before - 1, 0)] != "in"):
            return None
        if cue.kind == "feel":
            return None
        if (low == first and low not in _SAME_IN_PAST) or low.endswith("s"):
            return self._present(low == first, before)
        follows = self.lows[i + 1 : i + 3]
        if follows[:1] == ["by"] and not follows[-1].endswith("ing"):
            return None
        if follows[:1] in (["of"], ["to"]) and f"{first} {follows[0]}" not in kinds("grammar")["takes"]:
            return None  # "a man suspected of", "groups opposed to"
        return None if i == 0 else "finite"

    def _present(self, base: bool, before: int) -> Form | None:
        """Is "claim" or "claims" a verb here? Its subject must agree in number."""
        if before < 0:
            return None
        low, tag = self.lows[before], self.tags[before]
        if tag in ("pron", "rel", "punct", "conj"):
            many = low not in ("he", "she", "it")
            return (
                "finite" if many == base or low in ("who", "which", "and", "but") or tag in ("punct", "conj") else None
            )
        if tag not in ("", "cap", "det"):
            return None
        found = self.noun_phrase(before) or (before, before)
        many = self._is_many(found)
        opening = self.tags[found[0]]
        if self.lows[found[1] + 1 if found[1] + 1 < self.size else found[1]] in kinds("grammar")["noun"]:
            bare = opening == "" and "gen" not in self.tags[found[0] : found[1] + 1]
            if (bare and not base) or (base and self.lows[found[0]] in ("a", "an", "this", "that", "each", "every")):
                return None  # "derogatory comments", "a Northport Times report"
        return "finite" if many == base or (tag == "cap" and not base) else None

    def _is_many(self, found: Range) -> bool:
        """Is a noun phrase in the plural? Its head stands before any "of" or "in"."""
        end = found[1]
        span = range(found[0], found[1] + 1)
        if any(self.lows[k] == "and" for k in span):
            return True
        head = next((k - 1 for k in span if k > found[0] and self.lows[k] in _ATTACHED), end)
        if self.tags[head] in ("det", "adv", "num"):  # "most of the vote" agrees with its last word
            head = end
        low = self.lows[head]
        return (low.endswith("s") and not low.endswith(("ss", "us", "is"))) or low in _MANY

    def noun_phrase(self, j: int, low: int = 0) -> Range | None:
        """The noun phrase that ends at word ``j``, with what "of", "for" and "at" attach to it."""
        low = max(low, j - _REACH)
        i, first = j, j + 1
        while i >= low:
            tag = self.tags[i]
            if tag in _NOUNY or (tag in ("cue", "verb") and self._is_modifier(i)):
                if tag == "" and self._is_predicate(i, j):
                    break
                first = i
                i -= 1
            elif tag in ("det", "poss"):
                first = i
                i -= 1
                if i >= low and self.tags[i] == "det":
                    continue
                if not self._attaches(i, low):
                    break
            elif self._attaches(i, low) and first <= j:
                i -= 1
            elif self.lows[i] in ("and", "&") and first <= j and i > low and self._joins(i):
                i -= 1
            elif self.words[i] == ")" and i > low:
                opening = next((k for k in range(i - 1, max(low, i - 9) - 1, -1) if self.words[k] == "("), None)
                if opening is None:
                    break
                i = opening - 1
                first = min(first, i + 1) if first <= j else i + 1
                if first > j:
                    return self.noun_phrase(i, low) if i >= low else None
            else:
                break
        if first > j and self.tags[j] == "det" and j >= low:
            return j, j
        if first > j or (first > low and self.tags[first - 1] == "to" and not self._is_agent(first, j)):
            return None
        return first, j

    def _is_predicate(self, i: int, j: int) -> bool:
        """Is this "-ing" or "-ed" word a verb: "taking calls", "Ostland imposed sanctions"?"""
        low = self.lows[i]
        if i == j:
            return low.endswith(("ing", "ed"))
        return low.endswith("ed") and i > 0 and self.tags[i - 1] in ("cap", "time", "pron")

    def _is_agent(self, first: int, j: int) -> bool:
        """After "to": a noun ("to rebels who said"), not a verb ("to start addressing")?"""
        return self.tags[first] != "" or any(
            self.lows[k] in groups()["role"] or self.lows[k] in groups()["body"] for k in range(first, j + 1)
        )

    def _is_modifier(self, i: int) -> bool:
        """ "a proposed deal", "a report released last year": a past form inside a noun phrase."""
        if not i:
            return False
        low, before = self.lows[i], self.tags[i - 1]
        if before == "cue" and self.lows[i - 1] in kinds("grammar")["noun"]:
            before = ""
        if low.endswith("ed"):
            after = self.tags[i + 1] if i + 1 < self.size else "punct"
            return before in ("det", "poss", "", "gen") and (self.tags[i] == "cue" or after in ("time", "prep"))
        return low in kinds("grammar")["noun"] and before in ("det", "poss", "gen", "cap", "", "num")

    def _attaches(self, i: int, low: int) -> bool:
        if i <= low or self.lows[i] not in _ATTACHED:
            return False
        tag = self.tags[i - 1]
        if self.lows[i] == "to":
            return self.lows[i - 1] in groups()["role"]
        if self.lows[i] == "of" and tag in ("det", "num", "adv"):
            return True
        return tag in ("", "cap", "time") or self.words[i - 1] == ")" or (tag == "cue" and self._is_modifier(i - 1))

    def _joins(self, i: int) -> bool:
        """Does this "and" join two names, or two nouns in the plural?"""
        if i + 1 >= self.size:
            return False
        left, right = i - 1, i + 1
        if self.tags[right] == "prep":  # "in Ostland and around the world"
            return self.tags[left] in ("", "cap")
        if self.tags[left] == "cap":
            return self.tags[right] in ("cap", "det", "poss")
        if self.tags[right] == "det" and self.tags[left] == "":
            return True
        plural = groups()["role"] | groups()["body"]
        return (
            self.tags[left] == ""
            and self.lows[left].endswith("s")
            and (self.tags[right] in ("", "cap"))
            and self.lows[left] in plural
        )

    def subject(self, before: int, low: int = 0) -> Range | None:
        """The subject of the verb group that begins after word ``before``; no word before ``low`` is used."""
        low = max(low, before - _REACH)
        if before < low:
            return None
        tag, word = self.tags[before], self.lows[before]
        if tag == "pron":
            return (before, before) if word in _SUBJECTS or word in ("others",) else None
        if word in ("who", "which", "that", "whom"):
            return self._antecedent(before, low)
        if self.words[before] in _COMMAS:
            return self._across_commas(before, low)
        if tag in ("punct", "conj", "to", "sub", "rel", "prep"):
            return self.noun_phrase(before, low) if word == ")" else None
        found = self.noun_phrase(before, low)
        if found and found[0] > low and self.tags[found[0] - 1] == "prep" and self.lows[found[0] - 1] != "with":
            return self._after_phrase(found, low)
        return found

    def _antecedent(self, relative: int, low: int) -> Range | None:
        """Whom "who" stands for; "Jane Roe, an aide who said": Jane Roe."""
        end = relative - 1
        if end >= low and self.words[end] in _COMMAS:
            end -= 1
        elif end > low + 2 and self.lows[end] == "of" and self.words[end - 2] == ",":  # ", many of whom"
            end -= 3
        found = self.noun_phrase(end, low) if end >= low else None
        if found and found[0] > low + 1 and self.words[found[0] - 1] == "," and self.tags[found[0]] == "det":
            named = self.noun_phrase(found[0] - 2, low)
            if named and self.tags[named[1]] == "cap":
                return named
        return found

    def _after_phrase(self, found: Range, low: int) -> Range | None:
        """ "In a speech in Ohio the envoy said": the last noun phrase, if it can stand alone."""
        for i in range(found[1], found[0], -1):
            if self.tags[i] in ("det", "poss") and self.tags[i - 1] in ("", "cap", "time"):
                return i, found[1]
        last = found[1]
        if self.tags[last] != "cap":
            return None
        first = last
        while first > found[0] and self.tags[first - 1] == "cap":
            first -= 1
        return (first, last) if first > found[0] and self.tags[first - 1] in ("", "time") else (last, last)

    def _across_commas(self, before: int, low: int) -> Range | None:
        """ "Jane Roe, the country's envoy, said": back over appositions, clauses and phrases between commas."""
        edges = [k for k in range(before, low - 1, -1) if self.words[k] in _COMMAS or self.words[k] in '“”";:']
        for n, edge in enumerate(edges):
            if self.words[edge] not in _COMMAS:
                return None
            start = edges[n + 1] + 1 if n + 1 < len(edges) else low
            if start >= edge:
                continue
            if n == 0:
                if not self._is_parenthesis(start, edge) or start == low:
                    return None
                continue
            if start > low and not self._begins_clause(start, edges[n + 1], low):
                continue
            found = self.noun_phrase(edge - 1, start)
            if found is None:
                return None
            begins = self.tags[found[0] - 1] if found[0] > low else ""
            if begins in ("prep", "rel", "to"):
                return None
            return self._named_beside(found, edge, edges[n - 1])
        return None

    def _named_beside(self, found: Range, edge: int, end: int) -> Range:
        """ "The premier's deputy, Jane Roe, said": the name rather than the role."""
        beside = range(edge + 1, end)
        if self.tags[found[1]] != "cap" and len(beside) > 1 and all(self.tags[k] == "cap" for k in beside):
            return beside[0], beside[-1]
        return found

    def _begins_clause(self, start: int, edge: int, low: int) -> bool:
        """Does the stretch from ``start``, after a comma at ``edge``, hold the subject, not one more parenthesis?"""
        tag = self.tags[start]
        if self.lows[start] in ("but", "yet", "so"):
            return True
        left = low
        for k in range(edge - 1, low - 1, -1):
            if self.words[k] in _COMMAS or self.words[k] in '“”";:':
                left = k + 1
                break
        introduces = left == low and (
            self.tags[left] in ("prep", "sub", "adv", "to") or self.lows[left].endswith(("ing", "ed"))
        )
        clause = any(t in _AUXILIARY or t in ("verb", "cue") for t in self.tags[left:edge])
        if tag in ("cap", "det", "poss", "") and not self.lows[start].endswith("ing"):
            return introduces or (clause and self.tags[left] not in ("rel", "prep"))
        return tag == "conj" and clause and self.tags[left] not in ("rel", "prep")

    def _is_parenthesis(self, start: int, end: int) -> bool:
        """May the words from ``start`` to ``end`` stand between a subject and its verb?"""
        tag, low = self.tags[start], self.lows[start]
        if tag in ("prep", "rel", "conj", "adv", "sub", "to"):
            return True
        if low.endswith(("ing", "ed")) and tag != "cap":
            return True
        if tag in ("det", "poss", "", "cap", "num"):
            return not any(t in _AUXILIARY for t in self.tags[start:end]) or "who" in self.lows[start:end]
        return False

    def noun_phrase_after(self, i: int) -> Range | None:
        """The noun phrase that begins at word ``i``: the subject in "said the envoy of Ostland on Friday"."""
        n = min(self.size, i + 25)
        while i < n and (self.tags[i] == "adv" or (self.lows[i].endswith("ly") and self.tags[i] == "")):
            i += 1
        if i < n and self.tags[i] == "pron":
            return (i, i) if self.lows[i] in _SUBJECTS else None
        j = i
        while j < n and self._continues_noun_phrase(i, j, n):
            j += 1
        if j < n and self.tags[j] in ("det", "poss", "pron", "prep", "to", "sub") and j - 1 > i:
            verb = j - 1  # "the envoy slammed the plan": what stands before an article may be a verb
            if self.tags[verb] == "" and self.lows[verb].endswith(("ed", "s")) and self.tags[j] != "prep":
                j = verb
        while j > i and self.tags[j - 1] in ("det", "poss", "prep", "conj", "gen"):
            j -= 1
        return (i, j - 1) if j > i else None

    def _continues_noun_phrase(self, i: int, j: int, n: int) -> bool:
        tag, low = self.tags[j], self.lows[j]
        if tag in ("det", "poss"):
            return j == i or self.tags[j - 1] in ("det", "prep", "conj")
        if tag in ("", "cap", "num", "gen"):
            if tag == "" and j > i and low.endswith(("ing", "ed")):
                return low.endswith("ed") and self.tags[j - 1] in ("det", "poss")
            return True
        if j == i and tag == "cue":  # "according to show insiders"
            return low in kinds("grammar")["noun"] and j + 1 < n and self.tags[j + 1] in _NOUNY
        if j == i or j + 1 >= n:
            return tag == "cue" and j > i and self._is_modifier(j)
        follows = self.tags[j + 1]
        if low in ("of", "for", "at", "from", "to"):
            return follows in ("cap", "", "det", "poss", "num") and (
                low != "to" or self.lows[j - 1] in groups()["role"]
            )
        if low in ("and", "&"):
            return follows == "cap" and self.tags[j - 1] == "cap"
        return tag == "cue" and self.tags[j - 1] in ("det", "poss", "gen") and self._is_modifier(j)

    def main_clause(self) -> tuple[Range | None, int]:
        """Subject and verb of the main clause, the verb -1 if none is found; an opening "While ..., " is passed over.

        The subject is what opens the clause, however far its verb: "The group's letter to the court, which
        arrived late, said". Each relative pronoun on the way takes the next verb for itself.
        """
        if self._main is None:
            self._main = self._find_main_clause()
        return self._main

    def _find_main_clause(self) -> tuple[Range | None, int]:
        subject = self.first_noun_phrase()
        if subject is None:
            return None, -1
        relatives = 0
        i = subject[1] + 1
        end = min(self.size, i + _REACH)
        while i < end:
            tag, low = self.tags[i], self.lows[i]
            if self.quoted[i] or low in (";", ":"):
                break
            if low in ("who", "which", "that", "whose", "whom") or (tag == "sub" and self._begins_clause_at(i)):
                relatives += 1
            elif self._begins_verb(i):
                last = self._end_of_group(i)
                if not relatives:
                    return subject, last
                relatives -= 1
                i = last
            i += 1
        return subject, -1

    def _begins_clause_at(self, i: int) -> bool:
        """Is "since" or "as" here a conjunction, not a preposition ("since May 1", "as a sign")?"""
        if self.lows[i] not in ("since", "before", "after", "until", "as", "than"):
            return True
        follows = self.tags[i + 1 : i + 2]
        return follows in (["pron"], ["cap"], ["poss"], ["det"]) and any(
            t in _AUXILIARY or t in ("verb", "cue") for t in self.tags[i + 2 : i + 6]
        )

    def _begins_verb(self, i: int) -> bool:
        """Does a finite verb group begin here? A past form before "by" or a preposition may be a participle."""
        tag, low = self.tags[i], self.lows[i]
        if tag in _AUXILIARY:
            return low not in ("been", "being", "having", "be")
        follows = self.tags[i + 1] if i + 1 < self.size else "punct"
        if tag == "cue":
            verb = self.verb(i)
            if verb is None or verb.form != "finite":
                return False
            return not (low.endswith("ed") and self.lows[i + 1 : i + 2] in (["by"], ["of"], ["from"], ["with"], ["in"]))
        if tag == "verb":
            return not (low.endswith("ed") and follows in ("prep", "time") and self.tags[i - 1] == "")
        if tag or not low.endswith("ed"):
            return False
        return self.tags[i - 1] in ("cap", "time") or follows in ("det", "poss", "pron", "cap", "sub", "adv")

    def _end_of_group(self, i: int) -> int:
        """The word that carries the meaning in "has not yet said"."""
        k = i
        while k + 1 < self.size and (
            self.tags[k + 1] in (*_AUXILIARY, "neg", "adv")
            or (self.lows[k + 1].endswith("ly") and self.tags[k + 1] == "")
        ):
            k += 1
        if self.tags[i] in _AUXILIARY and k + 1 < self.size and self.tags[k + 1] in ("cue", "verb", ""):
            return k + 1
        return i

    def first_noun_phrase(self) -> Range | None:
        """The noun phrase that opens the sentence, after an introduction closed by a comma."""
        i, n = 0, self.size
        for _ in range(3):
            while i < n and (self.tags[i] in ("conj", "adv", "punct") or (self.quoted[i] and self.tags[i] == "punct")):
                i += 1
            opens = i < n and (self.tags[i] in ("prep", "sub", "to", "time") or self._opens_participle(i))
            if not opens or self.lows[i] == "that":
                break
            comma = next((k for k in range(i, min(n, i + 30)) if self.words[k] == "," and not self.quoted[k]), None)
            if comma is None and self.tags[i] in ("cap", ""):
                break  # "Polling averages show"
            if comma is None:
                return self._inside_phrase(i)
            i = comma + 1
        if i >= n or self.quoted[i]:
            return None
        found = self.noun_phrase_after(i)
        if found and self.tags[found[1]] in ("time", "adv") and found[1] + 1 < n and self.words[found[1] + 1] == ",":
            return self.noun_phrase_after(found[1] + 2)  # "Several weeks ago, the envoy said"
        return found

    def _opens_participle(self, i: int) -> bool:
        """ "Speaking in Northport, ..." and "Based on this, ...", but not "Beijing said"."""
        if not self.lows[i].endswith(("ing", "ed")) or i + 1 >= self.size:
            return False
        return self.tags[i + 1] not in (*_AUXILIARY, "cap", "verb", "cue", "gen", "punct", "modal")

    def _inside_phrase(self, i: int) -> Range | None:
        """ "At a rally in Northport the envoy said": no comma after the opening phrase."""
        for k in range(i + 2, min(self.size, i + 20)):
            if self.tags[k] in (*_AUXILIARY, "verb", "cue"):
                return self.subject(self.group(k)[0])
        return None
