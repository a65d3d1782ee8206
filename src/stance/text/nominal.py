"""Nouns and set phrases that attribute: "her claim that", "in her view", "according to", "to her critics"."""

from __future__ import annotations

from stance.statement import Statement
from stance.text.clauses import main_clause, verb_group
from stance.text.cueing import SCORES, Reading, content_after
from stance.text.phrases import noun_phrase_after, subject
from stance.text.wordlists import cue_nouns, kinds
from stance.text.words import AUXILIARY, Range, Words, groups

_SURE = 45.0
_APART = 25.0  # "according to" without a comma
_BELIEVED = 22.0
_ABOUT = frozenset(
    ("that", "to", "of", "for", "about", "on", "in", "with", "over", "against", "toward", "towards")
)  # fmt: skip
_OWNED = 10  # words from "in" to "view"
_IS = 12.0  # "her message is that": as much as the verb of the main clause
_GIVEN = 4.0  # a noun that its subject gives: "issued a warning"


def according(s: Statement, words: Words, i: int, after: int) -> Reading | None:
    """ "according to the envoy", before what is attributed or after it."""
    source = noun_phrase_after(words, after)
    if source is None:
        return None
    if i <= 2:
        comma = _comma_after(words, source[1])
        return Reading(source, "according to", "say", (min(words.ends[comma] + 1, s.end), s.end), _SURE)
    apart = words.words[i - 1] == ","
    return Reading(source, "according to", "say", (s.start, words.ends[i - 1 - apart]), _SURE if apart else _APART)


def _comma_after(words: Words, k: int) -> int:
    """The comma that ends "According to the envoy, who was there," or "Jane Roe, the envoy,"; else ``k``."""
    commas = [j for j in range(k, words.size) if words.words[j] == ","]
    if len(commas) < 2:
        return commas[0] if commas else k
    first, last = commas[0] + 1, commas[1]
    role = not groups()["role"].isdisjoint(words.lows[first:last])
    apposed = role and {"verb", "cue", "conj", *AUXILIARY}.isdisjoint(words.tags[first:last])
    return last if apposed or words.tags[first] == "rel" else commas[0]


def viewpoint(s: Statement, words: Words, i: int) -> Reading | None:
    """ "in the envoy's view", "by her own account", "in the eyes of the bloc", "by one estimate"."""
    first = i
    while first > max(0, i - _OWNED) and words.tags[first - 1] not in ("prep", "punct", "verb", *AUXILIARY):
        first -= 1
    if first == i or first == 0 or words.lows[first - 1] not in ("in", "by", "from", "on"):
        return None
    last = i
    owner = next((k for k in range(i - 1, first - 1, -1) if words.tags[k] == "gen"), None)
    if owner is not None and owner > first:
        source: Range | None = (first, owner - 1)
    elif words.lows[first] in ("his", "her", "their", "its"):
        source = (first, first)
    elif words.lows[i + 1 : i + 2] == ["of"]:
        source = noun_phrase_after(words, i + 2)
        last = source[1] if source else i
    else:
        one = words.lows[first] in ("one", "some", "most", "many", "several")
        source = (first, i) if one and words.lows[first - 1] == "by" else None
    ends = last + 1 >= words.size or words.tags[last + 1] == "punct"
    if source is None or not ends or not (first < 3 or words.tags[first - 2] in ("punct", "", "verb", *AUXILIARY)):
        return None
    if first < 3:
        return Reading(
            source, "according to", "say", (min(words.ends[min(last + 1, words.size - 1)] + 1, s.end), s.end), _SURE
        )
    return Reading(source, "according to", "say", (s.start, words.ends[first - 2]), _APART)


def beholder(s: Statement, words: Words) -> Reading | None:
    """ "To her critics, the plan is a folly."."""
    source = noun_phrase_after(words, 1) if words.lows[0] == "to" else None
    if source is None or words.words[source[1] + 1 : source[1] + 2] != [","] or words.lows[1] in ("that", "this"):
        return None
    comma = _comma_after(words, source[1])
    return Reading(source, "believe", "think", (min(words.ends[comma] + 1, s.end), s.end), _BELIEVED, False)


def cue_noun(s: Statement, words: Words, i: int, nested: bool) -> Reading | None:
    """ "the envoy's warning that", "their promise to", "a warning from the bloc that"."""
    if words.tags[i] == "cap" or "whether" in words.lows[:i] or "if" in words.lows[:i]:
        return None  # "the Halm Agreement"
    cue = cue_nouns()[words.lows[i]]
    score = SCORES[cue.kind] - 9.0 - 14.0 * nested - i * 0.05
    after = words.lows[i + 1] if i + 1 < words.size else ""
    if after in ("by", "from"):
        source = noun_phrase_after(words, i + 2)
        follows = words.lows[source[1] + 1] if source and source[1] + 1 < words.size else ""
        if source and follows in ("that", "to", "of", "for"):
            return Reading(source, *cue, content_after(s, words, source[1]), score)
        if source and cue.kind in ("accuse", "agree", "deny", "demand"):
            return Reading(source, *cue, (s.start, words.starts[i]), score, False)  # "drew criticism from the bloc"
        return None
    if after in ("is", "was") and words.lows[i + 2 : i + 3] in (["that"], ["to"]):
        source = _owner(words, i)
        return source and Reading(source, *cue, content_after(s, words, i + 1), score + _IS)
    if after in ("is", "was") and ":" in words.words[i + 2 : i + 6]:  # "his message was clear: ..."
        source, colon = _owner(words, i), words.words.index(":", i)
        return source and Reading(source, *cue, content_after(s, words, colon), score + _IS)
    if after not in _ABOUT or words.tags[i + 2 : i + 3] == ["time"]:
        return None
    if after == "to" and words.tags[min(i + 2, words.size - 1)] in ("det", "cap", "poss", "pron", "num"):
        return None  # "a threat to Ostland" is no "threat to leave"
    source = _owner(words, i)
    if source is None:
        k = _before_adjectives(words, i)
        source = _giver(words, k - (words.tags[k] == "det")) or (_holder(words, i) if after == "that" else None)
        score += _GIVEN
    return source and Reading(source, *cue, content_after(s, words, i), score)


def _before_adjectives(words: Words, i: int) -> int:
    """The word before the adjectives of the noun at ``i``."""
    k = i - 1
    while k > 0 and words.tags[k] in ("", "num", "cue") and k > i - 4:
        k -= 1
    return k


def _owner(words: Words, i: int) -> Range | None:
    """Whose noun at ``i`` it is: "the envoy's earlier claim", "her claim", "a Northport Times report"."""
    k = _before_adjectives(words, i)
    if k > 0 and words.tags[k] == "gen":
        return _possessor(words, k - 1)
    if k >= 0 and words.lows[k] in ("his", "her", "their", "its"):
        return (k, k)
    if k >= 0 and words.tags[k] == "cap" and not words.quoted[k]:
        first = k
        while first and words.tags[first - 1] == "cap":
            first -= 1
        return (first, k)
    return None


def _holder(words: Words, i: int) -> Range | None:
    """Who "persisted in arguments that", "is of the view that": the subject of the main clause before the noun."""
    opening, main = main_clause(words)
    if opening is None or not 0 <= main < i or any(words.words[k] in ",;:" for k in range(main, i)):
        return None
    past = "be" in verb_group(words, main)[1] and words.lows[main].endswith("ed")
    return None if past or words.lows[main] in ("is", "was", "are", "were") else opening


def _giver(words: Words, k: int) -> Range | None:
    """Who does it in "issued a warning that", "raised questions about", whose verb stands at ``k``."""
    if k < 1 or words.lows[k] not in kinds("grammar")["light"]:
        return None
    opening, main = main_clause(words)
    before, helpers = verb_group(words, k)
    if "be" in helpers and not words.lows[k].endswith("ing"):
        return None  # "a demand was made that"
    return opening if main == k else subject(words, before)


def _possessor(words: Words, end: int) -> Range:
    """The noun and its article before "'s", without what they hang on."""
    first = end
    while first and words.tags[first - 1] in ("cap", "", "gen"):
        first -= 1
    return (first - (first > 0 and words.tags[first - 1] == "det"), end)
