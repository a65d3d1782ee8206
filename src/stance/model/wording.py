"""Names of frames in words: what an explanation calls ``rejectN>coop``, in the terms of data/CODEBOOK.md."""

from __future__ import annotations

import re

KINDS = {
    "accuse-of": "accusing", "agree-to": "agreeing", "allow": "allowing", "ask-to": "asking",
    "call-for": "calling for", "condemn": "condemning", "consider": "considering", "continue": "continuing",
    "decide-to": "deciding on", "demand": "demanding", "deny-that": "denying", "end": "ending",
    "fail-to": "failing at", "further": "furthering", "hinder": "hindering", "intensify": "intensifying",
    "lack": "lacking", "leave": "leaving", "offer": "offering", "oppose": "opposing", "postpone": "postponing",
    "prevent": "preventing", "promise-to": "promising", "reduce": "reducing",
    "refuse-to": "refusing", "reject": "rejecting", "remove": "removing", "restart": "restarting",
    "restore": "restoring", "start": "starting", "support": "supporting", "threaten-to": "threatening",
    "uphold": "upholding", "urge-to": "urging", "violate": "violating", "vow-to": "vowing", "warn-of": "warning of",
}  # fmt: skip
"""Kinds and classes of operators: what they do to their object."""

TARGETS = {
    "": "something", "coop": "cooperation", "conf": "confrontation", "claim": "a demand or accusation",
    "given": "the matter", "act+": "a friendly act", "act-": "a hostile act", "+": "something friendly",
    "-": "something hostile",
}  # fmt: skip
"""What operators act on."""

SUMS = {
    "main": "main clause", "lead": "first move", "total": "whole sentence", "net": "a move",
    "first": "a move", "last": "a move",
    "phrase": "a set phrase", "background": "in the background", "cond": "under a condition",
    "aside": "in a side clause", "way": "main clause", "own": "a move of one's own",
    "turned": "turned by what follows", "yielded": "before the turn", "asked": "in what is asked",
    "told": "in the reporter's words",
}  # fmt: skip
"""Sums of directions, and single ones that count apart."""

WAYS = {"+": "toward accommodation", "-": "toward confrontation"}

CUES = {
    "absolute": "an absolute word", "aside": "an aside", "concess": "a concession", "cond": "a condition",
    "cond-hard": "a hard condition", "cond-soft": "a soft condition", "cond-bar": "a condition that bars",
    "cond-until": "until then", "contrast": "a turn", "future": "the future", "hedge": "a hedge",
    "hypo": "a hypothesis", "mutual": "both sides", "neg": "a negation", "nonneg": "no real negation",
    "past": "the past", "quantity": "a quantity", "question": "a question", "quote": "reported speech",
    "they": "the others", "we": "one's own side", "worry": "a worry", "you": "the one addressed",
    "analyst": "an onlooker speaks", "event": "an event", "figures": "figures", "history": "history",
    "nocomment": "no comment", "procedure": "procedure",
}  # fmt: skip
"""Words of modality, and words that neutral statements are made of."""

WHOLE = {"still": "no move either way", "way0": "no move in the main clause", "barred": "barred for now"}
DEGREES = ("", "slightly ", "", "very ")
PRESSED = {"none": "asking", "one": "pressing one side", "all": "appealing to all sides"}


def describe(feature: str) -> str:
    """What a frame says, in words.

    >>> describe("rejectN>coop"), describe("main-"), describe("press:one:stop-")
    ('not rejecting cooperation', 'main clause toward confrontation', 'pressing one side to stop something hostile')
    >>> describe("op:offer"), describe("act-2N"), describe("idiom:hawkish"), describe("mod:cond-hard")
    ('offering something', 'no hostile act', 'a set phrase, hawkish', 'a hard condition')
    """
    if feature in WHOLE:
        return WHOLE[feature]
    way, crossed, setting = feature.partition("&mod:")
    if crossed:
        return f"{describe(way)}, with {CUES[setting]}"
    if feature[:-1] in SUMS:
        return f"{SUMS[feature[:-1]]} {WAYS[feature[-1]]}"
    if found := re.fullmatch(r"(?:act|lone)([+-]?)(\d)(N?)", feature):
        sign, degree, no = found.groups()
        what = f"{DEGREES[int(degree)]}{'friendly' if sign == '+' else 'hostile'} act"
        return f"no {what}" if no else f"a {what}" if degree != "0" else "an act"
    head, _, rest = feature.partition(":")
    if head == "press":
        who, way = rest.split(":")
        return f"{PRESSED[who]} to {way[:-1]} {TARGETS[way[-1]]}"
    if head == "idiom":
        return f"a set phrase, {rest}" if rest else "a set phrase"
    if head in ("mod", "neutral"):
        return CUES.get(rest, rest)
    if head == "no":
        return f"no {TARGETS[rest].removeprefix('a ').removeprefix('the ')}"
    if head == "object":
        return ("no " if rest.endswith("N") else "") + TARGETS[rest.removesuffix("N")]
    named = feature.removeprefix("op:").removeprefix("bare:").removeprefix("passive:")
    return _operation(named, alone=head in ("op", "bare"))


def _operation(name: str, *, alone: bool) -> str:
    """What an operator does, to what."""
    operator, acts, target = name.partition(">")
    no = "not " if operator.endswith("N") else ""
    kind = operator.removesuffix("N")
    what = f" {TARGETS[target]}" if acts else " something" if alone else ""
    return no + KINDS.get(kind, kind or "moving") + what
