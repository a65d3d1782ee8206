"""Why a statement was scored as it was: what each word, pair of words or frame adds to each label's logit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from json.encoder import encode_basestring as quoted
from typing import Any

import numpy as np

from stance.model import codebook
from stance.model.evidence import BEGINS, ENDS, FRAME, KINDS, NEGATED, SENTENCE, Evidence
from stance.model.table import Table
from stance.model.wording import describe

DIGITS = 9
"""Decimal places of weights in JSON: some hundred of them must add up to six that are right."""

_REMARKS = {NEGATED: " (negated)", BEGINS: " (begins)", ENDS: " (ends)"}
_SUFFIXES = [_REMARKS.get(kind, "") for kind in range(len(KINDS))]


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

    def __init__(self, text: str, bias: dict[str, float], found: Evidence, tests: list[str]) -> None:
        """found: the evidence of this statement alone, the strongest first."""
        self.text, self.bias = text, bias
        self.tests = tests
        """Tests of the codebook that the strongest evidence touches: negation, but-turn, condition (codebook.py).

        >>> explain(Table.load(), "We will not accept it.").tests
        ['3 negation']
        """
        self._found = found

    def __repr__(self) -> str:
        return f"<Explanation of {self.text!r}: {self.stance}, {len(self._found.names)} contributions>"

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """In reading order; words include what their shape adds."""
        found = self._found
        order = np.lexsort((found.kinds, found.end, found.start))
        return tuple(_contributions(self.text, self.bias, found.take(order)))

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
        return _contributions(self.text, self.bias, self._found.part(0, n))

    def to_dict(self, shift: int = 0) -> dict[str, Any]:
        """What JSON holds of it: bias, evidence (the strongest first) and tests.

        shift: where the text begins in its document, for offsets that count the document's characters.
        """
        return {
            "bias": {label: round(b, DIGITS) for label, b in self.bias.items()},
            "evidence": [
                {
                    "name": c.name, "kind": c.kind, "feature": c.feature,
                    "start": c.start + shift, "end": c.end + shift,
                    "weights": {label: round(weight, DIGITS) for label, weight in c.weights.items()},
                }
                for c in self.strongest()
            ],
            "tests": self.tests,
        }  # fmt: skip

    def to_json(self, shift: int = 0) -> str:
        """``json.dumps(self.to_dict(shift), ensure_ascii=False)`` in a fifth of its time, weights with all DIGITS.

        >>> import json
        >>> why = explain(Table.load(), "They reject the offer.")
        >>> json.loads(why.to_json()) == why.to_dict()
        True
        """
        found = self._found
        names, kinds, features = _named(self.text, found)
        places = ((found.start + shift).tolist(), (found.end + shift).tolist())
        rows = zip(map(quoted, names), kinds, map(quoted, features), *places, *found.weights.T.tolist(), strict=True)
        # One template for all of them: to fill one in for each takes twice as long.
        evidence = ", ".join([_template(tuple(self.bias))] * len(names)) % tuple(chain.from_iterable(rows))
        bias = ", ".join(f"{quoted(label)}: {b:.{DIGITS}f}" for label, b in self.bias.items())
        tests = ", ".join(map(quoted, self.tests))
        return f'{{"bias": {{{bias}}}, "evidence": [{evidence}], "tests": [{tests}]}}'


@lru_cache
def _template(labels: tuple[str, ...]) -> str:
    """An entry of ``"evidence"`` with a place for each of its values."""
    weights = ", ".join(quoted(label).replace("%", "%%") + f": %.{DIGITS}f" for label in labels)
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
    labels, n = table.labels, len(texts)
    bias = dict(zip(labels, map(float, table.arrays["bias"]), strict=False))  # after the labels' comes that of the tone
    found, tests = weighed(table.explain(texts), [*bias.values()], n)
    bounds = np.searchsorted(found.rows, np.arange(n + 1)).tolist()
    return [
        Explanation(text, bias, found.part(start, end), which)
        for text, start, end, which in zip(texts, bounds, bounds[1:], tests, strict=False)
    ]


def weighed(found: Evidence, bias: Sequence[float], n: int) -> tuple[Evidence, list[list[str]]]:
    """The evidence of n statements, one after the other, and which tests of the codebook it touches in each.

    First comes what most moved the most likely label away from the next, either way.
    """
    logits = np.stack([np.bincount(found.rows, w, n) for w in found.weights.T], axis=1) + np.array(bias)
    first, second = np.argsort(-logits, axis=1, kind="stable")[:, :2].T
    each = np.arange(len(found.rows))
    size = np.abs(found.weights[each, first[found.rows]] - found.weights[each, second[found.rows]])
    some = np.flatnonzero(found.weights.any(axis=1))
    order = some[np.lexsort((-size[some], found.rows[some]))]
    found, size = found.take(order), size[order]
    touched = codebook.touched(found.rows, size, found.bits, found.kinds == FRAME, n)
    return found, [[test for test, yes in zip(codebook.TESTS, row, strict=True) if yes] for row in touched.tolist()]


def _contributions(text: str, labels: Iterable[str], found: Evidence) -> list[Contribution]:
    """Evidence one by one."""
    weights = (dict(zip(labels, row, strict=True)) for row in found.weights.tolist())
    names, kinds, features = _named(text, found)
    columns = (features, names, kinds, found.start.tolist(), found.end.tolist(), weights)
    return list(map(Contribution, *columns))


def _named(text: str, found: Evidence) -> tuple[list[str], list[str], list[str]]:
    """Of each contribution its name for people, its kind and its feature."""
    kinds, features = found.kinds.tolist(), found.names.copy()
    places = zip(kinds, found.start.tolist(), found.end.tolist(), strict=True)
    names = [text[start:end] + _SUFFIXES[kind] for kind, start, end in places]
    for i, kind in enumerate(kinds):
        if kind == FRAME:
            features[i], _, pair = features[i].partition(": ")
            said, whole = _described(features[i])
            shown = pair or names[i]
            names[i] = said if whole or len(shown.split()) > codebook.LONGEST else f"{shown} ({said})"
        elif kind == SENTENCE:
            names[i] = features[i]
    return names, list(map(KINDS.__getitem__, kinds)), features


@lru_cache(8192)
def _described(feature: str) -> tuple[str, bool]:
    """A frame in words, and whether it is about a whole clause."""
    return describe(feature), feature[:-1] in ("main", "total") or feature == "still"
