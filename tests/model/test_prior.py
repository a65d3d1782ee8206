"""Tables for corpora whose mix of labels is another."""

import math

import numpy as np
import pytest

from stance.errors import UsageError
from stance.model.prior import parse_shares, shifted
from stance.model.table import Table

TEXTS = ["They offer talks.", "They threaten war.", "The session opens at noon.", ""]
SHARES = {"conciliatory": 0.125, "hawkish": 0.125, "neutral": 0.75}


@pytest.fixture(scope="module")
def table():
    return Table.load()


def test_probabilities_are_weighed_by_new_over_old_shares(table):
    p = table.score(TEXTS).probabilities * [1, 1, 6]
    assert np.abs(shifted(table, SHARES).score(TEXTS).probabilities - p / p.sum(axis=1, keepdims=True)).max() < 1e-6
    assert shifted(table, SHARES).header["prior"]["neutral"] == 0.75


def test_tone_stays(table):
    assert (shifted(table, SHARES).score(TEXTS).tone == table.score(TEXTS).tone).all()


def test_shifting_again_replaces_the_first_shift(table):
    even = dict.fromkeys(table.labels, 1 / 3)
    again = shifted(shifted(table, SHARES), even)
    assert np.abs(again.score(TEXTS).probabilities - table.score(TEXTS).probabilities).max() < 1e-6


@pytest.mark.parametrize(
    "shares",
    [
        {},
        {"hawkish": 1.0},
        {**SHARES, "calm": 0.1},
        {**SHARES, "neutral": 0},
        {**SHARES, "neutral": math.nan},
        {**SHARES, "hawkish": 0.625},
        {"conciliatory": 20, "hawkish": 20, "neutral": 60},
    ],
)
def test_shares_that_make_no_sense_are_refused(table, shares):
    with pytest.raises(UsageError, match="--prior"):
        shifted(table, shares)


def test_shares_that_are_rounded_are_taken_and_others_are_not(table):
    for shares in ((0.33, 0.33, 0.33), (0.34, 0.33, 0.34), (0.1, 0.25, 0.65)):
        prior = shifted(table, dict(zip(table.labels, shares, strict=True))).header["prior"]
        assert sum(prior.values()) == pytest.approx(1)
    with pytest.raises(UsageError, match=r"add up to 1\.5, not to 1: give parts of 1, such as conciliatory=0\.33,"):
        shifted(table, dict.fromkeys(table.labels, 0.5))


def test_what_an_error_names_can_be_given(table):
    with pytest.raises(UsageError) as refused:
        shifted(table, {"hawkish": 1.0})
    shifted(table, parse_shares(refused.value.remedy.split("such as ")[1]))
