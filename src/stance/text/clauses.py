"""Cue verbs and clauses: is this word a verb here, how is it used, and which verb is the sentence's own."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

from stance.text.phrases import ATTACHED, QUANTITIES, is_modifier, named_beside, noun_phrase, noun_phrase_after, subject
from stance.text.wordlists import Cue, cues, kinds, rows
from stance.text.words import AUXILIARY, Range, Words

Form = Literal["finite", "passive", "participle", "infinitive", "gerund"]

_REACH = 60  # words to look at for the main verb
_SAME_IN_PAST = frozenset(("read", "put", "bet", "cast", "forecast"))
_MANY = frozenset(
    ("people", "police", "men", "women", "many", "some", "others", "those", "most", "few", "both", "several", "two",
     "three", "majority", "number", "percent", "half", "dozens")
)  # fmt: skip


@cache
def feelings() -> frozenset[str]:
    """Adjectives that say what somebody thinks, after a form of "be"."""
    return frozenset(lemma for kind, lemma, *_ in rows("cues") if kind == "feel")


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


def cue_verb(words: Words, i: int) -> Verb | None:
    """The cue verb at word ``i``, unless it is a noun or an adjective there."""
    if i not in words.verbs:
        words.verbs[i] = _find_verb(words, i)
    return words.verbs[i]


def _find_verb(words: Words, i: int) -> Verb | None:
    low = words.lows[i]
    cue, last = cues().get(low), i
    if low in _with_particle():
        for j in (i + 1, i + 2):
            if j < words.size and (j == i + 1 or words.lows[i + 1] == "it" or words.lows[i + 1].endswith("ly")):
                pair = cues().get(f"{low}_{words.lows[j]}")
                if pair:
                    cue, last = pair, j
    if cue is None or (cue.kind == "show" and words.lows[i + 1 : i + 2] in (["up"], ["off"])):
        return None
    before, helpers = verb_group(words, i)
    if "neg" in helpers and cue.lemma in ("respond", "reply", "answer", "comment"):
        return None  # "did not immediately respond"
    if cue.kind == "feel" and before >= 0 and words.lows[before] in kinds("grammar")["copula"]:
        before, helpers = verb_group(words, before)[0], {"be"}  # "remain confident"
    form = _form(words, i, low, cue, before, helpers)
    if form == "passive" and low in feelings() and words.lows[i + 1 : i + 2] != ["by"]:
        cue, last, form = Cue(low, "feel"), i, "finite"
    return Verb(cue, i, last, before, form) if form else None


def verb_group(words: Words, i: int) -> tuple[int, set[str]]:
    """The word before a verb's auxiliaries and adverbs, and the kinds of its auxiliaries."""
    helpers: set[str] = set()
    k = i - 1
    while k >= 0:
        tag, low = words.tags[k], words.lows[k]
        if tag in AUXILIARY or tag in ("to", "neg"):
            helpers.add(tag)
            if tag == "to":
                break
        elif tag == "gen" and k and words.tags[k - 1] == "pron":
            helpers.add("be")
        elif tag == "time" and k and not helpers:
            k = _before_time(words, k)
            continue
        elif k and f"{words.lows[k - 1]} {low}" in kinds("grammar")["adverbial"]:
            k -= 1  # "has so far refused"
        elif not (
            tag == "adv"
            or (low == "first" and k and words.tags[k - 1] in ("cap", "pron", "sub"))
            or (low.endswith("ly") and not tag)
        ):
            break
        k -= 1
    return k, helpers


def _before_time(words: Words, k: int) -> int:
    """The word before "on Tuesday", "last week" or "in May 2016" that ends at ``k``."""
    while k >= 0 and words.tags[k] in ("time", "num"):
        k -= 1
    if k >= 0 and words.tags[k] in ("det", "gen") and words.lows[k] in ("this", "the", "that"):
        k -= 1
    if k > 0 and words.lows[k] in ("on", "in", "at", "late", "early", "during", "by", "since"):
        k -= 1
    return k


def _form(words: Words, i: int, low: str, cue: Cue, before: int, helpers: set[str]) -> Form | None:
    first = cue.lemma.split(" ")[0]
    tag = words.tags[before] if before >= 0 else "punct"
    after = words.tags[i + 1] if i + 1 < words.size else "punct"
    if "to" in helpers:
        return "infinitive"
    if low.endswith("ing") and low != first:
        return _ing(words, i, tag, after, helpers)
    if helpers:
        if cue.kind == "feel":
            return "finite" if "be" in helpers else None
        past = low != first and not low.endswith("s")
        return "passive" if "be" in helpers and past else "finite"
    if (tag in ("det", "poss", "gen", "prep") and words.lows[before] not in QUANTITIES) or (
        tag == "num" and words.lows[max(before - 1, 0)] != "in"
    ):
        return None
    if cue.kind == "feel":
        return None
    if (low == first and low not in _SAME_IN_PAST) or low.endswith("s"):
        return _present(words, low, cue.kind, low == first, before, after)
    return _past(words, i, first, before, tag)


def _ing(words: Words, i: int, tag: str, after: str, helpers: set[str]) -> Form | None:
    if words.lows[i + 1 : i + 2] == ["by"] or (tag in ("det", "poss") and after in ("", "cap")):
        return None  # "reporting by Jane Roe", "the ranking member"
    if "be" in helpers:
        return "finite"
    if words.lows[i] in kinds("grammar")["gerund"] and (tag in ("", "num") or after in AUXILIARY):
        return None  # "the court ruling", "the warning was"
    return "gerund" if tag in ("prep", "gen", "poss", "det") else "participle"


def _past(words: Words, i: int, verb: str, before: int, tag: str) -> Form | None:
    """Is a past form without auxiliary a verb, not a participle as in "a man suspected of theft"?"""
    follows = words.lows[i + 1 : i + 3]
    if follows[:1] == ["by"] and not follows[-1].endswith("ing") and follows[-1] not in kinds("grammar")["channel"]:
        return "passive" if before >= 0 and words.lows[before] == "as" else None  # "as reported by the council"
    if follows[:1] == ["as"] and tag not in ("cap", "pron") and verb != "say":
        return None  # "a group known as", but "the attack, which Roe described as", "the envoy said as he left"
    if follows and follows[0] in kinds("grammar")["fate"]:
        return None  # "two people reported killed"
    if follows[:1] in (["of"], ["to"]) and f"{verb} {follows[0]}" not in kinds("grammar")["takes"]:
        return None  # "a man suspected of", "groups opposed to"
    return None if i == 0 else "finite"


def _present(words: Words, verb: str, kind: str, base: bool, before: int, after: str) -> Form | None:
    """Is "claim" or "claims" a verb here? Its subject must agree in number."""
    if before < 0:
        return None
    low, tag = words.lows[before], words.tags[before]
    if tag == "cue" and is_modifier(words, before):
        tag = ""  # "the watchdog report says"
    noun = verb in kinds("grammar")["noun"]
    if noun and tag == "conj" and after == "prep":
        return None  # "and demand from abroad"
    if not noun and kind in ("say", "claim") and tag in ("", "cap", "det", "time", "num"):
        return "finite"  # "say" is no noun
    if tag in ("pron", "rel", "punct", "conj"):
        many = low not in ("he", "she", "it")
        return "finite" if many == base or low in ("who", "which", "and", "but") or tag in ("punct", "conj") else None
    if tag not in ("", "cap", "det"):
        return None
    found = noun_phrase(words, before) or (before, before)
    related = found[0] and words.tags[found[0] - 1] in ("rel", "sub")
    if noun and not related and after in (*AUXILIARY, "verb"):
        return None  # "health worries have", but "what the envoy wants is"
    many = _is_many(words, found)
    if base and found[0] and words.tags[found[0] - 1] in ("modal", "do"):
        return "finite"  # "Why would the envoy want"
    opening = words.tags[found[0]]
    if noun:
        bare = opening == "" and "gen" not in words.tags[found[0] : found[1] + 1]
        hangs = found[0] > 0 and words.tags[found[0] - 1] == "prep"  # "of Ostland claims"
        if hangs and not base:
            return None
        if (bare and not base) or (base and words.lows[found[0]] in ("a", "an", "this", "that", "each", "every")):
            return None  # "derogatory comments", "a Northport Times report"
    return "finite" if many == base or (tag == "cap" and not base) else None


def _is_many(words: Words, found: Range) -> bool:
    """Is a noun phrase in the plural? Its head stands before any "of" or "in"."""
    end = found[1]
    span = range(found[0], found[1] + 1)
    if any(words.lows[k] == "and" for k in span):
        return True
    head = next((k - 1 for k in span if k > found[0] and words.lows[k] in ATTACHED), end)
    if words.lows[head + 1 : head + 2] == ["of"] and words.tags[head] in ("det", "adv", "num"):
        head = end  # "most of the vote" agrees with its last word
    low = words.lows[head]
    return (low.endswith("s") and not low.endswith(("ss", "us", "is"))) or low in _MANY


def main_clause(words: Words) -> tuple[Range | None, int]:
    """Subject and verb of the main clause, the verb -1 if none is found; an opening "While ..., " is passed over.

    The subject is what opens the clause, however far its verb: "The group's letter to the court, which
    arrived late, said". Each relative pronoun on the way takes the next verb for itwords.
    """
    if words.main is None:
        words.main = _find_main_clause(words)
    return words.main


def _find_main_clause(words: Words) -> tuple[Range | None, int]:
    subject = first_noun_phrase(words)
    if subject is None:
        return None, -1
    relatives = 0
    i = subject[1] + 1
    end = min(words.size, i + _REACH)
    while i < end:
        tag, low = words.tags[i], words.lows[i]
        if words.quoted[i] or low in (";", ":"):
            break
        if low in ("who", "which", "that", "whose", "whom") or (tag == "sub" and _is_conjunction(words, i)):
            relatives += 1
        elif _begins_verb(words, i):
            last = _end_of_group(words, i)
            if not relatives:
                return subject, last
            relatives -= 1
            i = last
        i += 1
    return subject, -1


def _is_conjunction(words: Words, i: int) -> bool:
    """Is "since" or "as" here a conjunction, not a preposition ("since May 1", "as a sign")?"""
    if words.lows[i] not in ("since", "before", "after", "until", "as", "than"):
        return True
    follows = words.tags[i + 1 : i + 2]
    return follows in (["pron"], ["cap"], ["poss"], ["det"]) and any(
        t in AUXILIARY or t in ("verb", "cue") for t in words.tags[i + 2 : i + 6]
    )


def _begins_verb(words: Words, i: int) -> bool:
    """Does a finite verb group begin here? A past form before "by" or a preposition may be a participle."""
    tag, low = words.tags[i], words.lows[i]
    if tag in AUXILIARY:
        return low not in ("been", "being", "having", "be")
    follows = words.tags[i + 1] if i + 1 < words.size else "punct"
    if tag == "cue":
        verb = cue_verb(words, i)
        if verb is None or verb.form != "finite":
            return False
        return not (low.endswith("ed") and words.lows[i + 1 : i + 2] in (["by"], ["of"], ["from"], ["with"], ["in"]))
    if tag == "verb":
        return not (low.endswith("ed") and follows in ("prep", "time") and words.tags[i - 1] == "")
    if tag or not low.endswith("ed") or words.lows[i + 1 : i + 2] == ["by"]:
        return False  # "residents reached by telephone"
    return words.tags[i - 1] in ("cap", "time") or follows in ("det", "poss", "pron", "cap", "sub", "adv")


def _end_of_group(words: Words, i: int) -> int:
    """The word that carries the meaning in "has not yet said"."""
    k = i
    while k + 1 < words.size and (
        words.tags[k + 1] in (*AUXILIARY, "neg", "adv")
        or (words.lows[k + 1].endswith("ly") and words.tags[k + 1] == "")
    ):
        k += 1
    if words.tags[i] in AUXILIARY and k + 1 < words.size and words.tags[k + 1] in ("cue", "verb", ""):
        return k + 1
    return i


def first_noun_phrase(words: Words) -> Range | None:
    """The noun phrase that opens the sentence, after an introduction closed by a comma."""
    i, n = 0, words.size
    for _ in range(3):
        while i < n and (words.tags[i] in ("conj", "adv", "punct") or (words.quoted[i] and words.tags[i] == "punct")):
            i += 1
        quantity = words.lows[i : i + 2] in (["at", "least"], ["up", "to"])
        opens = (
            i < n and not quantity and (words.tags[i] in ("prep", "sub", "to", "time") or _opens_participle(words, i))
        )
        if not opens or words.lows[i] == "that":
            break
        comma = next((k for k in range(i, min(n, i + 30)) if words.words[k] == "," and not words.quoted[k]), None)
        if comma is None and words.tags[i] in ("cap", ""):
            break  # "Polling averages show"
        if comma is None:
            return _inside_phrase(words, i)
        i = comma + 1
        if i + 1 < n and words.tags[i] == "num" and words.words[i + 1] == ",":
            i += 2  # "On May 6, 2016, the envoy said"
    if i >= n or words.quoted[i]:
        return None
    found = noun_phrase_after(words, i)
    if found and words.tags[found[1]] in ("time", "adv") and found[1] + 1 < n and words.words[found[1] + 1] == ",":
        return noun_phrase_after(words, found[1] + 2)  # "Several weeks ago, the envoy said"
    return found and named_beside(words, found)


def _opens_participle(words: Words, i: int) -> bool:
    """ "Speaking in Northport, ..." and "Based on this, ...", but not "Beijing said"."""
    if not words.lows[i].endswith(("ing", "ed")) or i + 1 >= words.size:
        return False
    if (
        words.tags[i] in ("", "cap")
        and words.tags[i + 1] == ""
        and words.tags[i + 2 : i + 3] in (["cue"], ["verb"], ["have"], ["modal"])
    ):
        return False  # "Polling averages show"
    return words.tags[i + 1] not in (*AUXILIARY, "cap", "verb", "cue", "gen", "punct", "modal")


def _inside_phrase(words: Words, i: int) -> Range | None:
    """ "At a rally in Northport the envoy said": no comma after the opening phrase."""
    for k in range(i + 2, min(words.size, i + 20)):
        if words.tags[k] in (*AUXILIARY, "verb", "cue"):
            return subject(words, verb_group(words, k)[0])
    return None
