"""Scored statements for people and programs: table, JSON Lines, JSON, CSV."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import IO, TYPE_CHECKING

from stance.statement import UNCERTAIN, ScoredStatement

if TYPE_CHECKING:
    from rich.text import Text

FORMATS = ("table", "jsonl", "json", "csv")
COLORS = {"conciliatory": "green", "hawkish": "red", "neutral": "bright_black", UNCERTAIN: "yellow"}
_MORE_COLORS = ("cyan", "magenta", "blue", "bright_green", "bright_red")


def write(scored: Iterable[ScoredStatement], file: IO[str], *, form: str, labels: Sequence[str], tone: bool) -> None:
    """Write statements as they come (a table waits for the end of each document).

    labels, tone: the labels of the model and whether it has a tone head; they make the columns of CSV.
    """
    {"table": _write_table, "jsonl": _write_jsonl, "json": _write_json, "csv": _write_csv}[form](
        scored, file, labels, tone
    )


def _write_jsonl(scored: Iterable[ScoredStatement], file: IO[str], labels: Sequence[str], tone: bool) -> None:
    for s in scored:
        file.write(json.dumps(s.to_dict(), ensure_ascii=False) + "\n")


def _write_json(scored: Iterable[ScoredStatement], file: IO[str], labels: Sequence[str], tone: bool) -> None:
    separator = "[\n"
    for s in scored:
        file.write(separator + json.dumps(s.to_dict(), ensure_ascii=False))
        separator = ",\n"
    file.write("[]\n" if separator == "[\n" else "\n]\n")


def _write_csv(scored: Iterable[ScoredStatement], file: IO[str], labels: Sequence[str], tone: bool) -> None:
    writer = csv.writer(file, lineterminator="\n")
    plain = ("document", "index", "start", "end", "speaker", "speaker_full", "target", "voice", "stance")
    writer.writerow([*plain, "confidence", *(f"p_{label}" for label in labels), "tone", "text"])
    for s in scored:
        row = s.to_dict()
        probabilities = (s.probabilities[label] for label in labels)
        writer.writerow([*(row[c] for c in plain), s.confidence, *probabilities, s.tone, s.statement.text])


def _write_table(scored: Iterable[ScoredStatement], file: IO[str], labels: Sequence[str], tone: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, highlight=False, soft_wrap=False)
    for document, group in groupby(scored, key=lambda s: s.statement.document):
        rows = list(group)
        table = Table(title=Text(document, style="bold"), title_justify="left", expand=True, pad_edge=False)
        table.add_column("stance", no_wrap=True)
        table.add_column("sure", justify="right")
        if tone:
            table.add_column("tone", no_wrap=True, width=7)
        table.add_column("speaker", max_width=18, overflow="fold")
        table.add_column("statement", ratio=1)
        for s in rows:
            shown = Text(s.stance, style=color(s.stance, labels))
            cells = [shown, f"{s.confidence:.0%}", *([tone_bar(s.tone)] if tone else [])]
            table.add_row(*cells, Text(s.statement.speaker or ""), Text(visible(s.statement.text)))
        console.print(table)
        console.print(_counts(rows, labels))
        console.print()


def _counts(rows: Sequence[ScoredStatement], labels: Sequence[str]) -> Text:
    """The last line of a document: how many statements of each stance."""
    from rich.text import Text

    counts = Counter(s.stance for s in rows)
    parts = [
        Text(f"{counts[label]} {label}", style=color(label, labels))
        for label in (*labels, UNCERTAIN)
        if label in labels or counts[label]
    ]
    return Text(f"{len(rows)} statement{'s' * (len(rows) != 1)}: ").append_text(Text(", ").join(parts))


def color(stance: str, labels: Sequence[str]) -> str:
    """The terminal color of a stance; labels of one's own get colors in their order."""
    return COLORS.get(stance) or _MORE_COLORS[list(labels).index(stance) % len(_MORE_COLORS)]


def tone_bar(tone: float | None) -> Text:
    """Tone as a bar to the left (harsh) or right (friendly) of the middle, one cell for each unit.

    >>> tone_bar(-1.6).plain, tone_bar(0.2).plain, tone_bar(3.0).plain
    (' ▇▇|   ', '   |   ', '   |▇▇▇')
    """
    from rich.text import Text

    cells = min(3, round(abs(tone or 0)))
    left, right = ("▇" * cells, "") if (tone or 0) < 0 else ("", "▇" * cells)
    return Text.assemble((left.rjust(3), "red"), "|", (right.ljust(3), "green"))


def visible(text: str) -> str:
    """A text on one line for the terminal: white space folded, control characters (escape codes too) shown.

    >>> visible("a\\tb \\x1b[31m")
    'a b \\ufffd[31m'
    """
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
