from dataclasses import asdict, fields

import pytest

from stance.errors import UsageError
from stance.model.params import Params


def refusal(settings) -> str:
    with pytest.raises(UsageError) as caught:
        Params.parse(settings, "my.toml")
    message = str(caught.value)
    assert message.startswith("my.toml")
    assert caught.value.remedy
    assert "\n" not in message
    return message


def test_nothing_given_means_the_defaults():
    assert Params.parse({}) == Params()


def test_what_a_table_keeps_of_its_parameters_can_be_read_again():
    params = Params(C=(2.0,), folds=3, masks=False)
    assert Params.parse(asdict(params)) == params


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"C": 3}, (3.0,)),
        ({"C": [1, 2.5]}, (1.0, 2.5)),
        ({"shape_weight": 0}, (0.0,)),
        ({"smoothing": 0.2}, 0.2),
        ({"smoothing": 0}, 0.0),
        ({"folds": 4}, 4),
        ({"folds": 4.0}, 4),
        ({"masks": False}, False),
        ({"class_weight": "none"}, "none"),
        ({"shapes": [3, 4]}, (3, 4)),
    ],
)
def test_values_are_read_as_their_default_is(settings, expected):
    [name] = settings
    assert getattr(Params.parse(settings), name) == expected


@pytest.mark.parametrize(
    "settings",
    [
        {"c": 1},
        {"C": "high"},
        {"C": []},
        {"C": [1, "x"]},
        {"C": -1},
        {"C": 0},
        {"C": [1.0, float("nan")]},
        {"C": float("inf")},
        {"C": True},
        {"C": {}},
        {"shape_weight": -0.5},
        {"tone_alpha": []},
        {"tone_alpha": None},
        {"smoothing": 1},
        {"smoothing": -0.1},
        {"folds": 1},
        {"folds": 2.5},
        {"folds": "3"},
        {"folds": True},
        {"min_df": -1},
        {"masks": 1},
        {"masks": "yes"},
        {"class_weight": "even"},
        {"class_weight": 1},
        {"shapes": [5, 2]},
        {"shapes": [0, 2]},
        {"shapes": 3},
        {"shapes": [2, 3, 4]},
        {"shapes": [2.5, 4]},
        {"shapes": [2, 10**6]},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(settings):
    [name] = settings
    assert name in refusal(settings)


def test_an_unknown_name_is_answered_with_the_known_ones():
    message = refusal({"learning_rate": 0.1})
    assert all(field.name in message for field in fields(Params))
