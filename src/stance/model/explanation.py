"""Why a statement was scored as it was: what each word, pair of words or frame adds to each label's logit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from json.encoder import encode_basestring as quoted
from typing import Any

import numpy as np
import numpy.typing as npt

from stance.model.evidence import FRAME, KINDS, PAIR, SENTENCE, WORD, Evidence
from stance.model.table import Table
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
        re.compile(r"(?:way[-+0]?&)?mod:cond(?!-hard)|cond[-+]|barred"),
    ),
}
"""Test of data/CODEBOOK.md -> words that call for it, and frames that do ("immediately" is hard, but no condition)."""

_TURNS = frozenset({"but", "yet", "however", "nevertheless"})
"""What follows the last of these, if it is no beginning of the statement, wins."""

LONGEST = 5
"""A contribution on more words than this is not searched for such words."""

DIGITS = 9
"""Decimal places of weights in JSON: some hundred of them must add up to six that are right."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_described = lru_cache(8192)(describe)


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


class Explanation:
    """The sum behind the probabilities of one statement.

    For two labels a and b, ``bias[a] - bias[b]`` and the margins of all contributions add up to
    ``log(p[a] / p[b])``: nothing that moved the model is left out.
    text: the statement. bias: label -> what a statement without any word would have.
    """

    def __init__(self, text: str, bias: dict[str, float], found: Evidence, order: Sequence[int]) -> None:
        """found: the evidence of this statement alone. order: its numbers, the strongest first (`by_strength`)."""
        self.text, self.bias = text, bias
        self._found, self._order = found, order

    def __repr__(self) -> str:
        return f"<Explanation of {self.text!r}: {self.stance}, {len(self._order)} contributions>"

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """In reading order; words include what their shape adds."""
        return tuple(map(self._contribution, range(len(self._order))))

    def _contribution(self, i: int) -> Contribution:
        found = self._found
        kind, start, end = int(found.kinds[i]), int(found.start[i]), int(found.end[i])
        name, feature = _named(self.text[start:end], kind, found.names[i])
        weights = dict(zip(self.bias, found.weights[i].tolist(), strict=True))
        return Contribution(feature, name, KINDS[kind], start, end, weights)

    @property
    def logits(self) -> dict[str, float]:
        """label -> bias and contributions added up."""
        columns = self._found.weights.T.tolist()
        return {label: math.fsum([b, *column]) for (label, b), column in zip(self.bias.items(), columns, strict=True)}

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
        return [self._contribution(i) for i in self._order[:n]]

    @property
    def tests(self) -> list[str]:
        """Tests of the codebook that the strongest evidence touches: negation, but-turn, condition.

        >>> explain(Table.load(), "We will not accept it.").tests
        ['3 negation']
        """
        words, frames = self._cues()
        return [
            test for test, (cues, names) in _TESTS.items() if words & cues or any(names.match(name) for name in frames)
        ]

    def _cues(self) -> tuple[set[str], list[str]]:
        """Words that the strongest evidence stands on or depends on, and its frames."""
        told = [(match[0].lower().replace("’", "'"), *match.span()) for match in _WORD.finditer(self.text)]
        found, strongest = self._found, self._order[:DECISIVE]
        words: set[str] = set()
        for i in strongest:
            start, end = int(found.start[i]), int(found.end[i])
            on = [word for word, first, last in told if first < end and start < last]
            words.update(on if len(on) <= LONGEST else ())  # so many that it cannot be about one of them
        frames = [self._frame(i) for i in strongest if found.kinds[i] == FRAME]
        if {"main+", "main-"} & set(frames):  # the sum of a clause: what is in it, and what made it the main one
            frames += [self._frame(i) for i in np.flatnonzero(found.kinds == FRAME).tolist()]
            words |= _TESTS["2 after but"][0] & {word for word, _, _ in told}
        turns = [end for word, _, end in told[2:] if word in _TURNS]
        words |= {"but"} if turns and strongest and found.start[strongest[0]] >= turns[-1] else set()
        negated = any(found.kinds[i] == WORD and found.names[i].startswith("not:") for i in strongest)
        words |= {"not"} if negated or any(word.endswith("n't") for word in words) else set()
        return words, frames

    def _frame(self, i: int) -> str:
        return self._found.names[i].partition(": ")[0]

    def _entries(self, shift: int) -> Iterator[tuple[Any, ...]]:
        """Of each contribution, the strongest first: name, kind, feature, start, end, and its weights."""
        found, order = self._found, self._order
        kinds, starts, ends = found.kinds.tolist(), found.start.tolist(), found.end.tolist()
        weights = found.weights.round(DIGITS).tolist()
        for i in order:
            name, feature = _named(self.text[starts[i] : ends[i]], kinds[i], found.names[i])
            yield name, KINDS[kinds[i]], feature, starts[i] + shift, ends[i] + shift, *weights[i]

    def to_dict(self, shift: int = 0) -> dict[str, Any]:
        """What JSON holds of it: bias, evidence (the strongest first) and tests.

        shift: where the text begins in its document, for offsets that count the document's characters.
        """
        labels = tuple(self.bias)
        return {
            "bias": {label: round(b, DIGITS) for label, b in self.bias.items()},
            "evidence": [
                {
                    "name": name, "kind": kind, "feature": feature, "start": start, "end": end,
                    "weights": dict(zip(labels, weights, strict=True)),
                }
                for name, kind, feature, start, end, *weights in self._entries(shift)
            ],
            "tests": self.tests,
        }  # fmt: skip

    def to_json(self, shift: int = 0) -> str:
        """What ``json.dumps(self.to_dict(shift), ensure_ascii=False)`` is, in a third of its time.

        >>> import json
        >>> why = explain(Table.load(), "They reject the offer.")
        >>> why.to_json() == json.dumps(why.to_dict(), ensure_ascii=False)
        True
        """
        entry = _template(tuple(self.bias))
        rows = self._entries(shift)
        evidence = ", ".join([entry % (quoted(row[0]), row[1], quoted(row[2]), *row[3:]) for row in rows])
        bias = ", ".join(f"{quoted(label)}: {round(b, DIGITS)!r}" for label, b in self.bias.items())
        tests = ", ".join(map(quoted, self.tests))
        return f'{{"bias": {{{bias}}}, "evidence": [{evidence}], "tests": [{tests}]}}'


@lru_cache
def _template(labels: tuple[str, ...]) -> str:
    """An entry of ``"evidence"`` with a place for each of its values."""
    weights = ", ".join(quoted(label).replace("%", "%%") + ": %r" for label in labels)
    return '{"name": %s, "kind": "%s", "feature": %s, "start": %d, "end": %d, "weights": {' + weights + "}}"


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
    labels, found = table.labels, table.explain(texts)
    bias = dict(zip(labels, map(float, table.arrays["bias"]), strict=False))  # after the labels' comes that of the tone
    order = by_strength(found, np.array([*bias.values()]), len(texts))
    bounds = np.searchsorted(found.rows, np.arange(len(texts) + 1)).tolist()
    return [
        Explanation(text, bias, found.part(start, end), (order[start:end] - start).tolist())
        for text, start, end in zip(texts, bounds, bounds[1:], strict=False)
    ]


def by_strength(found: Evidence, bias: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.int64]:
    """(m,) numbers of the evidence of n statements, those of each together.

    First come those that most moved the most likely label away from the next, either way.
    """
    logits = np.stack([np.bincount(found.rows, w, n) for w in found.weights.T], axis=1) + bias
    first, second = np.argsort(-logits, axis=1, kind="stable")[:, :2].T
    each = np.arange(len(found.rows))
    margin = found.weights[each, first[found.rows]] - found.weights[each, second[found.rows]]
    return np.lexsort((-np.abs(margin), found.rows))


def _named(words: str, kind: int, name: str) -> tuple[str, str]:
    """The name of a contribution for people, and its feature; ``name`` is the table's, ``words`` it stands on."""
    if kind == WORD:
        return (f"{words} (negated)" if name.startswith("not:") else words), name
    if kind == PAIR:
        return words + (" (begins)" if name.startswith("^ ") else " (ends)" if name.endswith(" $") else ""), name
    if kind == FRAME:
        feature, _, pair = name.partition(": ")
        shown, said = pair or words, _described(feature)
        whole = feature[:-1] in ("main", "total") or feature == "still" or len(shown.split()) > LONGEST
        return (said if whole else f"{shown} ({said})"), feature
    return (name if kind == SENTENCE else words), name
