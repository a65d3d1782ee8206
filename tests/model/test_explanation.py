"""Explanations add up, stand on the text, and name the codebook's tests."""

from itertools import combinations
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.model.corpus import read_texts
from stance.model.explanation import Contribution, Explanation, explain
from stance.model.table import Table

TABLE = Table.load()
TEXTS = [
    *read_texts("data/corpus/ordinary-news-mix.jsonl")[:300],
    *read_texts("data/corpus/ordinary-headlines.jsonl")[:100],
    *read_texts("data/corpus/plain-quotations.jsonl")[:100],
]


def test_contributions_sum_to_the_difference_of_the_logits() -> None:
    scores = TABLE.score(TEXTS).probabilities
    for text, row in zip(TEXTS, scores.tolist(), strict=True):
        why = explain(TABLE, text)
        p = dict(zip(TABLE.labels, row, strict=True))
        for a, b in combinations(TABLE.labels, 2):
            total = why.bias[a] - why.bias[b] + sum(c.margin(a, b) for c in why.contributions)
            # Scoring adds in single precision, hence relative to the logits.
            assert total == pytest.approx(log(p[a] / p[b]), rel=1e-6, abs=2e-6)


def test_contributions_stand_on_the_words_they_name() -> None:
    for text in TEXTS[:100]:
        for c in explain(TABLE, text).contributions:
            assert 0 <= c.start < c.end <= len(text)
            assert text[c.start : c.end].strip() == text[c.start : c.end]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_string_can_be_explained(text: str) -> None:
    why = explain(TABLE, text)
    assert sum(why.probabilities.values()) == pytest.approx(1)
    assert all(0 <= c.start <= c.end <= len(text) for c in why.contributions)
    assert isinstance(why.to_dict()["tests"], list)


def test_the_codebooks_tests_are_named_when_the_evidence_shows_them() -> None:
    assert "3 negation" in explain(TABLE, "We do not and will not accept it.").tests
    assert "3 negation" in explain(TABLE, "They won’t yield.").tests
    assert explain(TABLE, "The envoy arrived in the capital on Monday.").tests == []
    tests = {test for text in TEXTS for test in explain(TABLE, text).tests}
    assert {"3 negation", "4 condition"} <= tests <= {"2 after but", "3 negation", "4 condition"}


@pytest.mark.parametrize(
    ("name", "kind", "span", "test"),
    [
        (", but", "pair", ", but", "2 after but"),
        ("mod:contrast", "frame", "but", "2 after but"),
        ("not:yield", "word", "yield", "3 negation"),
        ("rejectN>coop: rejected -> talks", "frame", "rejected any talks", "3 negation"),
        ("mod:cond-hard", "frame", "only if", "4 condition"),
        ("main-", "frame", "They rejected any talks, but would yield only if paid", None),
        ("op:reject", "frame", "rejected", None),
    ],
)
def test_words_and_frames_call_for_the_codebooks_tests(name, kind, span, test) -> None:
    text = "They rejected any talks, but would yield only if paid"
    start = text.index(span)
    c = Contribution(name, kind, start, start + len(span), {"hawkish": 1.0, "neutral": 0.0})
    assert Explanation(text, {"hawkish": 0.0, "neutral": 0.0}, (c,)).tests == ([test] if test else [])


def test_the_strongest_contributions_come_first_in_json() -> None:
    why = explain(TABLE, "They threatened to strike the port.")
    first, second = why.ranking[:2]
    margins = [abs(c["weights"][first] - c["weights"][second]) for c in why.to_dict()["evidence"]]
    assert margins == pytest.approx(sorted(margins, reverse=True), abs=1e-5)
    assert why.strongest(2) == why.strongest()[:2]
