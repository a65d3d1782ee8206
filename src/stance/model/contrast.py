"""Contrast sets (Gardner and others, EMNLP Findings 2020): sentences that differ little, while labels may differ."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stance.errors import InputError
from stance.model.table import Table


@dataclass(frozen=True, slots=True)
class Contrast:
    """How a table does on a contrast set.

    rows, accuracy: single sentences. groups, groups_right: of the groups, the share with every sentence right.
    by: the same four for each file (phenomenon).
    """

    rows: int
    accuracy: float
    groups: int
    groups_right: float
    by: dict[str, dict[str, Any]]


def contrast(table: Table, paths: Iterable[Path]) -> Contrast:
    """Score the contrast files (tab-separated, columns group, text, stance; quotation marks belong to the text)."""
    right: dict[str, dict[str, list[bool]]] = {}
    for path in paths:
        rows = _read(path)
        order = table.score([row["text"] for row in rows]).probabilities.argmax(axis=1)
        groups = right.setdefault(path.stem, defaultdict(list))
        for row, k in zip(rows, order.tolist(), strict=True):
            groups[row["group"]].append(table.labels[k] == row["stance"])
    if not right:
        raise InputError("no contrast files", remedy="name tab-separated files with group, text and stance")
    together = [group for groups in right.values() for group in groups.values()]
    by = {name: _measured(list(groups.values())) for name, groups in right.items()}
    return Contrast(**_measured(together), by=by)


def _read(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", place=str(path), remedy="check the path") from None
    if not rows or not {"group", "text", "stance"} <= set(rows[0]):
        raise InputError("no contrast file", place=str(path), remedy="give it the columns group, text, stance")
    return rows


def _measured(groups: list[list[bool]]) -> dict[str, Any]:
    """
    >>> _measured([[True, True], [True, False]])
    {'rows': 4, 'accuracy': 0.75, 'groups': 2, 'groups_right': 0.5}
    """
    rows = [right for group in groups for right in group]
    return {
        "rows": len(rows),
        "accuracy": sum(rows) / len(rows),
        "groups": len(groups),
        "groups_right": sum(map(all, groups)) / len(groups),
    }
