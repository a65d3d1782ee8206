"""Summaries and shifts for people and programs: table, JSON, JSON Lines, CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

from stance.report.render import visible
from stance.report.summary import POLES, Index, Poles, Step, Summary
from stance.statement import ScoredStatement

if TYPE_CHECKING:
    from rich.table import Table

Rows = Sequence[Summary] | Sequence[Step]


def write(rows: Rows, file: IO[str], *, form: str, title: str = "group", poles: Poles = POLES) -> None:
    """Write summaries or steps. form: table, json, jsonl or csv; ``title`` heads the names in a table."""
    if form == "table":
        _write_table(rows, file, title)
    elif form == "csv":
        _write_csv(rows, file, poles)
    elif form == "json":
        json.dump([row.to_dict() for row in rows], file, ensure_ascii=False, indent=1)
        file.write("\n")
    else:
        file.writelines(json.dumps(row.to_dict(), ensure_ascii=False) + "\n" for row in rows)


def _write_table(rows: Rows, file: IO[str], title: str) -> None:
    from rich.console import Console

    width = None if file.isatty() else 140
    console = Console(file=file, highlight=False, width=width)
    steps = [row for row in rows if isinstance(row, Step)]
    summaries = [row for row in rows if isinstance(row, Summary)]
    if steps:
        console.print(_step_table(steps))
    if summaries:
        console.print(_summary_table(summaries, title))
        console.print(_furthest_table(summaries, title))
        copies = sum(row.copies for row in summaries)
        if copies:
            repeat = "statement repeats" if copies == 1 else "statements repeat"
            console.print(f"{copies} {repeat} other documents word for word and did not count again.")


def _summary_table(rows: Sequence[Summary], title: str) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    labels = list(dict.fromkeys(label for row in rows for label in row.counts))
    columns = [
        ("n", [str(row.n) for row in rows]),
        ("copies", [str(row.copies or "") for row in rows]),
        *((label, [f"{row.shares.get(label, 0):.0%}" if row.n else "" for row in rows]) for label in labels),
        ("index (95 %)", [show(row.index) for row in rows]),
        ("of the sure", [show(row.index_confident) if row.uncertain else "" for row in rows]),
        ("tone", ["" if row.tone is None else f"{row.tone:+.1f}" for row in rows]),
    ]
    filled = [(head, cells) for head, cells in columns if any(cells)]
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column(Text(title), overflow="fold")
    for head, _ in filled:
        table.add_column(Text(head), justify="right", no_wrap=True)
    for number, row in enumerate(rows):
        table.add_row(Text(name_of(row)), *(cells[number] for _, cells in filled))
    return table


def _furthest_table(rows: Sequence[Summary], title: str) -> Table:
    """The statements of each group that lie furthest to either side, with where they stand."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE, pad_edge=False, expand=True)
    table.add_column(Text(title), ratio=2, overflow="fold")
    table.add_column("most", no_wrap=True)
    table.add_column("place", ratio=2, overflow="fold")
    table.add_column("statement", ratio=5, overflow="fold")
    for row in rows:
        for label, one in row.extremes.items():
            s = one.statement
            place = f"{s.start}-{s.end}" if row.name == s.document else f"{s.document}, {s.start}-{s.end}"
            table.add_row(Text(name_of(row)), Text(visible(label)), Text(visible(place)), Text(visible(s.text)))
    return table


def _step_table(steps: Sequence[Step]) -> Table:
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("speaker", overflow="fold")
    table.add_column("period", no_wrap=True)
    for head in ("n", "index (95 %)", "change against the past (95 %)"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("shift")
    last = None
    for step in steps:
        name = "" if step.speaker == last else visible(step.speaker)
        last = step.speaker
        shift = f"toward {step.shift}" if step.shift else ""
        color = ("", "red", "green")[step.sign]
        figures = (str(step.index.n), show(step.index), show(step.change))
        table.add_row(Text(name), step.period, *figures, Text(shift, style=color))
    return table


def show(index: Index | None) -> str:
    """An index with its interval.

    >>> show(Index(0.25, -0.1, 0.52, 20)), show(None)
    ('+0.25 (-0.10 to +0.52)', '')
    """
    return f"{index.value:+.2f} ({index.low:+.2f} to {index.high:+.2f})" if index else ""


def name_of(row: Summary) -> str:
    """The name of a group as it can be shown on one line."""
    return visible(row.name) if row.name else "(none)"


def _write_csv(rows: Rows, file: IO[str], poles: Poles) -> None:
    records = [_flat(row, poles) for row in rows]
    columns = list(dict.fromkeys(name for record in records for name in record))
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)


def _flat(row: Summary | Step, poles: Poles) -> dict[str, Any]:
    """A row of CSV: figures of an index and of a statement side by side."""
    if isinstance(row, Step):
        plain: dict[str, Any] = {"speaker": row.speaker, "period": row.period}
        return {**plain, **_columns("index", row.index), **_columns("change", row.change), "shift": row.shift}
    plain = {name: getattr(row, name) for name in ("name", "documents", "n", "copies")}
    counts = {f"n_{label}": count for label, count in row.counts.items()}
    indices = _columns("index", row.index) | _columns("index_confident", row.index_confident)
    shares = {f"share_{label}": share for label, share in row.shares.items()}
    record = {**plain, **counts, "uncertain": row.uncertain, **indices, "tone": row.tone, **shares}
    for label in poles:
        record |= _place(f"most_{label}", row.extremes.get(label))
    return record


def _columns(name: str, index: Index | None) -> dict[str, Any]:
    keys = (name, f"{name}_low", f"{name}_high", f"{name}_n")
    values = (index.value, index.low, index.high, index.n) if index else (None,) * 4
    return dict(zip(keys, values, strict=True))


def _place(name: str, one: ScoredStatement | None) -> dict[str, Any]:
    s = one.statement if one else None
    parts = ("document", "start", "end", "text")
    return {f"{name}_{part}": getattr(s, part) if s else None for part in parts}
