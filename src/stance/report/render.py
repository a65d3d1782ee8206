"""Scored statements for people and programs: table, JSON Lines, JSON, CSV."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any

from stance.numerals import counted
from stance.statement import UNCERTAIN, ScoredStatement, Statement

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

FORMATS = ("table", "jsonl", "json", "csv")
COLORS = {"conciliatory": "green", "hawkish": "red", "neutral": "bright_black", UNCERTAIN: "yellow"}
_MORE_COLORS = ("cyan", "magenta", "blue", "bright_green", "bright_red")
_WIDTH = 120
"""Columns of a table that no terminal shows."""
_LONE = 100
"""Rows of a table of documents of one statement each; more get a table of their own, so that memory stays flat."""


def write(scored: Iterable[ScoredStatement], file: IO[str], *, form: str, labels: Sequence[str], tone: bool) -> None:
    """Write statements as they come (a table waits for the end of each document).

    labels, tone: the labels of the model and whether it has a tone head; they make the columns of CSV.
    """
    if form in ("json", "jsonl"):
        write_objects((s.to_dict() for s in scored), file, form)
    else:
        {"table": _write_table, "csv": _write_csv}[form](scored, file, labels, tone)


def write_objects(rows: Iterable[Mapping[str, Any]], file: IO[str], form: str) -> None:
    """Write JSON objects as they come. form: "jsonl", one a line, or "json" for one list."""
    write_lines((json.dumps(row, ensure_ascii=False) for row in rows), file, form)


def write_lines(lines: Iterable[str], file: IO[str], form: str) -> None:
    """Write objects that are JSON already.

    A list is closed even if a later document fails, so that what came before can be read.
    """
    if form == "jsonl":
        file.writelines(line + "\n" for line in lines)
        return
    separator = "[\n"
    try:
        for line in lines:
            file.write(separator + line)
            separator = ",\n"
    finally:
        file.write("[]\n" if separator == "[\n" else "\n]\n")


def _write_csv(scored: Iterable[ScoredStatement], file: IO[str], labels: Sequence[str], tone: bool) -> None:
    # All text quoted: csv by itself quotes what holds \n but not \r, which readers take for the end of a line too.
    writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    plain = ("document", "index", "start", "end", "speaker", "speaker_full", "target", "voice", "stance")
    writer.writerow([*plain, "confidence", *(f"p_{label}" for label in labels), "tone", "text"])
    for s in scored:
        row = s.to_dict()
        probabilities = (s.probabilities[label] for label in labels)
        writer.writerow([*(row[c] for c in plain), s.confidence, *probabilities, s.tone, s.statement.text])


def _write_table(scored: Iterable[ScoredStatement], file: IO[str], labels: Sequence[str], tone: bool) -> None:
    console = _console(file)
    totals: dict[str, Counter[str]] = {}
    for name, rows in _sections(scored):
        if totals:
            console.print()
        counts = Counter(s.stance for s in rows)
        _print_section(console, name, rows, labels, tone)
        console.print(_counted(counts, labels))
        totals.setdefault(name or "documents of one statement", Counter()).update(counts)
    if len(totals) > 1:
        console.print()
        console.print(_totals(totals, labels))


def _console(file: IO[str]) -> Console:
    from rich.console import Console

    return Console(file=file, highlight=False, width=None if file.isatty() else _WIDTH)


def _sections(scored: Iterable[ScoredStatement]) -> Iterator[tuple[str | None, list[ScoredStatement]]]:
    """A document's statements with its name; documents of one statement in a row together, without a name."""
    lone: list[ScoredStatement] = []
    for document, group in groupby(scored, key=lambda s: s.statement.document):
        rows = list(group)
        alone = len(rows) == 1
        if lone and (not alone or len(lone) == _LONE):
            yield _name(lone), lone
            lone = []
        if alone:
            lone += rows
        else:
            yield document, rows
    if lone:
        yield _name(lone), lone


def _name(rows: Sequence[ScoredStatement]) -> str | None:
    return rows[0].statement.document if len(rows) == 1 else None


def _print_section(
    console: Console, name: str | None, rows: Sequence[ScoredStatement], labels: Sequence[str], tone: bool
) -> None:
    from rich.text import Text

    if name:
        console.print(Text(visible(name), style="bold"))
    table = _table()
    table.add_column("stance", no_wrap=True)
    table.add_column("sure", justify="right", no_wrap=True)
    if tone:
        table.add_column("tone", no_wrap=True, width=7)
    if not name:
        table.add_column("document", max_width=24, overflow="fold")
    table.add_column("speaker", max_width=18, overflow="fold")
    table.add_column("statement", ratio=1, overflow="fold")
    for s in rows:
        cells: list[str | Text] = [Text(visible(s.stance), style=color(s.stance, labels)), sure(s.confidence)]
        cells += [tone_bar(s.tone)] if tone else []
        cells += [] if name else [Text(visible(os.path.basename(s.statement.document)), style="bright_black")]
        table.add_row(*cells, Text(_who(s.statement)), Text(visible(s.statement.text)))
    console.print(table)


def _table() -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    grey = "bright_black"
    return Table(
        box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), expand=True, header_style=grey, border_style=grey
    )


def _who(statement: Statement) -> str:
    """The speaker under the longest name, and whom it is about."""
    speaker = statement.speaker_full or statement.speaker or ""
    return visible(f"{speaker} → {statement.target}" if speaker and statement.target else speaker)


def _shown(counts: Mapping[str, int], labels: Sequence[str]) -> list[str]:
    """The stances that a count names: all of the model, and "uncertain" when there are any."""
    return [*labels, *([UNCERTAIN] if counts.get(UNCERTAIN) and UNCERTAIN not in labels else [])]


def _counted(counts: Mapping[str, int], labels: Sequence[str]) -> Text:
    """The last line of a document: how many statements of each stance."""
    from rich.text import Text

    n = sum(counts.values())
    parts = [
        Text(f"{counts.get(label, 0)} {visible(label)}", style=color(label, labels)) for label in _shown(counts, labels)
    ]
    return Text(f"{counted(n, 'statement')}: ").append_text(Text(", ").join(parts))


def _totals(totals: Mapping[str, Mapping[str, int]], labels: Sequence[str]) -> Table:
    """The end of several documents: counts for each of them and all."""
    from rich.text import Text

    everything: Counter[str] = Counter()
    for counts in totals.values():
        everything.update(counts)
    table = _table()
    table.add_column("document", ratio=1, overflow="fold")
    table.add_column("statements", justify="right", no_wrap=True)
    shown = _shown(everything, labels)
    for label in shown:
        table.add_column(Text(visible(label), style=color(label, labels)), justify="right", no_wrap=True)
    for name, counts in [*totals.items(), ("all", everything)]:
        style = "bold" if counts is everything else ""
        figures = (f"{count:,}" for count in (sum(counts.values()), *(counts.get(label, 0) for label in shown)))
        table.add_row(Text(visible(name)), *figures, style=style)
    return table


def color(stance: str, labels: Sequence[str]) -> str:
    """The terminal color of a stance; labels of one's own get colors in their order."""
    return COLORS.get(stance) or _MORE_COLORS[list(labels).index(stance) % len(_MORE_COLORS)]


def sure(confidence: float) -> str:
    """A probability for people. Nothing is 100 % sure.

    >>> sure(0.87654), sure(0.9999)
    ('88%', '99%')
    """
    return f"{min(0.99, confidence):.0%}"


def tone_bar(tone: float | None) -> Text:
    """Tone as a bar to the left (harsh) or right (friendly) of the middle, half a cell for each half unit.

    >>> tone_bar(-1.6).plain, tone_bar(0.2).plain, tone_bar(3.0).plain
    (' ▐█│   ', '   │   ', '   │███')
    """
    from rich.text import Text

    halves = min(6, round(2 * abs(tone or 0)))
    full, half = "█" * (halves // 2), halves % 2
    left, right = ("▐" * half + full, "") if (tone or 0) < 0 else ("", full + "▌" * half)
    return Text.assemble((left.rjust(3), "red"), ("│", "bright_black"), (right.ljust(3), "green"))


def visible(text: str) -> str:
    """A text on one line for the terminal: white space folded, control characters (escape codes too) shown.

    >>> visible("a\\tb \\x1b[31m")
    'a b \\ufffd[31m'
    """
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
