"""An evaluation as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stance.numerals import counted

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from stance.model.evaluation import Evaluation


def render(evaluation: Evaluation) -> RenderableType:
    """What ``stance evaluate`` prints, for ``rich.console.Console.print``."""
    from rich.console import Group

    slices = [_slice(evaluation, column) for column in evaluation.slices]
    return Group(
        overview(evaluation) + "\n",
        _classes(evaluation),
        _confusion(evaluation),
        _coverage(evaluation),
        *slices,
    )


def overview(e: Evaluation) -> str:
    """Three or four lines: rows, macro-F1 and its interval, the other measures, tone when it was measured."""
    interval = "not enough rows for an interval"
    if e.macro_f1_interval:
        interval = f"95 % interval {shown(e.macro_f1_interval)}"
    lines = [
        counted(e.n, "row"),
        f"macro-F1 {e.macro_f1:.3f}  ({interval})",
        f"accuracy {e.accuracy:.3f}   weighted F1 {e.weighted_f1:.3f}   log loss {e.log_loss:.3f}   ECE {e.ece:.3f}",
    ]
    if e.tone_mae is not None:
        spearman = "-" if e.tone_spearman is None else f"{e.tone_spearman:.3f}"
        lines.append(f"tone: Spearman {spearman}   mean absolute error {e.tone_mae:.2f}")
    return "\n".join(lines)


def shown(interval: Sequence[float] | None) -> str:
    """
    >>> shown((0.5, 0.75)), shown(None)
    ('0.500 to 0.750', '')
    """
    return " to ".join(f"{end:.3f}" for end in interval or ())


def _classes(e: Evaluation) -> Table:
    table = _table("label", "precision", "recall", "F1", "n")
    for label, row in e.per_class.items():
        figures = (f"{row[name]:.3f}" for name in ("precision", "recall", "f1"))
        table.add_row(_plain(label), *figures, str(row["n"]))
    return table


def _confusion(e: Evaluation) -> Table:
    table = _table("true \\ predicted", *e.labels)
    for label, row in zip(e.labels, e.confusion, strict=True):
        table.add_row(_plain(label), *map(str, row))
    return table


def _coverage(e: Evaluation) -> Table:
    """The curve without the thresholds that change nothing."""
    table = _table("confidence at least", "coverage", "accuracy")
    for before, point in zip([None, *e.coverage], e.coverage, strict=False):
        unchanged = before is not None and before["coverage"] == point["coverage"]
        if point["accuracy"] is not None and not unchanged:
            table.add_row(*(f"{point[name]:.3f}" for name in ("threshold", "coverage", "accuracy")))
    return table


def _slice(e: Evaluation, column: str) -> Table:
    table = _table(column, "n", "accuracy", "macro-F1", "95 % interval")
    for value, row in e.slices[column].items():
        figures = (str(row["n"]), f"{row['accuracy']:.3f}", f"{row['macro_f1']:.3f}")
        table.add_row(_plain(value), *figures, shown(row["macro_f1_interval"]) or "-")
    return table


def _table(first: str, *others: str) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE)
    table.add_column(_plain(first))
    for name in others:
        table.add_column(_plain(name), justify="right")
    return table


def _plain(text: str) -> str:
    """Text that rich does not read as mark-up, whatever a label or a column of a file says."""
    from rich.markup import escape

    return escape(text)
