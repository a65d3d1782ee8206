"""Explanations add up, stand on the text, and name the codebook's tests."""

import csv
import json
import re
from itertools import combinations
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.model.codebook import TESTS
from stance.model.corpus import read_texts
from stance.model.explanation import explain, explain_all
from stance.model.frames import Reader
from stance.model.matching import read_lexicon
from stance.model.table import Table
from stance.model.wording import describe

TABLE = Table.load()
FRAMES = Reader(read_lexicon()).names
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
            assert total == pytest.approx(log(p[a] / p[b]), abs=1e-6)


def test_many_statements_are_explained_as_one_by_one() -> None:
    texts = [*TEXTS[:60], "", "Geneva", "U.S. envoys met\nin Bonn", "\n", "They won’t yield to Jane Roe"]
    for together, text in zip(explain_all(TABLE, texts), texts, strict=True):
        alone = explain(TABLE, text)
        assert [(c.name, c.start, c.end) for c in together.contributions] == [
            (c.name, c.start, c.end) for c in alone.contributions
        ]
        assert together.logits == pytest.approx(alone.logits, abs=1e-9)


def test_contributions_stand_on_the_words_they_name_in_reading_order_and_add_something() -> None:
    for text in TEXTS[:100]:
        found = explain(TABLE, text).contributions
        assert [(c.start, c.end) for c in found] == sorted((c.start, c.end) for c in found)
        for c in found:
            assert 0 <= c.start < c.end <= len(text)
            assert text[c.start : c.end].strip() == text[c.start : c.end]
            assert any(c.weights.values())


def test_a_table_that_has_just_scored_other_statements_explains_these() -> None:
    alone = explain(TABLE, "They reject the offer.").to_json()
    TABLE.score(["They accept the offer."])
    assert explain(TABLE, "They reject the offer.").to_json() == alone
    TABLE.score(["They reject the offer."])
    assert explain(TABLE, "They reject the offer.").to_json() == alone


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
    assert tests == set(TESTS)


def test_the_tests_are_named_on_sentences_written_for_them_and_not_where_there_is_no_cue() -> None:
    named = dict.fromkeys(("2 after but", "3 negation"), 0)
    for file, test, cue in (
        (
            "but-turn",
            "2 after but",
            r"\b(but|yet|although|though|while|however|nevertheless|nonetheless|despite|whereas|still|only to)\b",
        ),
        ("negation", "3 negation", r"\b(not?|never|neither|none|nobody|nothing|without|cannot)\b|n['’]t\b"),
    ):
        with open(f"data/contrast/{file}.tsv", encoding="utf-8", newline="") as rows:
            texts = [row["text"] for row in csv.DictReader(rows, delimiter="\t")]
        marked = [text for text in texts if re.search(cue, text, re.I)]
        named[test] = sum(test in explain(TABLE, text).tests for text in marked) / len(marked)
        others = [text for text in texts if text not in marked]
        assert sum(test in explain(TABLE, text).tests for text in others) <= len(others) / 6
    assert named["2 after but"] > 0.6
    assert named["3 negation"] > 0.85


def test_every_frame_has_a_name_in_words() -> None:
    assert len(FRAMES) > 1000
    for name in FRAMES:
        assert re.fullmatch(r"[a-z]+[a-z ,'-]*[a-z]", describe(name)), name
    assert {name for name in FRAMES if describe(name).startswith(("not ", "no "))} >= {"rejectN>coop", "act-2N"}


def test_contributions_are_named_by_the_words_and_what_a_frame_reads_in_them() -> None:
    names = {
        c.name for c in explain(TABLE, "Ostrava rejected the offer of talks, but keeps patrols at sea.").contributions
    }
    assert {
        "keeps -> patrols (continuing confrontation)",
        "offer of talks (before the turn toward confrontation)",
        "main clause toward confrontation",
        "Ostrava (begins)",
    } <= names
    assert not any(re.search(r"[a-z][>:^$]|main-", name) for name in names)
    alone = {c.name for c in explain(TABLE, "Ostrava rejected the talks.").contributions}
    assert "rejected -> talks (rejecting cooperation)" in alone


@pytest.mark.parametrize("shift", [0, 40])
def test_json_is_the_dictionary(shift) -> None:
    for text in ["", "They won’t “yield”\n\tto \x00 100% of \\ it", *TEXTS[:50]]:
        why = explain(TABLE, text)
        assert json.loads(why.to_json(shift)) == why.to_dict(shift)
        assert list(json.loads(why.to_json(shift))) == list(why.to_dict(shift))


def test_the_strongest_contributions_come_first_in_json() -> None:
    why = explain(TABLE, "They threatened to strike the port.")
    first, second = why.ranking[:2]
    margins = [abs(c["weights"][first] - c["weights"][second]) for c in why.to_dict()["evidence"]]
    assert margins == pytest.approx(sorted(margins, reverse=True), abs=1e-5)
    assert why.strongest(2) == why.strongest()[:2]
