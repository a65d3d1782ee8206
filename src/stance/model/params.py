"""What training can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from stance.errors import UsageError


@dataclass(frozen=True, slots=True)
class Params:
    """Everything that training can be told; an experiment is a TOML file with some of these.

    C: inverse strength of the penalty of logistic regression, candidates for cross-validation.
    shape_weight: weight of word shapes beside words, candidates; 0 leaves the block out.
    tone_alpha: penalty of the ridge regression for tone, candidates.
    negation, pairs, masks, min_df: see features.Words; shapes, shape_min_df: see features.Shapes.
    class_weight: "balanced" gives every label the same say, "none" as many as it has rows.
    refit: fit the table on all rows after the test, with the settings found.
    folds: of the cross-validation, each group on one side. seed: how groups are shuffled into folds.
    """

    C: tuple[float, ...] = (1.0, 3.0)
    shape_weight: tuple[float, ...] = (0.5, 1.0)
    tone_alpha: tuple[float, ...] = (1.0, 3.0, 10.0)
    negation: bool = True
    pairs: bool = True
    masks: bool = True
    min_df: int = 2
    shapes: tuple[int, int] = (2, 5)
    shape_min_df: int = 10
    class_weight: str = "balanced"
    refit: bool = True
    folds: int = 5
    seed: int = 0

    @classmethod
    def parse(cls, settings: Mapping[str, Any], place: str = "parameters") -> Params:
        """Parameters from a mapping such as a TOML file; a single number stands for one candidate.

        Raises UsageError for a name or value that makes no sense.

        >>> Params.parse({"C": 3, "folds": 3}).C
        (3.0,)
        """
        known = {f.name: f.default for f in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in settings.items():
            if name not in known:
                raise UsageError(f"unknown parameter {name!r}", place=place, remedy=f"use {', '.join(known)}")
            values[name] = _parsed(value, known[name], f"{place}: {name}")
        if values.get("class_weight", "none") not in ("balanced", "none"):
            raise UsageError("class_weight is neither balanced nor none", place=place, remedy="choose one")
        return cls(**values)


def _parsed(value: Any, default: Any, place: str) -> Any:
    try:
        if isinstance(default, bool | str):
            if type(value) is not type(default):
                raise TypeError
            return value
        if isinstance(default, int):
            if isinstance(value, bool) or int(value) != value or value < 0:
                raise TypeError
            return int(value)
        values = value if isinstance(value, list | tuple) else [value]
        out = tuple(type(default[0])(v) for v in values)
        if not out or min(out) < 0:
            raise TypeError
        return out
    except (TypeError, ValueError):
        raise UsageError(f"{value!r} makes no sense", place=place, remedy=f"write it like {default!r}") from None
