"""The ways to read one statement: which words name its source, by which cue, and what they attribute."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from stance.statement import Statement
from stance.text.clauses import Range, Verb, Words
from stance.text.names import Cast, common_kind
from stance.text.quoting import MARKS
from stance.text.wordlists import cue_nouns, cues, kinds

Span = tuple[int, int]

_CUES = 14  # cue verbs looked at in one statement, so that the work stays linear in any text
_SPOKEN = frozenset(("say", "ask", "claim", "concede"))
_SPEECH = _SPOKEN | {"accuse", "demand", "threaten", "offer", "deny", "agree"}
_SCORES = {
    "say": 30, "claim": 30, "ask": 28, "concede": 28, "accuse": 24, "demand": 24, "threaten": 24, "offer": 24,
    "deny": 24, "agree": 22, "show": 20, "think": 20, "plan": 18, "feel": 17, "act": 15,
}  # fmt: skip
_CLAUSE = frozenset(("that", "if", "whether", "how", "why", "what", "who", "where", "when"))
_LEAST = 8.0
_NESTS = 20.0
_MAIN = 4.0
_OPENERS = frozenset("“\"«„‘'':") | {"''"}
_TAKES_OBJECT = frozenset(
    ("tell", "inform", "remind", "assure", "reassure", "notify", "call", "describe", "show", "brief")
)
_DASHES = frozenset(("—", "–", "―", "-", "--"))
_PARTICLES = frozenset(("de", "la", "del", "van", "von", "der", "bin", "al", "da", "dos", "of", "the"))
_LONGEST_NAME = 7


class Reading(NamedTuple):
    """Who speaks (words of the statement), by which cue, and what is attributed (offsets into the document)."""

    source: Range | None
    cue: str
    kind: str
    content: Span
    score: float = 0.0
    firm: bool = True


def read_quotation(s: Statement, words: Words, cast: Cast) -> list[Reading]:
    """The source of a quotation beside its cue: "...," X said; said X; X said: "..."."""
    content = (s.content_start, s.content_end)
    found = [
        (_after_quotation if words.starts[first] > content[0] else _before_quotation)(words, first, last, content)
        for first, last in unquoted_runs(words)
    ]
    return [reading for reading in found if reading]


def unquoted_runs(words: Words) -> list[Range]:
    """Stretches of words outside quotation marks."""
    runs: list[Range] = []
    for i, quoted in enumerate(words.quoted):
        if quoted:
            continue
        if runs and runs[-1][1] == i - 1:
            runs[-1] = (runs[-1][0], i)
        else:
            runs.append((i, i))
    return [(a, b) for a, b in runs if any(words.tags[k] != "punct" for k in range(a, b + 1))]


def _after_quotation(words: Words, first: int, last: int, content: Span) -> Reading | None:
    start = first
    while start <= last and words.tags[start] == "punct":
        start += 1
    if words.lows[start : start + 2] == ["according", "to"]:
        return Reading(words.noun_phrase_after(start + 2), "according to", "say", content)
    signed = read_signature(words, first, last)
    if signed:
        return Reading(signed, "—", "say", content)
    for i in range(start, min(last + 1, start + 30)):
        verb = words.verb(i) if words.tags[i] == "cue" else None
        if verb is None or verb.cue.kind not in _SPEECH or verb.form not in ("finite", "participle"):
            continue
        if i == start or verb.before < start:
            source = words.noun_phrase_after(verb.last + 1)
        else:
            source = words.subject(verb.before, start)
        if source:
            return Reading(source, *verb.cue, content)
    source = words.noun_phrase_after(start)
    if source and source[1] < last and words.tags[source[1]] in ("cap", "pron") and words.tags[start] != "punct":
        return Reading(source, "say", "say", content)  # "...," Roe laughed
    return None


def read_signature(words: Words, first: int, last: int) -> Range | None:
    """The name in "— Jane Roe, Northport", under or after what is quoted."""
    while first < last and words.tags[first] == "punct" and words.words[first] not in _DASHES:
        first += 1
    if first >= last or words.words[first] not in _DASHES:
        return None
    end = first
    while end < last and (words.tags[end + 1] in ("cap", "num") or words.lows[end + 1] in _PARTICLES):
        end += 1
    if end == first or end - first > _LONGEST_NAME or (end < last and words.words[end + 1] not in ',.(;“"'):
        return None
    return first + 1, end


def _before_quotation(words: Words, first: int, last: int, content: Span) -> Reading | None:
    tries = 0
    for i in range(last, first - 1, -1):
        if words.tags[i] != "cue" or tries > _CUES:
            continue
        tries += 1
        verb = words.verb(i)
        if verb is None or verb.cue.kind not in _SPEECH or verb.form in ("passive", "gerund"):
            continue
        source = words.subject(verb.before, first) if verb.form == "finite" else None
        source = source or shared_subject(words, verb, first)
        if source is None and verb.form == "participle":
            source = words.main_clause()[0]
        if source:
            return Reading(source, *verb.cue, content)
    if words.words[last] == ":":
        source = words.main_clause()[0]
        return source and Reading(source, "say", "say", content)
    return None


def shared_subject(words: Words, verb: Verb, low: int) -> Range | None:
    """The subject of an earlier verb that this one shares: "Roe thanked them and added", "Roe left, saying"."""
    for i in range(verb.first - 1, max(low, verb.first - 40) - 1, -1):
        if words.quoted[i] or words.tags[i] not in ("cue", "verb", "be", "have", "do", "modal"):
            continue
        if words.tags[i] == "cue":
            earlier = words.verb(i)
            if earlier is None or earlier.form not in ("finite", "passive"):
                continue
            before = earlier.before
        else:
            before = words.group(i)[0]
        source = words.subject(before, low)
        if source:
            return source
    return None


def read_report(s: Statement, words: Words, cast: Cast) -> list[Reading]:
    """The sources of indirect speech that a statement's cues allow, the best first."""
    headed = _colon(s, words, cast)
    found: list[Reading] = [headed] if headed else []
    nested = False
    tries = 0
    nouns, likely = cue_nouns(), _likely()
    for i in [k for k, low in enumerate(words.lows) if low in likely]:
        tag, noun = words.tags[i], words.lows[i] in nouns
        if words.quoted[i] or tries > _CUES:
            continue
        reading: Reading | None = None
        if tag == "cue":
            tries += 1
            verb = words.verb(i)
            if verb:
                reading = _cued(s, words, verb, nested)
                nested = nested or (
                    reading is not None
                    and verb.form == "finite"
                    and reading.score > _NESTS
                    and _clause_follows(words, verb.last)
                )
        elif words.lows[i] == "according" and words.lows[i + 1 : i + 2] == ["to"]:
            reading = _according(s, words, i)
        if reading is None and noun:
            tries += 1
            reading = _cue_noun(s, words, i, nested)
        if reading and reading.score >= _LEAST:
            found.append(reading)
    return sorted(found, key=lambda reading: -reading.score)


@cache
def _likely() -> frozenset[str]:
    """The words that a cue may begin with."""
    return frozenset(form.split("_")[0] for form in cues()) | frozenset(cue_nouns()) | {"according"}


def _according(s: Statement, words: Words, i: int) -> Reading | None:
    source = words.noun_phrase_after(i + 2)
    if source is None:
        return None
    if i <= 1:
        comma = next((k for k in range(source[1], words.size) if words.words[k] == ","), source[1])
        return Reading(source, "according to", "say", (min(words.ends[comma] + 1, s.end), s.end), 45.0)
    apart = words.words[i - 1] == ","
    return Reading(source, "according to", "say", (s.start, words.ends[i - 1 - apart]), 45.0 if apart else 25.0)


def _clause_follows(words: Words, last: int) -> bool:
    """Does a clause begin after the verb: a "that", a quotation, or a new subject?"""
    i = last + 1
    if i >= words.size:
        return False
    return words.lows[i] in _CLAUSE or words.words[i] in MARKS or words.tags[i] in ("pron", "det", "poss", "cap", "")


def _cued(s: Statement, words: Words, verb: Verb, nested: bool) -> Reading | None:
    score = float(_SCORES[verb.cue.kind])
    spoken = verb.cue.kind in _SPOKEN
    if (spoken or verb.cue.kind == "show") and verb.form == "finite":
        aside = _inverted(s, words, verb, score) or _aside(s, words, verb, score)
        if aside:
            return aside
    if verb.form == "passive":
        return _by_agent(s, words, verb, score - 10)
    opening, main = words.main_clause()
    firm = False
    source = words.subject(verb.before) if verb.form == "finite" else None
    if opening and verb.first <= main <= verb.last and verb.form == "finite":
        score += _MAIN
        firm = True
        if source is None or not _stands_alone(words, source, verb.before):
            source = opening
    if verb.form == "participle" and verb.before >= 0 and words.tags[verb.before] in ("", "cap"):
        source = words.noun_phrase(verb.before)  # "footage of the envoy saying"
        score -= 8
    if source is None:
        if verb.form == "finite" and not (verb.before >= 0 and words.tags[verb.before] in ("conj", "punct")):
            return None
        source = shared_subject(words, verb, 0)
        if source is None and verb.form in ("finite", "participle"):
            source = words.first_noun_phrase()
        score -= {"finite": 4, "participle": 8}.get(verb.form, 9)
    after = verb.last + 1
    if source is None or after >= words.size or words.words[after] in ".;,":
        return None
    if verb.cue.kind == "act" and not firm:
        return None
    if verb.cue.kind == "feel" and words.lows[source[0]] == "it":
        return None  # "it was not clear whether"
    if verb.cue.kind == "feel" and words.tags[after] not in ("prep", "to", "sub", "conj"):
        return None
    speaks = words.lows[after] in _CLAUSE or words.quoted[after] or words.words[after] in _OPENERS
    if verb.cue.lemma in kinds("grammar")["quoting"] and not speaks:
        return None
    if spoken and speaks:
        score += 8
    elif spoken and words.tags[after] in ("prep", "to", "time", "conj") and not _clause_later(words, after):
        score -= 10
    if source[0] and words.tags[source[0] - 1] in ("sub", "rel"):
        score -= 10
    if nested:
        score -= 14
    return Reading(source, *verb.cue, _content(s, words, verb.last), score - verb.first * 0.05, firm)


def _common_noun(low: str) -> bool:
    return common_kind(low) not in ("person", "people", "body", "document")


def _stands_alone(words: Words, source: Range, before: int) -> bool:
    """Does the phrase right before the verb begin its clause, rather than hang on another noun?"""
    start = source[0]
    if words.tags[start] == "pron":
        return True
    return source[1] == before and (start == 0 or words.tags[start - 1] in ("punct", "conj", "adv", "sub"))


def _inverted(s: Statement, words: Words, verb: Verb, score: float) -> Reading | None:
    """ "..., said the envoy": what stands before is attributed."""
    if verb.before < 1 or verb.cue.lemma in _TAKES_OBJECT or not _is_edge(words, verb.before):
        return None
    source = words.noun_phrase_after(verb.last + 1)
    if source is None or any(words.tags[k] in ("cue", "verb", "to") for k in range(source[0], source[1] + 1)):
        return None
    if words.tags[source[0]] == "" and _common_noun(words.lows[source[1]]):
        return None  # "..., conceded defeat"
    after = source[1] + 1
    ends = after >= words.size or words.words[after] in ".,;—–"
    if not ends and (words.tags[after] not in ("prep", "time", "adv", "rel", "sub") or words.lows[after] == "that"):
        return None
    if (
        not ends
        and words.subject(verb.before)
        and any(
            words.tags[k] in ("be", "have", "modal", "do", "verb", "cue")
            for k in range(after, min(after + 9, words.size))
        )
    ):
        return None
    return Reading(source, *verb.cue, (s.start, words.ends[verb.before - 1]), score + 15)


def _aside(s: Statement, words: Words, verb: Verb, score: float) -> Reading | None:
    """ "..., the envoy said." and "the talks, the envoy said, were off": the rest of the sentence is attributed."""
    source = words.subject(verb.before)
    if source is None:
        return None
    start, after = source[0], verb.last + 1
    if start and words.lows[start - 1] == "as":
        start -= 1
    if not start or not _is_edge(words, start - 1):
        return None
    end = after
    while (
        end < words.size
        and words.tags[end] in ("time", "num", "adv", "prep", "det", "", "cap", "gen")
        and end < after + 12
    ):
        end += 1
    if after >= words.size or all(words.tags[k] == "punct" for k in range(after, words.size)):
        return Reading(source, *verb.cue, (s.start, words.ends[start - 2] if start > 1 else s.end), score + 14)
    if words.tags[after] == "pron" and verb.cue.lemma in _TAKES_OBJECT:  # "he told me on Friday,"
        after += 1
        while after < words.size - 1 and words.tags[after] in ("prep", "time", "adv"):
            after += 1
    if words.words[after] == "," and start > 1:
        return Reading(source, *verb.cue, (s.start, s.end), score + 12)
    told = verb.cue.lemma in _TAKES_OBJECT and words.tags[after] in ("det", "cap", "")
    if end >= words.size - 1 and (told or words.tags[after] in ("time", "prep", "adv")) and start > 4:
        return Reading(source, *verb.cue, (s.start, words.ends[start - 2]), score + 10)
    return None


def _is_edge(words: Words, k: int) -> bool:
    return words.words[k] in (",", "—", "–", "-", "--") or words.quoted[k]


def _by_agent(s: Statement, words: Words, verb: Verb, score: float) -> Reading | None:
    """ "was rejected by the council": the council."""
    for k in range(verb.last + 1, min(verb.last + 8, words.size)):
        if words.tags[k] == "punct":
            return None
        if words.lows[k] == "by":
            source = words.noun_phrase_after(k + 1)
            return source and Reading(source, *verb.cue, (s.start, words.starts[k]), score)
    return None


def _cue_noun(s: Statement, words: Words, i: int, nested: bool) -> Reading | None:
    """ "the envoy's warning that", "their promise to", "a warning from the bloc that"."""
    if "whether" in words.lows[:i] or "if" in words.lows[:i]:
        return None
    cue = cue_nouns()[words.lows[i]]
    score = _SCORES[cue.kind] - 9.0 - 14.0 * nested - i * 0.05
    after = words.lows[i + 1] if i + 1 < words.size else ""
    if after in ("by", "from"):
        source = words.noun_phrase_after(i + 2)
        follows = words.lows[source[1] + 1] if source and source[1] + 1 < words.size else ""
        if source and follows in ("that", "to", "of", "for"):
            return Reading(source, *cue, _content(s, words, source[1]), score)
        return None
    if after not in ("that", "to", "of", "for", "about", "on"):
        return None
    k = i - 1
    while k > 0 and words.tags[k] in ("", "num", "cue") and k > i - 4:
        k -= 1
    if words.tags[k] == "gen" and k:
        source = _possessor(words, k - 1)
    elif words.lows[k] in ("his", "her", "their", "its"):
        source = (k, k)
    else:
        source = _giver(words, k - (words.tags[k] == "det"))
        score += _MAIN
    return source and Reading(source, *cue, _content(s, words, i), score)


def _giver(words: Words, k: int) -> Range | None:
    """Who does it in "issued a warning that", "raised questions about", whose verb stands at ``k``."""
    if k < 1 or words.lows[k] not in kinds("grammar")["light"]:
        return None
    opening, main = words.main_clause()
    return opening if main == k else words.subject(words.group(k)[0])


def _possessor(words: Words, end: int) -> Range:
    """The noun and its article before "'s", without what they hang on."""
    first = end
    while first and words.tags[first - 1] in ("cap", "", "gen"):
        first -= 1
    return (first - (first > 0 and words.tags[first - 1] == "det"), end)


def _clause_later(words: Words, after: int) -> bool:
    """ "said on Tuesday that", "said in a letter it was": is there still a clause to attribute?"""
    rest = range(after, min(after + 14, words.size))
    return any(
        words.lows[k] in _CLAUSE or words.quoted[k] or words.tags[k] in ("be", "have", "modal", "do") for k in rest
    )


def _content(s: Statement, words: Words, last: int) -> Span:
    i = last + 1
    if i < words.size and words.lows[i] == "that":
        i += 1
    return (words.starts[i] if i < words.size else s.end, s.end)


def _colon(s: Statement, words: Words, cast: Cast) -> Reading | None:
    """The source of a headline or of a turn in a transcript: "Orlova: We will talk", "HOST: Why?"."""
    for i in range(1, min(6, words.size - 1)):
        if words.words[i] == ":":
            label = range(i)
            if any(words.tags[k] != "cap" for k in label) or words.lows[i - 1] in kinds("grammar")["label"]:
                return None
            loud = words.words[i - 1].isupper() and len(words.words[i - 1]) > 2
            if not (loud or cast.knows(words, i - 1)):
                return None
            begins = words.words[i + 1][0].isupper() or words.quoted[i + 1]
            return Reading((0, i - 1), ":", "say", (words.starts[i + 1], s.end), 45.0) if begins else None
        if words.tags[i] not in ("cap", "gen"):
            return None
    return None
