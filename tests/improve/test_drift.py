"""Drift is seen where it is, and seldom where it is not."""

import json

import numpy as np
import pytest

from stance.errors import InputError
from stance.improve.drift import drift
from stance.model.corpus import read_labelled
from stance.model.sklearn import StanceClassifier

FRAME = read_labelled(["data/corpus/ordinary-news-mix.jsonl"])
TABLE = StanceClassifier(frame_weight=0.0).fit(FRAME["text"], FRAME["label"]).table_
TEXTS = FRAME["text"].tolist()


def test_two_halves_of_one_corpus_do_not_drift() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for seed in range(10):
        order = rng.permutation(len(TEXTS))
        halves = [TEXTS[i] for i in order[:150]], [TEXTS[i] for i in order[150:300]]
        found += bool(drift(*halves, TABLE, samples=300, seed=seed).drifted)
    assert found <= 2


def test_another_mix_of_labels_is_seen_with_its_direction() -> None:
    hawkish = FRAME["text"][FRAME["label"] == "hawkish"].tolist()
    result = drift(TEXTS[:200], hawkish[:150], TABLE)
    assert "mix" in result.drifted
    change = result.mix["hawkish"]
    assert change.interval[0] <= change.difference <= change.interval[1]
    assert change.interval[0] > 0
    assert change.difference == pytest.approx(change.new - change.reference)


def test_words_never_seen_lower_the_coverage() -> None:
    odd = [" ".join(f"{word}zq" for word in text.split()) for text in TEXTS[:100]]
    result = drift(TEXTS[:100], odd, TABLE)
    assert "coverage" in result.drifted
    assert result.coverage.difference < -0.5


def test_the_same_seed_gives_the_same_numbers_and_they_are_json() -> None:
    one = drift(TEXTS[:60], TEXTS[60:120], TABLE, samples=200, seed=3)
    assert one == drift(TEXTS[:60], TEXTS[60:120], TABLE, samples=200, seed=3)
    assert json.loads(json.dumps(one.to_dict()))["drifted"] == one.drifted
    assert all(isinstance(value, float) for value in one.figures().values())
    assert "known words" in one.to_text()


def test_the_shares_of_the_mix_sum_to_one() -> None:
    result = drift(TEXTS[:60], TEXTS[60:120], TABLE, samples=200)
    assert sum(c.reference for c in result.mix.values()) == pytest.approx(1)
    assert sum(c.difference for c in result.mix.values()) == pytest.approx(0)


def test_too_few_statements_are_refused() -> None:
    with pytest.raises(InputError, match="new: only 3 statements: give at least 20"):
        drift(TEXTS[:60], TEXTS[:3], TABLE)
