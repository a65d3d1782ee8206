"""Why a statement was scored as it was: what each word, pair of words or frame adds to each label's logit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stance.model.table import Evidence, Table
from stance.model.tokens import NEGATORS
from stance.model.wording import describe

DECISIVE = 3
"""So many of the strongest contributions are searched for what the codebook tests."""

_TESTS: dict[str, tuple[frozenset[str], re.Pattern[str]]] = {
    "2 after but": (
        frozenset("but however although though while whereas nevertheless yet despite".split()),  # noqa: SIM905
        re.compile(r"(?:way[-+0]?&)?mod:(contrast|concess)|turned|yielded"),
    ),
    "3 negation": (NEGATORS, re.compile(r"mod:(neg|nonneg)|.*N(?=>|$)")),
    "4 condition": (
        frozenset("if unless until once provided condition conditions precondition preconditions".split()),  # noqa: SIM905
        re.compile(r"(?:way[-+0]?&)?mod:cond|cond[-+]|barred"),
    ),
}
"""Test of data/CODEBOOK.md -> words that call for it, and frames that do."""

_TURNS = frozenset({"but", "yet", "however", "nevertheless"})
"""What follows the last of these, if it is no beginning of the statement, wins."""

LONGEST = 5
"""A contribution on more words than this is not searched for such words."""

DIGITS = 9
"""Decimal places of weights in JSON: some hundred of them must add up to six that are right."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one word, pair of words or frame adds.

    feature: as the model knows it ("reject", "not:accept", "rejectN>coop"). name: the same for people: the words, and
    what a frame reads in them. kind: word, pair, frame, or sentence (what an encoder makes of the whole).
    start, end: characters of the statement's text that it stands on. weights: label -> logit added, signed.
    """

    feature: str
    name: str
    kind: str
    start: int
    end: int
    weights: dict[str, float]

    def margin(self, label: str, other: str) -> float:
        """How far it moves the logit of ``label`` away from that of ``other``."""
        return self.weights[label] - self.weights[other]

    def to_dict(self, shift: int = 0) -> dict[str, Any]:
        """An entry of ``"evidence"`` in JSON; ``shift`` is where the text begins in its document."""
        weights = {label: round(w, DIGITS) for label, w in self.weights.items()}
        place = {"start": self.start + shift, "end": self.end + shift}
        return {"name": self.name, "kind": self.kind, "feature": self.feature, **place, "weights": weights}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The sum behind the probabilities of one statement.

    For two labels a and b, ``bias[a] - bias[b]`` and the margins of all contributions add up to
    ``log(p[a] / p[b])``: nothing that moved the model is left out.
    contributions: in reading order; words include what their shape adds.
    """

    text: str
    bias: dict[str, float]
    contributions: tuple[Contribution, ...]

    @property
    def logits(self) -> dict[str, float]:
        """label -> bias and contributions added up."""
        return {
            label: math.fsum([bias, *(c.weights[label] for c in self.contributions)])
            for label, bias in self.bias.items()
        }

    @property
    def probabilities(self) -> dict[str, float]:
        """label -> probability: the softmax of the logits."""
        logits = self.logits
        most = max(logits.values())
        odds = {label: math.exp(z - most) for label, z in logits.items()}
        return {label: o / sum(odds.values()) for label, o in odds.items()}

    @property
    def ranking(self) -> list[str]:
        """The labels, the most likely first."""
        logits = self.logits
        return sorted(logits, key=lambda label: -logits[label])

    @property
    def stance(self) -> str:
        """The most likely label."""
        return self.ranking[0]

    def strongest(self, n: int | None = None) -> list[Contribution]:
        """The contributions that most moved the most likely label away from the next, either way."""
        first, second = self.ranking[:2]
        return sorted(self.contributions, key=lambda c: -abs(c.margin(first, second)))[:n]

    @property
    def tests(self) -> list[str]:
        """Tests of the codebook that the strongest evidence touches: negation, but-turn, condition.

        >>> explain(Table.load(), "We will not accept it.").tests
        ['3 negation']
        """
        strongest = self.strongest(DECISIVE)
        words = {word for c in strongest for word in self._words(c)}
        frames = [c.feature for c in strongest if c.kind == "frame"]
        if {"main+", "main-"} & set(frames):  # the sum of a clause: what is in it, and what made it the main one
            frames += [c.feature for c in self.contributions if c.kind == "frame"]
            words |= _TESTS["2 after but"][0] & {word for word, _, _ in _words(self.text)}
        turns = [end for word, _, end in _words(self.text)[2:] if word in _TURNS]
        words |= {"but"} if turns and strongest and strongest[0].start >= turns[-1] else set()
        negated = any(c.feature.startswith("not:") for c in strongest if c.kind == "word")
        words |= {"not"} if negated or any(word.endswith("n't") for word in words) else set()
        return [
            test for test, (cues, names) in _TESTS.items() if words & cues or any(names.match(name) for name in frames)
        ]

    def _words(self, c: Contribution) -> list[str]:
        """The words that a contribution stands on; none where they are so many that it cannot be about one of them."""
        found = [word for word, start, end in _words(self.text) if c.start < end and start < c.end]
        return found if len(found) <= LONGEST else []

    def to_dict(self, shift: int = 0) -> dict[str, Any]:
        """What JSON holds of it: bias, evidence (the strongest first) and tests.

        shift: where the text begins in its document, for offsets that count the document's characters.
        """
        return {
            "bias": {label: round(b, DIGITS) for label, b in self.bias.items()},
            "evidence": [c.to_dict(shift) for c in self.strongest()],
            "tests": self.tests,
        }


def explain(table: Table, text: str) -> Explanation:
    """Everything that moved a table on one statement.

    >>> why = explain(Table.load(), "They reject the offer.")
    >>> p, z = why.probabilities, Table.load().score(["They reject the offer."]).probabilities[0]
    >>> bool(abs(p["hawkish"] - z[1]) < 1e-6)
    True
    """
    return explain_all(table, [text])[0]


def explain_all(table: Table, texts: Sequence[str]) -> list[Explanation]:
    """The same for each of n statements, which is far quicker than one by one."""
    labels = table.labels
    bias = dict(zip(labels, map(float, table.arrays["bias"]), strict=False))  # after the labels' comes that of the tone
    found = zip(texts, table.explain(texts), strict=True)
    return [Explanation(text, bias, tuple(_merged(text, evidence, labels))) for text, evidence in found]


def _words(text: str) -> list[tuple[str, int, int]]:
    """Words in lower case with their offsets."""
    return [(match[0].lower().replace("’", "'"), *match.span()) for match in _WORD.finditer(text)]


def _merged(text: str, evidence: Sequence[Evidence], labels: Sequence[str]) -> list[Contribution]:
    """Contributions in reading order, a word and its shape as one."""
    sums: dict[tuple[int, int, str], tuple[str, list[float]]] = {}
    for e in evidence:
        kind = "word" if e.kind == "shape" else e.kind
        # Frames may share a span and stay apart; the two parts of a word are one for the reader.
        key = (e.start, e.end, kind if kind == "word" else f"{kind} {e.name}")
        name, weights = sums.get(key, ("", [0.0] * len(labels)))
        sums[key] = (max(name, e.name, key=len), [a + float(b) for a, b in zip(weights, e.weights, strict=True)])
    return [
        _contribution(text[start:end], name, kind.split(" ")[0], start, end, dict(zip(labels, weights, strict=True)))
        for (start, end, kind), (name, weights) in sorted(sums.items(), key=lambda item: item[0][:2])
    ]


def _contribution(words: str, name: str, kind: str, start: int, end: int, weights: dict[str, float]) -> Contribution:
    """A contribution with its name for people; ``name`` is the table's."""
    if kind == "frame":
        feature, _, pair = name.partition(": ")
        shown, said = pair or words, describe(feature)
        whole = feature[:-1] in ("main", "total") or feature == "still" or len(shown.split()) > LONGEST
        return Contribution(feature, said if whole else f"{shown} ({said})", kind, start, end, weights)
    if kind == "sentence":
        return Contribution(name, name, kind, start, end, weights)
    edge = " (begins)" if name.startswith("^ ") else " (ends)" if name.endswith(" $") else ""
    negated = " (negated)" if kind == "word" and name.startswith("not:") else ""
    return Contribution(name, f"{words}{edge}{negated}", kind, start, end, weights)
