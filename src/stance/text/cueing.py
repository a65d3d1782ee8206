"""What stands beside a quotation: its source and cue, a signature, or the label of a turn in a transcript."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from stance.statement import Statement
from stance.text.clauses import Verb, cue_verb, main_clause, verb_group
from stance.text.names import Cast, actors, common_kind
from stance.text.phrases import noun_phrase_after, subject
from stance.text.quoting import MARKS
from stance.text.wordlists import cues, kinds
from stance.text.words import AUXILIARY, NOUNY, Range, Words, groups

Span = tuple[int, int]

CUES = 14  # cue verbs looked at in one statement, so that the work stays linear in any text
SPOKEN = frozenset(("say", "ask", "claim", "concede"))
SPEECH = SPOKEN | {"accuse", "demand", "threaten", "offer", "deny", "agree"}
SCORES = {
    "say": 30, "claim": 30, "ask": 28, "concede": 28, "accuse": 24, "demand": 24, "threaten": 24, "offer": 24,
    "deny": 24, "agree": 22, "show": 20, "think": 20, "plan": 18, "feel": 17, "act": 15,
}  # fmt: skip
"""How much a class of cues counts; the other numbers in the rules are differences to these."""
_DASHES = frozenset(("—", "–", "―", "-", "--"))
_LONGEST_SIGNATURE = 16
_COORDINATE = frozenset(("while", "whereas", "but", "and", "as"))
_SAME = frozenset(("he", "she", "it", "they"))  # most likely the speaker again
_LABEL = 6  # words in the name that labels a turn of a transcript
_APART = 12  # words between a cue and its "that"
_WHEN_WHERE = frozenset(("on", "in", "at", "during", "after", "before", "through", "via", "from", "to", "over"))
_TO_WHOM = ("him", "her", "them", "us", "me", "you")
_TOLD = frozenset(("tell", "inform", "assure", "reassure", "remind", "warn", "notify", "promise", "brief"))
_TITLE = 16  # words of the title of a speech up to "by"
_TURN = 45.0  # how much the label of a turn counts
_BRACKETS = 16  # words in brackets after a label or before what is said
_DIRECTIONS = re.compile(r"(?:[(\[][^()\[\]]{1,100}[)\]][\s.]*)+")


class Reading(NamedTuple):
    """Who speaks (words of the statement), by which cue, and what is attributed (offsets into the document).

    end: offset where a cue that follows its quotation ends; beyond it the reporter speaks.
    """

    source: Range | None
    cue: str
    kind: str
    content: Span
    score: float = 0.0
    firm: bool = True
    end: int | None = None


def read_quotation(s: Statement, words: Words, cast: Cast) -> list[Reading]:
    """The source of a quotation beside its cue: "...," X said; said X; X said: "..."."""
    content = (s.content_start, s.content_end)
    turn = read_turn(s, words, cast)
    if turn:
        return [turn]
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
        source = noun_phrase_after(words, start + 2)
        return Reading(source, "according to", "say", content, end=words.ends[source[1] if source else start + 1])
    signed = read_signature(words, first, last)
    if signed:
        return Reading(signed, "—", "say", content)
    for i in range(start, min(last + 1, start + 30)):
        verb = cue_verb(words, i) if words.tags[i] == "cue" else None
        if verb is None or verb.cue.kind not in SPEECH or verb.form not in ("finite", "participle"):
            continue
        if i == start or verb.before < start:
            source = noun_phrase_after(words, verb.last + 1)
        else:
            source = subject(words, verb.before, start)
        if source:
            return Reading(source, *verb.cue, content, end=words.ends[verb.last])
    source = noun_phrase_after(words, start)
    if source and source[1] < last and words.tags[source[1]] in ("cap", "pron") and words.tags[start] != "punct":
        return Reading(source, "say", "say", content, end=words.ends[source[1] + 1])  # "...," Roe laughed
    return None


def _before_quotation(words: Words, first: int, last: int, content: Span) -> Reading | None:
    tries = 0
    if words.lows[first : first + 2] == ["according", "to"]:
        return Reading(noun_phrase_after(words, first + 2), "according to", "say", content)
    for i in range(last, first - 1, -1):
        if words.tags[i] != "cue" or tries > CUES:
            continue
        tries += 1
        verb = cue_verb(words, i)
        if verb is None or verb.cue.kind not in SPEECH or verb.form in ("passive", "gerund"):
            continue
        source = subject(words, verb.before, first) if verb.form == "finite" else None
        if verb.form == "participle" and words.tags[verb.before] == "cap":
            source = next(run for run in words.names if run[1] >= verb.before)  # "footage of Jane Roe saying"
        source = source or shared_subject(words, verb, first)
        if source is None and verb.form == "participle":
            source = main_clause(words)[0]
        if source:
            return Reading(source, *verb.cue, content)
    if words.words[last] == ":":
        source = main_clause(words)[0]
        return source and Reading(source, "say", "say", content)
    return None


def shared_subject(words: Words, verb: Verb, low: int) -> Range | None:
    """The subject of an earlier verb that this one shares: "Roe thanked them and added", "Roe left, saying"."""
    apart = verb.form == "participle" and verb.before >= 0 and words.words[verb.before] == ","
    for i in range(verb.first - 1, max(low, verb.first - 40) - 1, -1):
        if words.quoted[i] or words.tags[i] not in ("cue", "verb", "be", "have", "do", "modal"):
            continue
        if words.tags[i] == "cue":
            earlier = cue_verb(words, i)
            if earlier is None or earlier.form not in ("finite", "passive"):
                continue
            before = earlier.before
        else:
            before = verb_group(words, i)[0]
        if apart and before >= 0 and words.lows[before] in ("who", "which", "that"):
            continue  # "Roe sued the man who left, arguing": Roe
        source = subject(words, before, low)
        if source:
            return source
    return None


def read_signature(words: Words, first: int, last: int) -> Range | None:
    """The name or role in "— Jane Roe, Northport", "— the envoy of Ostland in a letter", under or after a quotation."""
    while first < last and words.tags[first] == "punct" and words.words[first] not in _DASHES:
        first += 1
    if first >= last or words.words[first] not in _DASHES or last - first > _LONGEST_SIGNATURE:
        return None
    while first + 1 < last and (words.words[first + 1] in _DASHES or words.words[first + 1] == "*"):
        first += 1  # "— **Jane Roe**"
    source = noun_phrase_after(words, first + 1)
    if source is None or any(tag in ("verb", "cue", *AUXILIARY) for tag in words.tags[first + 1 : last + 1]):
        return None  # "— the envoy left"
    after = source[1] + 1
    named = any(words.tags[k] == "cap" for k in range(source[0], after))
    known = named or common_kind(words.lows[source[1]]) in ("person", "people", "body")
    bounded = after > last or words.words[after] in ',.(;“"*' or words.tags[after] == "prep"
    return source if known and bounded else None


def read_title(words: Words) -> Range | None:
    """Who speaks by the title of a speech: "Statement by H.E. Ms. Jane Roe, Permanent Representative of Ostland"."""
    by = next((k for k, low in enumerate(words.lows[:_TITLE]) if low == "by"), 0)
    if kinds("people")["oration"].isdisjoint(words.lows[:by]) or words.words[words.size - 1] in ".!?":
        return None
    source = noun_phrase_after(words, by + 1)
    if source is None:
        return None
    first, last = source
    capitals = (
        k for k in range(first, last + 1) if words.tags[k] == "cap" and words.lows[k] in kinds("grammar")["prep"]
    )
    last = next(capitals, last + 1) - 1  # "BY MS. ROE AT THE COUNCIL"
    after = last + 1
    bounded = after == words.size or words.words[after] in ",(—–-" or words.lows[after] in kinds("grammar")["prep"]
    return (first, last) if first <= last and bounded else None


def read_turn(s: Statement, words: Words, cast: Cast) -> Reading | None:
    """The source of a headline or of a turn in a transcript: "Orlova: We will talk", "HOST: Why?", "A: No."."""
    if cast.answerer and is_labelled(words, "answer") and words.size > 2:
        begin = min(_after_brackets(words, 1 + (words.words[1] == ":")), words.size - 1)
        return Reading((0, 0), ":", "say", (words.starts[begin], s.end), _TURN)
    if ":" not in words.words:
        return None
    first = 1 if words.words[0] in MARKS else 0
    label = read_label(words, first)
    if label is None:
        return None
    colon = next(k for k in range(label[1], words.size) if words.words[k] == ":")
    last = words.words[label[1]]
    if words.lows[label[1]] in kinds("grammar")["label"] or colon + 1 >= words.size:
        return None
    after = _after_brackets(words, colon + 1)  # "ROE: [Laughs.] We will not."
    reading = Reading(label, ":", "say", (words.starts[after if after < words.size else colon + 1], s.end), _TURN)
    if words.lows[after : after + 1] in (["we"], ["i"], ["our"], ["my"]):  # "Northport: we will not yield"
        return reading
    role = words.lows[label[0]] == "the"
    if not role and not (last.isupper() and len(last) > 2) and not cast.knows(words, label[1]):
        return None
    if after < words.size and not (words.words[after][0].isupper() or words.quoted[after]):
        return None
    if last in actors() and s.text.endswith(".") and not words.quoted[colon + 1]:
        return None  # "Northport: The envoy left on Monday." begins with where it was written
    return reading


def read_label(words: Words, first: int) -> Range | None:
    """The name before a colon, "ORLOVA:" or "Jane Roe:"; after it, only capitals: "GOV. JANE ROE (OSTLAND), HOST:"."""
    end = first
    if words.lows[first] == "the":
        return _role_label(words, first)
    roles = groups()["role"]
    while end < min(words.size, first + _LABEL) and (
        words.tags[end] in ("cap", "gen") or (end > first and words.lows[end] in roles)
    ):
        end += 1
    if end == first or not _labels_on(words, first, end):
        return None
    k = _after_brackets(words, end)
    while k < min(words.size, first + 4 * _LABEL) and words.words[k] != ":":
        if words.words[k].isalpha() and not words.words[k].isupper():
            return None
        k += 1
    return (first, end - 1) if words.words[k : k + 1] == [":"] else None


def _labels_on(words: Words, first: int, end: int) -> bool:
    """May brackets after a name be part of a label: "Ms. Roe (Ostland) (spoke in French):", not "Northport (AP):"?"""
    if words.words[end : end + 1] != ["("] or not groups()["title"].isdisjoint(words.lows[first:end]):
        return True
    inside = words.words[end + 1 : end + 2]
    return bool(inside) and (inside[0].islower() or (inside[0].isupper() and words.words[end - 1].isupper()))


def _after_brackets(words: Words, k: int) -> int:
    """The first word from ``k`` on that is in no brackets."""
    while words.words[k : k + 1] in (["("], ["["]):
        closing = (j for j in range(k, min(words.size, k + _BRACKETS)) if words.words[j] in ")]")
        end = next(closing, None)
        if end is None:
            break
        k = end + 1
    return k


def is_labelled(words: Words, kind: Literal["question", "answer"]) -> bool:
    """Does a statement begin with "Question:", "Q:" or "Q.", or with what labels an answer?"""
    letter = kind[0].upper()
    return words.words[:1] == [f"{letter}."] or (
        words.words[1:2] == [":"] and words.words[0] in (letter, kind.title(), kind.upper())
    )


def is_direction(text: str) -> bool:
    """Is a statement of a transcript a stage direction?

    >>> is_direction("(Crosstalk.)"), is_direction("[Laughter] (Applause.)"), is_direction("(Applause.) We go.")
    (True, True, False)
    """
    return bool(_DIRECTIONS.fullmatch(text))


def _role_label(words: Words, first: int) -> Range | None:
    """ "The spokesperson:", "The Ostland minister:"."""
    colon = next((k for k in range(first + 2, min(words.size, first + _LABEL)) if words.words[k] == ":"), None)
    if colon is None or any(words.tags[k] not in ("", "cap", "gen") for k in range(first + 1, colon)):
        return None
    return (first, colon - 1) if words.lows[colon - 1] in groups()["role"] else None


def opens_turn(words: Words) -> bool:
    """Does a statement begin with a label, be it of nobody ("Question:")?"""
    if words.words[1:2] == [":"] and words.lows[0] in kinds("grammar")["label"]:
        return True
    if is_labelled(words, "question") or is_labelled(words, "answer"):
        return True
    return ":" in words.words[: 4 * _LABEL] and read_label(words, 0) is not None


def content_after(s: Statement, words: Words, last: int) -> Span:
    """From the word after a cue, and after its "that", to where another speaks or the end of the statement."""
    i = _clause_after(words, last)
    if words.lows[i : i + 1] == ["that"]:
        i += 1
    if words.words[i : i + 1] == [","]:
        i += 1
    end = _other_clause(words, i)
    return (words.starts[i] if i < words.size else s.end, words.starts[end] if end else s.end)


def _clause_after(words: Words, last: int) -> int:
    """The "that" of a cue, which may stand behind when, where or to whom it was said; else the word after the cue.

    "said on Friday that", "told the council in a letter that"; not "rejected the claim that".
    """
    i = last + 1
    cue = cues().get(words.lows[last])
    told = cue is not None and cue.lemma in _TOLD
    if i >= words.size or not (told or words.tags[i] in ("time", "adv") or words.lows[i] in _WHEN_WHERE):
        return i
    for k in range(i, min(i + _APART, words.size - 1)):
        if words.lows[k] == "that" and words.tags[k - 1] != "prep":
            relative = words.tags[k + 1] in ("verb", "cue", *AUXILIARY) or words.lows[k + 1].endswith("ed")
            return i if relative else k
        inside = words.tags[k] in (*NOUNY, "det", "poss", "prep", "adv") or words.lows[k] in ("to", *_TO_WHOM)
        if not inside and not (words.words[k] == "," and words.lows[k + 1] == "that"):
            return i
    return i


def _other_clause(words: Words, first: int) -> int | None:
    """The comma before a coordinate clause in which another subject speaks: ", while Ostland blamed the bloc".

    Simple forms only: what "had warned" or "would warn" is mostly part of what is reported.
    """
    for i in [k for k in words.cues if k > first][:CUES]:
        verb = cue_verb(words, i) if words.tags[i] == "cue" and not words.quoted[i] else None
        if verb is None or verb.cue.kind not in SPEECH or verb.form != "finite" or verb.before != verb.first - 1:
            continue
        source = subject(words, verb.before)
        link = source[0] - 1 if source and words.lows[source[0]] not in _SAME else 0
        listed = words.lows[link] == "and" and "," in words.words[max(first, link - 5) : link - 1]
        if link > first and words.words[link - 1] == "," and words.lows[link] in _COORDINATE and not listed:
            return link - 1
    return None
