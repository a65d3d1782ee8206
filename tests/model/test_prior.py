"""Tables for corpora whose mix of labels is another."""

import math

import numpy as np
import pytest

from stance.errors import UsageError
from stance.model.prior import shifted
from stance.model.table import Table

TEXTS = ["They offer talks.", "They threaten war.", "The session opens at noon.", ""]
SHARES = {"conciliatory": 1, "hawkish": 1, "neutral": 6}


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
    even = dict.fromkeys(table.labels, 1.0)
    again = shifted(shifted(table, SHARES), even)
    assert np.abs(again.score(TEXTS).probabilities - table.score(TEXTS).probabilities).max() < 1e-6


@pytest.mark.parametrize(
    "shares", [{}, {"hawkish": 1.0}, {**SHARES, "calm": 1}, {**SHARES, "neutral": 0}, {**SHARES, "neutral": math.nan}]
)
def test_shares_that_make_no_sense_are_refused(table, shares):
    with pytest.raises(UsageError, match="--prior"):
        shifted(table, shares)
