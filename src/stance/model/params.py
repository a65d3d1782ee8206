"""What training can be told."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from stance.errors import InputError, UsageError


@dataclass(frozen=True, slots=True)
class Params:
    """Everything that training can be told; an experiment is a TOML file with some of these.

    Of candidates the first is taken unless cross-validation finds another clearly better (search.Search.choose).

    C: inverse strength of the penalty of logistic regression, candidates for cross-validation.
    shape_weight: weight of word shapes beside words, candidates; 0 leaves the block out.
    meaning_weight: weight of word vectors beside words, candidates; 0 leaves the block out.
    frame_weight: weight of frames beside words, candidates; 0 leaves the block out. way_weight: of frames by the way of
    their statement beside frames at large, see features.Frames.
    encoder: name or folder of a sentence-transformers model (extra ``encoder``), whose vectors become a further
    block; "" for none. sentence_weight: its weight beside words, candidates.
    trend_weight: weight of rising and falling beside words, candidates; 0 leaves the block out.
    trend_rows: from so many rows on, a trend_weight of 0 is taken untried if it is a candidate (experiments/060).
    ratio: share of a feature's weight that goes by how unevenly the labels have it (search.unevenness), candidates.
    tone_alpha: penalty of the ridge regression for tone, candidates.
    negation, pairs, masks, min_df: see features.Words; shapes, shape_min_df: see features.Shapes; frame_min_df:
    see features.Frames.
    class_weight: "balanced" gives every label the same say, "none" as many as it has rows.
    smoothing: part of every label that is shared out among all labels, [0, 1), for a table that is to read text unlike
    its training; see search.smooth.
    refit: fit the table on all rows after the test, with the settings found.
    folds: of the cross-validation, each group on one side. seed: how groups are shuffled into folds.
    """

    C: tuple[float, ...] = (3.0, 1.0)
    shape_weight: tuple[float, ...] = (0.5,)
    meaning_weight: tuple[float, ...] = (0.5,)
    frame_weight: tuple[float, ...] = (0.3,)
    way_weight: float = 0.5
    encoder: str = ""
    sentence_weight: tuple[float, ...] = (1.0,)
    trend_weight: tuple[float, ...] = (0.0, 0.7)
    trend_rows: int = 5000
    ratio: tuple[float, ...] = (0.75,)
    tone_alpha: tuple[float, ...] = (1.0, 3.0)
    negation: bool = True
    pairs: bool = True
    masks: bool = True
    min_df: int = 2
    shapes: tuple[int, int] = (2, 5)
    shape_min_df: int = 10
    frame_min_df: int = 3
    class_weight: str = "balanced"
    smoothing: float = 0.0
    refit: bool = True
    folds: int = 5
    seed: int = 0

    @classmethod
    def read(cls, path: Path) -> Params:
        """Parameters from a TOML file. Raises InputError for what cannot be read, UsageError as :meth:`parse` does."""
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror})", place=str(path), remedy="check --params") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"no TOML ({error})", place=str(path), remedy="write lines like C = [1.0, 3.0]") from None
        return cls.parse(settings, str(path))

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
            values[name] = _parsed(name, value, known[name], f"{place}: {name}")
        return cls(**values)


_LIMITS: dict[str, Callable[[Any], bool]] = {
    "C": lambda values: min(values) > 0,
    "ratio": lambda values: max(values) <= 1,
    "smoothing": lambda value: value < 1,
    "folds": lambda value: value >= 2,
    "shapes": lambda values: len(values) == 2 and 1 <= values[0] <= values[1] <= 20,
    "class_weight": lambda value: value in ("balanced", "none"),
}


def _parsed(name: str, value: Any, default: Any, place: str) -> Any:
    try:
        if isinstance(default, tuple):
            values = value if isinstance(value, list | tuple) else [value]
            parsed: Any = tuple(_number(v, type(default[0])) for v in values)
            fits = len(parsed) > 0
        elif isinstance(default, bool | str):
            parsed, fits = value, type(value) is type(default)
        else:
            parsed, fits = _number(value, type(default)), True
        if not fits or (name in _LIMITS and not _LIMITS[name](parsed)):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        remedy = "write balanced or none" if name == "class_weight" else f"write it like {default!r}"
        raise UsageError(f"{value!r} makes no sense", place=place, remedy=remedy) from None
    return parsed


def _number(value: Any, kind: type[int] | type[float]) -> int | float:
    if isinstance(value, bool | str) or not math.isfinite(value) or value < 0 or kind(value) != value:
        raise ValueError
    return kind(value)
