"""Noun phrases around a verb: which words are its subject, across commas, relative clauses and prepositions."""

from __future__ import annotations

from stance.text.names import is_office
from stance.text.wordlists import kinds
from stance.text.words import AUXILIARY, NOUNY, Range, Words, groups

_REACH = 60  # words to look back for a subject: keeps the search linear in any text
COMMAS = frozenset("—–―,") | {"--"}
_HARD = '“”";:'
ATTACHED = frozenset(
    ("of", "for", "at", "in", "from", "on", "with", "to", "against", "under", "within", "near", "by", "around",
     "across", "inside", "outside", "among")
)  # fmt: skip
QUANTITIES = frozenset(("some", "many", "most", "few", "both", "all", "several", "others"))
SUBJECTS = frozenset(("he", "she", "they", "it", "i", "we", "you"))


def noun_phrase(words: Words, j: int, low: int = 0) -> Range | None:
    """The noun phrase that ends at word ``j``, with what "of", "for" and "at" attach to it."""
    low = max(low, j - _REACH)
    i, first = j, j + 1
    while i >= low:
        tag = words.tags[i]
        if words.words[i] == ")":
            i = _before_parenthesis(words, i, low)
            if first > j:
                return noun_phrase(words, i, low) if i >= low else None
        elif first <= j and words.words[i] in ("million", "billion") and words.words[i - 1][0] in "$€£":
            break  # "the $2 million experts say it costs"
        elif tag in NOUNY or (tag in ("cue", "verb") and is_modifier(words, i)):
            if tag == "" and _is_predicate(words, i, j):
                break
            first = i
            i -= 1
        elif tag in ("det", "poss"):
            first = i
            i -= 1
            if i < low or not (words.tags[i] in ("det", "gen") or _links(words, i, low)):
                break  # "the bloc's two envoys" goes on
        elif first <= j and _links(words, i, low):
            i -= 1
        else:
            break
    if first > j:
        return (j, j) if words.tags[j] == "det" and j >= low else None
    if first > low and words.tags[first - 1] == "to" and not _is_agent(words, first, j):
        return None
    return first, j


def _before_parenthesis(words: Words, i: int, low: int) -> int:
    """The word before the parenthesis that closes at ``i``; before ``low`` if it opens nowhere near."""
    return next((k - 1 for k in range(i - 1, max(low, i - 9) - 1, -1) if words.words[k] == "("), low - 1)


def _links(words: Words, i: int, low: int) -> bool:
    """Does a preposition or "and" at ``i`` tie a noun phrase to what stands before it?"""
    return i > low and (_attaches(words, i, low) or (words.lows[i] in ("and", "&") and _joins(words, i)))


def _is_predicate(words: Words, i: int, j: int) -> bool:
    """Is this "-ing" or "-ed" word a verb: "taking calls", "Ostland imposed sanctions"?"""
    low = words.lows[i]
    if i == j:
        return low.endswith(("ing", "ed")) and low not in kinds("grammar")["gerund"]
    return low.endswith("ed") and i > 0 and words.tags[i - 1] in ("cap", "time", "pron")


def _is_agent(words: Words, first: int, j: int) -> bool:
    """After "to": a noun ("to rebels who said"), not a verb ("to start addressing")?"""
    return words.tags[first] != "" or any(
        words.lows[k] in groups()["role"] or words.lows[k] in groups()["body"] for k in range(first, j + 1)
    )


def is_modifier(words: Words, i: int) -> bool:
    """ "a proposed deal", "a report released last year": a past form inside a noun phrase."""
    if not i:
        return False
    low, before = words.lows[i], words.tags[i - 1]
    if before == "cue" and words.lows[i - 1] in kinds("grammar")["noun"]:
        before = ""
    if low.endswith("ed"):
        after = words.tags[i + 1] if i + 1 < words.size else "punct"
        return before in ("det", "poss", "", "gen") and (words.tags[i] == "cue" or after in ("time", "prep"))
    return low in kinds("grammar")["noun"] and before in ("det", "poss", "gen", "cap", "", "num")


def _attaches(words: Words, i: int, low: int) -> bool:
    if i <= low or words.lows[i] not in ATTACHED:
        return False
    tag = words.tags[i - 1]
    if words.lows[i - 1] == "and" and i - 2 > low:  # "in Ostland and around the world"
        tag = words.tags[i - 2]
    if words.lows[i] == "to":
        return words.lows[i - 1] in groups()["role"] or words.lows[i - 1] == "close"
    if words.lows[i] in ("of", "in", "at", "from") and tag in ("det", "num", "adv"):
        return words.lows[i] == "of" or words.lows[i - 1] in ("many", "some", "most", "few", "those", "several")
    return tag in ("", "cap", "time") or words.words[i - 1] == ")" or (tag == "cue" and is_modifier(words, i - 1))


def _joins(words: Words, i: int) -> bool:
    """Does this "and" join two names, or two nouns in the plural?"""
    if i + 1 >= words.size:
        return False
    left, right = i - 1, i + 1
    if words.tags[right] == "prep":  # "in Ostland and around the world"
        return words.tags[left] in ("", "cap")
    if words.tags[left] == "cap":
        return words.tags[right] in ("cap", "det", "poss")
    if words.tags[right] == "det" and words.tags[left] == "":
        return True
    plural = groups()["role"] | groups()["body"]
    return (
        words.tags[left] == ""
        and words.lows[left].endswith("s")
        and (words.tags[right] in ("", "cap"))
        and words.lows[left] in plural
    )


def subject(words: Words, before: int, low: int = 0) -> Range | None:
    """The subject of the verb group that begins after word ``before``; no word before ``low`` is used."""
    if low:
        return _find_subject(words, before, low)
    if before not in words.subjects:
        words.subjects[before] = _find_subject(words, before, 0)
    return words.subjects[before]


def _find_subject(words: Words, before: int, low: int) -> Range | None:
    low = max(low, before - _REACH)
    if before < low:
        return None
    tag, word = words.tags[before], words.lows[before]
    if tag == "pron":
        return (before, before) if word in SUBJECTS or word in ("others",) else None
    if word in ("who", "which", "that", "whom"):
        return _antecedent(words, before, low)
    if words.words[before] in COMMAS:
        return _across_commas(words, before, low)
    if tag in ("punct", "conj", "to", "sub", "rel", "prep"):
        return noun_phrase(words, before, low) if word == ")" else None
    found = noun_phrase(words, before, low)
    if found and words.tags[found[0]] == "" and words.words[found[0] - 1 : found[0]] == [","]:
        return _named_before(words, found, low)
    named = found[0] - 1 - (words.lows[found[0] - 2 : found[0]] == ["such", "as"]) if found else low
    if found and named > low and words.lows[named] in ("such", "including", "like"):
        return noun_phrase(words, named - 1, low) or found  # "leaders such as Jane Roe said"
    if found and found[0] > low and words.tags[found[0] - 1] == "prep" and words.lows[found[0] - 1] != "with":
        return _after_phrase(words, found, low)
    return found


def _named_before(words: Words, found: Range, low: int) -> Range:
    """ "Jane Roe, head of the harbour office said": the name before a role without article."""
    last = first = found[0] - 2
    while first > low and words.tags[first - 1] == "cap":
        first -= 1
    bounded = first <= low or words.tags[first - 1] in ("punct", "conj", "")
    named = last > first >= low and words.tags[last] == "cap" and bounded
    role = any(words.lows[k] in groups()["role"] for k in range(found[0], min(found[0] + 3, found[1] + 1)))
    return (first, last) if named and role else found


def _antecedent(words: Words, relative: int, low: int) -> Range | None:
    """Whom "who" stands for; "Jane Roe, an aide who said": Jane Roe."""
    end = relative - 1
    if end >= low and words.words[end] in COMMAS:
        end -= 1
    elif end > low + 2 and words.lows[end] == "of" and words.words[end - 2] == ",":  # ", many of whom"
        end -= 3
    found = noun_phrase(words, end, low) if end >= low else None
    if found and words.lows[relative] == "who" and words.tags[end] == "cap":
        found = _named_after_phrase(words, found, end)
    if found and found[0] > low + 1 and words.words[found[0] - 1] == "," and words.tags[found[0]] == "det":
        named = noun_phrase(words, found[0] - 2, low)
        if named and words.tags[named[1]] == "cap":
            return named
    if found and words.lows[relative] == "which" and words.lows[found[1]] in groups()["body"]:
        inner = next((k for k in range(found[1], found[0], -1) if words.lows[k] == "of"), found[0] - 1)
        return inner + 1, found[1]  # "members of the council, which"
    if found and words.lows[relative] == "who" and words.lows[found[1]] in groups()["role"]:
        first = next((k for k in range(found[1], found[0], -1) if words.lows[k] in ATTACHED), found[0] - 1)
        return first + 1, found[1]  # "criticism from veterans who"
    return found


def _named_after_phrase(words: Words, found: Range, end: int) -> Range:
    """ "a view shared by Jane Roe, who says": the name, unless it hangs on somebody ("the aide of Jane Roe, who")."""
    first = end
    while first > found[0] and words.tags[first - 1] == "cap":
        first -= 1
    if first <= found[0] + 1 or words.tags[first - 1] != "prep":
        return found
    roles = groups()["role"] if words.lows[first - 1] != "by" else frozenset()
    return found if any(low in roles for low in words.lows[found[0] : first]) else (first, end)


def _after_phrase(words: Words, found: Range, low: int) -> Range | None:
    """ "In a speech in Ohio the envoy said": the last noun phrase, if it can stand alone."""
    for i in range(found[1], found[0], -1):
        if words.tags[i] in ("det", "poss") and words.tags[i - 1] in ("", "cap", "time"):
            return i, found[1]
    last = found[1]
    if words.tags[last] != "cap":
        return None
    first = last
    while first > found[0] and words.tags[first - 1] == "cap":
        first -= 1
    return (first, last) if first > found[0] and words.tags[first - 1] in ("", "time") else (last, last)


def _across_commas(words: Words, before: int, low: int) -> Range | None:
    """ "Jane Roe, the country's envoy, said": back over appositions, clauses and phrases between commas."""
    edges = [k for k in range(before, low - 1, -1) if words.words[k] in COMMAS or words.words[k] in _HARD]
    for n, edge in enumerate(edges):
        if words.words[edge] not in COMMAS:
            return None
        start = edges[n + 1] + 1 if n + 1 < len(edges) else low
        if start >= edge:
            continue
        if n == 0:
            if not _is_parenthesis(words, start, edge) or start == low:
                return None
            continue
        if start > low and not _begins_clause(words, start, edges[n + 1], low):
            continue
        found = noun_phrase(words, edge - 1, start)
        if found is None:
            return None
        begins = words.tags[found[0] - 1] if found[0] > low else ""
        if begins in ("prep", "rel", "to"):
            return None
        return named_beside(words, found)
    return None


def named_beside(words: Words, found: Range) -> Range:
    """ "The premier's deputy, Jane Roe, said", "The envoy of Ostland, Jane Roe, said": the name, not the role."""
    first = last = found[1] + 2
    if words.words[first - 1 : first] not in ([","], ["—"], ["–"]) or words.tags[first : first + 1] != ["cap"]:
        return found
    while last + 1 < words.size and words.tags[last + 1] == "cap":
        last += 1
    if last == first or words.words[last + 1 : last + 2] not in ([","], ["—"], ["–"]):
        return found
    role = any(
        words.lows[k] in groups()["role"] and (words.tags[k] == "" or is_office(words, k))
        for k in range(found[0], found[1] + 1)
    )
    return (first, last) if role or words.tags[found[1]] != "cap" else found


def _begins_clause(words: Words, start: int, edge: int, low: int) -> bool:
    """Does the stretch from ``start``, after a comma at ``edge``, hold the subject, not one more parenthesis?"""
    tag = words.tags[start]
    if words.lows[start] in ("but", "yet", "so"):
        return True
    left = low
    for k in range(edge - 1, low - 1, -1):
        if words.words[k] in COMMAS or words.words[k] in _HARD:
            left = k + 1
            break
    introduces = left == low and (
        words.tags[left] in ("prep", "sub", "adv", "to") or words.lows[left].endswith(("ing", "ed"))
    )
    clause = any(t in AUXILIARY or t in ("verb", "cue") for t in words.tags[left:edge])
    if tag in ("cap", "det", "poss", "") and not words.lows[start].endswith("ing"):
        return introduces or (clause and words.tags[left] not in ("rel", "prep"))
    return tag == "conj" and clause and words.tags[left] not in ("rel", "prep")


def _is_parenthesis(words: Words, start: int, end: int) -> bool:
    """May the words from ``start`` to ``end`` stand between a subject and its verb?"""
    tag, low = words.tags[start], words.lows[start]
    if tag in ("prep", "rel", "conj", "adv", "sub", "to"):
        return True
    if low.endswith(("ing", "ed")) and tag != "cap":
        return True
    if tag in ("det", "poss", "", "cap", "num"):
        return not any(t in AUXILIARY for t in words.tags[start:end]) or "who" in words.lows[start:end]
    return False


def noun_phrase_after(words: Words, i: int) -> Range | None:
    """The noun phrase that begins at word ``i``: the subject in "said the envoy of Ostland on Friday"."""
    n = min(words.size, i + 25)
    while i < n and (words.tags[i] == "adv" or (words.lows[i].endswith("ly") and words.tags[i] == "")):
        i += 1
    if words.lows[i : i + 2] in (["more", "than"], ["fewer", "than"], ["at", "least"], ["up", "to"]):
        i += 2
    if i < n and words.tags[i] == "pron":
        return (i, i) if words.lows[i] in SUBJECTS else None
    j = i
    while j < n and _continues_noun_phrase(words, i, j, n):
        j += 1
    if j < n and words.tags[j] in ("det", "poss", "pron", "to") and j - 1 > i:
        verb = j - 1  # "the envoy slammed the plan": what stands before an article may be a verb
        if words.tags[verb] == "" and words.lows[verb].endswith(("ed", "s")):
            j = verb
    while j > i and words.tags[j - 1] in ("det", "poss", "prep", "conj", "gen"):
        j -= 1
    if j == i and words.lows[i : i + 1] and words.lows[i] in QUANTITIES:
        return i, i  # "some argue"
    return (i, j - 1) if j > i else None


def _continues_noun_phrase(words: Words, i: int, j: int, n: int) -> bool:
    tag, low = words.tags[j], words.lows[j]
    if j > i and low in kinds("grammar")["participle"] and words.lows[j + 1 : j + 2] == ["by"]:
        return False  # "accounts run by the rebels"
    if tag in ("det", "poss"):
        return j == i or words.tags[j - 1] in ("det", "prep", "conj")
    if tag in ("", "cap", "num", "gen"):
        if tag == "" and j > i and low.endswith(("ing", "ed")) and low not in kinds("grammar")["gerund"]:
            return low.endswith("ed") and words.tags[j - 1] in ("det", "poss")
        return True
    if j == i and tag == "cue":  # "according to show insiders"
        return low in kinds("grammar")["noun"] and j + 1 < n and words.tags[j + 1] in NOUNY
    if j == i or j + 1 >= n:
        return tag == "cue" and j > i and is_modifier(words, j)
    follows = words.tags[j + 1]
    if low in ("of", "for", "at", "from", "to"):
        return follows in ("cap", "", "det", "poss", "num") and (low != "to" or words.lows[j - 1] in groups()["role"])
    if low in ("and", "&"):
        return follows == "cap" and words.tags[j - 1] == "cap"
    if tag != "cue" or low not in kinds("grammar")["noun"]:
        return tag == "cue" and words.tags[j - 1] in ("det", "poss", "gen") and is_modifier(words, j)
    single = not low.endswith("s") and not words.lows[j - 1].endswith("s")
    return words.tags[j - 1] in ("det", "poss", "gen") or (
        single and words.tags[i] in ("det", "poss")
    )  # "a new report"
