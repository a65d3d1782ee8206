"""Indirect speech: the ways to read a statement's cues, the best first."""

from __future__ import annotations

from stance.statement import Statement
from stance.text.clauses import Verb, cue_verb, first_noun_phrase, main_clause, verb_group
from stance.text.cueing import CUES, SCORES, SPOKEN, Reading, content_after, read_turn, shared_subject
from stance.text.names import Cast, common_kind
from stance.text.nominal import according, beholder, cue_noun, viewpoint
from stance.text.phrases import noun_phrase, noun_phrase_after, subject
from stance.text.quoting import MARKS
from stance.text.wordlists import Cue, cue_nouns, cues, kinds
from stance.text.words import Range, Words, groups

_LEAST = 6.0  # a weaker reading names no speaker
_UNLISTED = 22.0  # a verb that no list has, with "that"
_NESTS = 20.0  # a stronger reading with a clause of its own claims the cues inside that clause
_MAIN = 12.0  # the verb of the main clause
_CLAUSE = frozenset(("that", "if", "whether", "how", "why", "what", "who", "where", "when"))
_OPENERS = frozenset("“\"«„‘'':") | {"''"}
_TIMED = 6  # words in "on Monday in Northport", after which a comma ends the aside
_PHRASE = frozenset(("time", "num", "adv", "prep", "det", "", "cap", "gen"))
_ASKED = frozenset(("asked", "pressed", "questioned", "quizzed"))
_TAKES_OBJECT = frozenset(
    ("tell", "inform", "remind", "assure", "reassure", "notify", "call", "describe", "show", "brief")
)


def read_report(s: Statement, words: Words, cast: Cast) -> list[Reading]:
    """The sources of indirect speech that a statement's cues allow, the best first."""
    found = [reading for reading in (read_turn(s, words, cast), _unlisted(s, words), beholder(s, words)) if reading]
    nested = False
    tries = 0
    nouns, viewpoints = cue_nouns(), kinds("grammar")["viewpoint"]
    for i in words.cues:
        if words.quoted[i] or tries > CUES:
            continue
        tag, low = words.tags[i], words.lows[i]
        reading: Reading | None = None
        if tag == "cue":
            tries += 1
            verb = cue_verb(words, i)
            if i and words.lows[i - 1] == "as" and words.lows[i + 1 : i + 2] in (["in"], ["by"]) and _is_spoken(low):
                reading = according(s, words, i - 1, i + 2)  # "as stated in", "as reported by"
            elif verb:
                reading = _cued(s, words, verb, nested)
                nested = nested or (
                    reading is not None
                    and verb.form == "finite"
                    and reading.score > _NESTS
                    and _clause_follows(words, verb.last)
                )
        elif low == "according" and words.lows[i + 1 : i + 2] == ["to"]:
            reading = according(s, words, i, i + 2)
        if reading is None and low in viewpoints:
            reading = viewpoint(s, words, i)
        if reading is None and low in nouns:
            tries += 1
            reading = cue_noun(s, words, i, nested)
        if reading and reading.score >= _LEAST:
            found.append(reading)
    if not found:
        spoken = _spoken_of(s, words) or _last_resort(s, words)
        return [spoken] if spoken else []
    return sorted(found, key=lambda reading: -reading.score)


def _is_spoken(low: str) -> bool:
    return low in cues() and cues()[low].kind in SPOKEN


def _cued(s: Statement, words: Words, verb: Verb, nested: bool) -> Reading | None:
    score = float(SCORES[verb.cue.kind])
    spoken = verb.cue.kind in SPOKEN
    if (spoken or verb.cue.kind in ("show", "threaten")) and verb.form == "finite":
        inverted = None if verb.cue.kind == "threaten" else _inverted(s, words, verb, score)  # that one takes an object
        aside = inverted or _aside(s, words, verb, score)
        if aside:
            return aside
    if verb.cue.kind == "think" and verb.form == "finite" and verb.last >= words.size - 2:
        return _aside(s, words, verb, score)  # "..., analysts fear."
    quoting = verb.cue.lemma in kinds("grammar")["quoting"]
    if verb.form == "passive":
        return None if quoting else _by_agent(s, words, verb, score - 6)
    found, after = _source_of(words, verb), _complement(words, verb)
    if found is None or after is None:
        return None
    source, change, firm = found
    says = words.lows[after] in _CLAUSE or words.quoted[after] or words.words[after] in _OPENERS
    if quoting and not (says or _is_clause(words, after) or _is_scene(words, after)):
        return None  # "recalled its envoy"
    if not _is_attitude(words, verb, source, after, firm):
        return None
    if _hangs_on_object(words, verb, source):
        return None
    score += change
    if spoken and (says or _is_clause(words, after)):
        score += 8
    elif spoken and words.tags[after] in ("prep", "to", "time", "conj") and not _clause_later(words, after):
        score -= 10
    relative = verb.before >= 0 and words.lows[verb.before] in ("who", "which", "that")
    if relative or (source[0] and words.tags[source[0] - 1] in ("sub", "rel")):
        score -= 7 if spoken else 10
    return Reading(source, *verb.cue, content_after(s, words, verb.last), score - 14 * nested - verb.first * 0.05, firm)


def _source_of(words: Words, verb: Verb) -> tuple[Range, float, bool] | None:
    """The subject of a verb, what it adds to the score, and whether it is the subject of the main clause."""
    opening, main = main_clause(words)
    before = verb.before
    if verb.form == "finite":
        source = subject(words, before)
        if opening and verb.first <= main <= verb.last:
            alone = source is not None and _stands_alone(words, source, before, opening)
            return (source if source and alone else opening), _MAIN, True
        if source:
            return source, 0.0, False
        if before < 0 or words.tags[before] not in ("conj", "punct"):
            return None
    elif verb.form == "participle" and before >= 0 and words.tags[before] in ("", "cap"):
        given = main >= 0 and words.lows[main] in kinds("grammar")["light"]  # "sent the bloc a letter opposing it"
        source = opening if given else noun_phrase(words, before)  # "footage of the envoy saying"
        if source:
            return source, -8.0, False
    if verb.form == "infinitive":
        told = noun_phrase(words, before - 1) if before > 1 else None
        if told and told[0] and words.lows[told[0] - 1] in kinds("grammar")["control"]:
            return told, -9.0, False  # "prompted the bloc to order"
        if _is_no_speech(words, verb):
            return None
    source = shared_subject(words, verb, 0)
    if source is None and verb.form in ("finite", "participle"):
        source = first_noun_phrase(words)
    return (source, {"finite": -4.0, "participle": -8.0}.get(verb.form, -9.0), False) if source else None


def _hangs_on_object(words: Words, verb: Verb, source: Range) -> bool:
    """Is a past form a participle beside the object of the main verb: "freed an envoy accused ...", "a group called"?

    A cue before it may have a clause as its object ("said the envoy accused them"), and so does not count.
    """
    main = main_clause(words)[1]
    if not 0 <= main <= source[0] or verb.before != verb.first - 1 or not words.lows[verb.first].endswith("ed"):
        return False
    between = words.tags[main + 1 : verb.first]
    return (
        words.tags[main] != "cue"
        and words.tags[verb.before] == ""
        and {"sub", "rel", "conj", "punct"}.isdisjoint(between)
    )


def _is_no_speech(words: Words, verb: Verb) -> bool:
    """ "went to see the ice", "the right to know"; and "is said to favour the plan", which others say."""
    if verb.form != "infinitive":
        return False
    if verb.cue.kind == "show" or verb.cue.lemma in ("see", "know"):
        return True
    passive = cue_verb(words, verb.before - 1) if words.tags[verb.before - 1] == "cue" else None
    return passive is not None and passive.form == "passive" and passive.cue.kind in (*SPOKEN, "think")


def _complement(words: Words, verb: Verb) -> int | None:
    """The first word of what a verb attributes, after "announced, on Tuesday,"; None where nothing follows."""
    after = verb.last + 1
    if after < words.size and words.words[after] == ",":
        after = next((k + 1 for k in range(after + 1, min(after + 8, words.size)) if words.words[k] == ","), after)
    return None if after >= words.size or words.words[after] in ".;," else after


def _is_attitude(words: Words, verb: Verb, source: Range, after: int, firm: bool) -> bool:
    """Acts count in the main clause only; "worried" needs somebody who is worried, and of what."""
    if verb.cue.kind == "act":
        return firm
    if verb.cue.kind == "feel":
        follows = words.tags[after] in ("prep", "to", "sub", "conj") or _is_clause(words, after)
        return words.lows[source[0]] != "it" and follows
    return True


def _stands_alone(words: Words, source: Range, before: int, opening: Range) -> bool:
    """Does the phrase right before the verb begin its clause, rather than hang on another noun?"""
    start = source[0]
    if words.tags[start] == "pron" or start == opening[0]:
        return True
    if words.words[before] in ",—–":  # "Another host, Jane Roe, had denounced it"
        return start <= opening[1] + 2
    if start and words.lows[start - 1] in ("as", "than"):
        return False
    return source[1] == before and (start == 0 or words.tags[start - 1] in ("punct", "conj", "adv", "sub"))


def _inverted(s: Statement, words: Words, verb: Verb, score: float) -> Reading | None:
    """ "..., said the envoy": what stands before is attributed."""
    if verb.before < 1 or verb.cue.lemma in _TAKES_OBJECT or not _is_edge(words, verb.before):
        return None
    source = noun_phrase_after(words, verb.last + 1)
    if source is None or any(words.tags[k] in ("cue", "verb", "to") for k in range(source[0], source[1] + 1)):
        return None
    if words.tags[source[0]] == "" and _common_noun(words.lows[source[1]]):
        return None  # "..., conceded defeat"
    after = source[1] + 1
    ends = after >= words.size or words.words[after] in ".,;—–"
    if not ends and words.lows[after].endswith("ed") and words.tags[after + 1 : after + 2] == ["prep"]:
        ends = True  # "two people briefed on the matter"
    if not ends and (words.tags[after] not in ("prep", "time", "adv", "rel", "sub") or words.lows[after] == "that"):
        return None
    if not ends and subject(words, verb.before):
        return None  # "Roe, an aide, said the talks would go on"
    content = (s.start, words.ends[verb.before - 1])
    return Reading(source, *verb.cue, content, score + 15, end=_end_of(words, verb, verb.before))


def _aside(s: Statement, words: Words, verb: Verb, score: float) -> Reading | None:
    """ "..., the envoy said." and "the talks, the envoy said, were off": the rest of the sentence is attributed."""
    source = subject(words, verb.before)
    if source is None or (_is_asked(words) and source == main_clause(words)[0]):
        return None  # "Asked whether she would go, the envoy laughed"
    start, after = source[0], verb.last + 1
    if start and words.lows[start - 1] == "as":
        start -= 1
        comma = next((k for k in range(after, min(after + 9, words.size)) if words.words[k] == ","), None)
        if not start and comma:  # "As the envoy put it, ..."
            return Reading(source, *verb.cue, (min(words.ends[comma] + 1, s.end), s.end), score + 12)
    if not start or not _is_edge(words, start - 1):
        return None
    if after >= words.size or all(words.tags[k] == "punct" for k in range(after, words.size)):
        return Reading(source, *verb.cue, (s.start, words.ends[start - 2] if start > 1 else s.end), score + 18)
    if words.tags[after] == "pron" and verb.cue.lemma in _TAKES_OBJECT:  # "he told me on Friday,"
        after += 1
        while after < words.size - 1 and words.tags[after] in ("prep", "time", "adv"):
            after += 1
    if words.words[after] == "," and start > 1:
        return Reading(source, *verb.cue, (s.start, s.end), score + 12)
    told = verb.cue.lemma in _TAKES_OBJECT and words.tags[after] in ("det", "cap", "")
    if start > 4 and (told or words.tags[after] in ("time", "prep", "adv")) and _ends_soon(words, verb.last + 1):
        content = (s.start, words.ends[start - 2])
        return Reading(source, *verb.cue, content, score + 16, end=_end_of(words, verb, start))
    return None


def _is_asked(words: Words) -> bool:
    """ "Asked whether ..." and "When asked ...": what is said there is the question."""
    return not _ASKED.isdisjoint(words.lows[: 1 + (words.lows[0] == "when")])


def _end_of(words: Words, verb: Verb, before: int) -> int | None:
    """Where the cue ends after a whole clause; None in the midst of one ("The talks, said the envoy, will go on")."""
    whole = any(words.tags[k] in ("verb", "cue", "be", "have", "modal") for k in range(before))
    return words.ends[verb.last] if whole else None


def _ends_soon(words: Words, after: int) -> bool:
    """Do only phrases follow to the end of the sentence, as in "the envoy told the council on Monday."?"""
    end = after
    while end < min(words.size, after + 12) and words.tags[end] in _PHRASE:
        end += 1
    timed = any(words.tags[k] == "time" for k in range(after, min(end, words.size)))
    return end >= words.size - 1 or (words.words[end] == "," and timed and end - after < _TIMED)


def _is_edge(words: Words, k: int) -> bool:
    return words.words[k] in (",", "—", "–", "-", "--") or words.quoted[k] or words.lows[k] == "so"


def _by_agent(s: Statement, words: Words, verb: Verb, score: float) -> Reading | None:
    """ "was rejected by the council": the council."""
    for k in range(verb.last + 1, min(verb.last + 8, words.size)):
        if words.tags[k] == "punct":
            return None
        if words.lows[k] == "by":
            source = noun_phrase_after(words, k + 1)
            return source and Reading(source, *verb.cue, (s.start, words.starts[k]), score)
    return None


def _last_resort(s: Statement, words: Words) -> Reading | None:
    """The subject of the main clause, with a cue that no closer subject claims: "set about persuading them to"."""
    opening, _ = main_clause(words)
    for i in range(opening[1] + 1, words.size) if opening else ():
        verb = cue_verb(words, i) if words.tags[i] == "cue" and not words.quoted[i] else None
        if verb is None or verb.form in ("passive", "finite") or verb.cue.kind == "act":
            continue
        if _is_no_speech(words, verb):
            return None
        if verb.cue.lemma not in kinds("grammar")["quoting"] and _complement(words, verb) is not None:
            return Reading(opening, *verb.cue, content_after(s, words, verb.last), _LEAST, False)
    return None


def _unlisted(s: Statement, words: Words) -> Reading | None:
    """The subject of a verb that no list has, with "that" after it: "ventilated that"."""
    if "that" not in words.lows:
        return None
    opening, main = main_clause(words)
    if opening is None or not 0 <= main < words.size - 2 or words.tags[main] or words.lows[main + 1] != "that":
        return None
    past = words.lows[main].endswith("ed") and words.tags[main + 2] != "be"
    return Reading(opening, "say", "act", content_after(s, words, main), _UNLISTED) if past else None


def _spoken_of(s: Statement, words: Words) -> Reading | None:
    """ "Roe took questions on the plan", "unleashed a series of tweets": the object is something said."""
    opening, main = main_clause(words)
    if opening and _is_asked(words) and words.lows[main] in kinds("grammar")["evading"]:
        return Reading(opening, "answer", "say", (words.starts[opening[0]], s.end), _LEAST)
    if opening is None or main < 0:
        return None
    if opening and (words.tags[main] == "be" or words.lows[main : main + 2] in (["has", "been"], ["have", "been"])):
        return _stands_for(s, words, opening, main)
    if words.lows[main] not in kinds("grammar")["light"]:
        return None
    if "be" in verb_group(words, main)[1] and not words.lows[main].endswith("ing"):
        return None  # "a demand was made"
    nouns = cue_nouns()
    for k in range(main + 1, min(main + 9, words.size)):
        if words.words[k] == "," or words.quoted[k]:
            return None
        cue = nouns.get(words.lows[k])
        if cue is None and words.lows[k] in groups()["utterance"] | groups()["document"]:
            cue = Cue("publish", "say")
        if cue and words.tags[k] != "cap" and _hascontent_after(words, k + 1):
            return Reading(opening, *cue, (words.starts[main], s.end), _LEAST, True)
    return None


def _hascontent_after(words: Words, after: int) -> bool:
    """Does something said follow "made a statement", not only when and where?"""
    return any(
        low in ("of", "about", "that", "to", "for", "against", "saying")
        or low in _CLAUSE
        or low.endswith("ing")
        or low == ":"
        or (low == "on" and words.tags[k + 1 : k + 2] != ["time"])
        for k, low in enumerate(words.lows[after:], after)
    )


def _stands_for(s: Statement, words: Words, opening: Range, main: int) -> Reading | None:
    """ "is against the plan", "is in favour of it", "has been a supporter of it"."""
    sides = kinds("grammar")
    for k in range(main, min(main + 9, words.size - 2)):
        low, tag = words.lows[k], words.tags[k]
        if tag in ("punct", "to", "sub", "rel", "modal"):
            return None
        against = low == "against" or low in sides["opponent"]
        for_it = words.lows[k : k + 2] in (["favor", "of"], ["favour", "of"]) or low in sides["supporter"]
        if (against or for_it) and (low == "against" or words.lows[k + 1] in ("of", "for", "in")):
            cue = Cue("oppose", "deny") if against else Cue("support", "agree")
            return Reading(opening, *cue, (words.starts[k], s.end), _LEAST)
    return None


def _clause_follows(words: Words, last: int) -> bool:
    """Does a clause begin after the verb: a "that", a quotation, or a new subject?"""
    i = last + 1
    if i >= words.size:
        return False
    return words.lows[i] in _CLAUSE or words.words[i] in MARKS or words.tags[i] in ("pron", "det", "poss", "cap", "")


def _is_clause(words: Words, after: int) -> bool:
    """Does a clause without "that" begin here: "said | the talks would go on", "is sure | they will"?"""
    source = noun_phrase_after(words, after) if words.tags[after] in ("det", "poss", "pron", "cap", "num", "") else None
    return source is not None and words.tags[source[1] + 1 : source[1] + 2] in (["be"], ["have"], ["modal"], ["do"])


def _is_scene(words: Words, after: int) -> bool:
    """ "recalled | the envoy leaving the hall", but not "concluded | its licensing agreement"."""
    found = noun_phrase_after(words, after)
    does = found[1] + 1 if found else words.size
    return does < words.size and words.lows[does].endswith("ing") and words.tags[does + 1 : does + 2] != [""]


def _clause_later(words: Words, after: int) -> bool:
    """ "said on Tuesday that", "said in a letter it was": is there still a clause to attribute?"""
    for k in range(after, min(after + 14, words.size)):
        if words.words[k] in ",;":
            return False
        if words.lows[k] in _CLAUSE or words.quoted[k] or words.tags[k] in ("be", "have", "modal", "do"):
            return True
    return False


def _common_noun(low: str) -> bool:
    return common_kind(low) not in ("person", "people", "body", "document")
