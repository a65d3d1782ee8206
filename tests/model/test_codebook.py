"""Words, frames and places in a statement call for the codebook's tests; what weighs little does not."""

import numpy as np
import pytest

from stance.model.codebook import (
    AFTER_TURN,
    BUT,
    CONDITION,
    CONDITIONAL,
    MAIN,
    NEGATION,
    of_frame,
    of_word,
    scopes,
    touched,
)
from stance.model.tokens import TOKEN


@pytest.mark.parametrize(
    ("word", "bits"),
    [("But", BUT), ("won’t", NEGATION), ("no", NEGATION), ("Unless", CONDITION), ("talks", 0), ("UN", 0)],
)
def test_words_call_for_tests(word, bits):
    assert of_word(word) & (BUT | NEGATION | CONDITION) == bits


@pytest.mark.parametrize(
    ("frame", "bits"),
    [
        ("mod:contrast", BUT),
        ("yielded+", BUT),
        ("rejectN>coop", NEGATION),
        ("object:coopN", NEGATION),
        ("act-2N", NEGATION),
        ("mod:cond-bar", CONDITION),
        ("way-&mod:cond", CONDITION),
        ("cond+", CONDITION),
        ("mod:cond-hard", 0),
        ("op:reject", 0),
        ("neutral:nocomment", 0),
    ],
)
def test_frames_call_for_tests(frame, bits):
    assert of_frame(frame) & (BUT | NEGATION | CONDITION) == bits


@pytest.mark.parametrize(
    ("text", "bit", "inside"),
    [
        ("They left , but we stay .", AFTER_TURN, "we stay ."),
        ("But we stay .", AFTER_TURN, ""),
        ("They left but came , yet we stay", AFTER_TURN, "we stay"),
        ("If they leave now , we stay .", CONDITIONAL, "they leave now"),
        ("We stay unless they leave but come .", CONDITIONAL, "they leave"),
        ("We stay .", CONDITIONAL, ""),
    ],
)
def test_what_follows_a_turn_and_what_a_condition_governs(text, bit, inside):
    words = TOKEN.findall(f"{text} And so it ends .")
    rows = np.repeat([0, 1], [len(text.split()), 5])
    found = scopes(np.array([of_word(word) for word in words]), rows)
    assert [word for word, bits in zip(words, found.tolist(), strict=True) if bits & bit] == inside.split()


def of(*contributions):
    """Names of tests, by number, that contributions (size, bits, is a frame) of one statement touch."""
    size, bits, frames = (np.array(column) for column in zip(*contributions, strict=True))
    return np.flatnonzero(touched(0 * bits, size.astype(float), bits, frames.astype(bool), 1)[0]).tolist()


def test_what_belongs_to_a_test_must_together_weigh_as_much_as_one_of_the_three_strongest():
    strongest = [(9, 0, 0), (8, 0, 0), (5, 0, 0)]
    assert of(*strongest, (3, CONDITION, 1), (2, CONDITION, 0)) == [2]
    assert of(*strongest, (3, CONDITION, 1), (1, CONDITION, 0)) == []
    assert of(*strongest, (3, CONDITION, 1), (2, NEGATION, 0)) == []
    assert of((9, NEGATION, 0)) == [1]
    assert of((0, NEGATION, 0)) == []


def test_where_the_strongest_stand_calls_for_tests_too():
    assert of((9, AFTER_TURN, 0), (8, 0, 0)) == [0]
    assert of((9, 0, 0), (8, AFTER_TURN, 0)) == []
    assert of((9, 0, 0), (8, CONDITIONAL, 0)) == [2]
    assert of((9, 0, 0), (8, 0, 0), (7, 0, 0), (6, CONDITIONAL, 0)) == []


def test_a_main_clause_is_what_its_frames_and_turns_make_of_it():
    assert of((9, MAIN, 1), (8, 0, 0), (7, 0, 0), (1, NEGATION, 1)) == [1]
    assert of((9, MAIN, 1), (8, 0, 0), (7, 0, 0), (1, NEGATION, 0)) == []
    assert of((9, MAIN, 1), (8, 0, 0), (7, 0, 0), (1, BUT, 0)) == [0]
    assert of((9, 0, 1), (8, 0, 0), (7, 0, 0), (1, NEGATION, 1)) == []


def test_each_statement_is_judged_by_itself_and_one_without_evidence_touches_nothing():
    rows, size = np.array([0, 2, 2]), np.array([1.0, 4.0, 3.0])
    bits = np.array([CONDITION, NEGATION, 0])
    assert touched(rows, size, bits, bits < 0, 3).tolist() == [[False] * 2 + [True], [False] * 3, [False, True, False]]
    assert touched(rows[:0], size[:0], bits[:0], bits[:0] < 0, 1).tolist() == [[False] * 3]
