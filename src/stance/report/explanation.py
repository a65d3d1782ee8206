"""Explanations for people and programs: words coloured by what they say, the strongest evidence named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from stance.analysis import batches
from stance.model.explanation import Explanation, explain_all
from stance.model.table import Table
from stance.report.render import color, sure, visible, write_lines
from stance.statement import ScoredStatement

if TYPE_CHECKING:
    from rich.text import Text

SHOWN = 5
"""How many contributions the terminal names below each statement."""

STRONG = 0.35
"""From this share of the strongest character's weight on a character is bold; from FAINT on it has a colour."""
FAINT = 0.12


def write(scored: Iterable[ScoredStatement], table: Table, file: IO[str], *, form: str) -> None:
    """Write statements with their evidence as they come.

    form: "jsonl" and "json" are the objects of ``stance score`` with ``bias``, ``evidence`` and ``tests`` added;
    "table" shows the text with its words coloured.
    """
    if form == "table":
        _write_text(scored, table, file)
    else:
        write_lines(_lines(scored, table), file, form)


def _lines(scored: Iterable[ScoredStatement], table: Table) -> Iterator[str]:
    """Those of :func:`rows` as JSON."""
    for s, why in explained(scored, table):
        yield f"{json.dumps(s.to_dict(), ensure_ascii=False)[:-1]}, {why.to_json(s.statement.start)[1:]}"


def rows(scored: Iterable[ScoredStatement], table: Table) -> Iterator[dict[str, Any]]:
    """The JSON objects of scored statements with their evidence, whose offsets count characters of the document.

    The command line and the service write these. Bias and weights of a label add up to its logit.
    """
    for s, why in explained(scored, table):
        yield {**s.to_dict(), **why.to_dict(s.statement.start)}


def explained(scored: Iterable[ScoredStatement], table: Table) -> Iterator[tuple[ScoredStatement, Explanation]]:
    """Scored statements, each with what moved the model; a batch at a time."""
    for batch in batches(scored):
        yield from zip(batch, explain_all(table, [s.statement.judged for s in batch]), strict=True)


def _write_text(scored: Iterable[ScoredStatement], table: Table, file: IO[str]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(file=file, highlight=False, width=None if file.isatty() else 100)
    for s, why in explained(scored, table):
        head = Text(s.stance, style=f"bold {color(s.stance, table.labels)}")
        head.append(f" {sure(s.confidence)}", style="not bold default")
        if s.statement.speaker:
            head.append(f"  {visible(s.statement.speaker)}", style="not bold default")
        console.print(head)
        text = shaded(why, table.labels).append(visible(s.statement.text[len(why.text) :]), style="dim")
        console.print(Padding(text, (0, 0, 0, 2), expand=False))
        console.print(Padding(summary(why, table.labels), (0, 0, 1, 2), expand=False))


def shaded(why: Explanation, labels: Sequence[str]) -> Text:
    """The text with each character in the colour of the label that it speaks for most, bold where strongly.

    A contribution's weight is spread evenly over its characters.
    """
    from rich.text import Text

    sums = np.zeros((len(why.text) + 1, len(labels)))
    for c in why.contributions:
        each = np.array([*c.weights.values()])
        each = (each - each.mean()) / max(1, c.end - c.start)
        sums[c.start] += each
        sums[c.end] -= each
    sums = sums.cumsum(axis=0)[:-1]
    shares = sums.max(axis=1, initial=0) / (sums.max(initial=0) or 1.0)
    tints = np.where(shares >= FAINT, sums.argmax(axis=1), -1)
    strong = shares >= STRONG
    text = Text()
    for (tint, bold), run in groupby(zip(why.text, tints.tolist(), strong.tolist(), strict=True), key=itemgetter(1, 2)):
        style = color(labels[tint], labels) if tint >= 0 else ""
        text.append("".join(visible(one[0]) or " " for one in run), style=f"bold {style}" if bold else style)
    return text


def summary(why: Explanation, labels: Sequence[str]) -> Text:
    """One line: the strongest contributions for the first label against the second, and the tests they touch."""
    from rich.text import Text

    first, second = why.ranking[:2]
    line = Text(f"{first} over {second}: ", style="dim")
    parts = []
    for c in why.strongest(SHOWN):
        margin = c.margin(first, second)
        parts.append(Text(f"{visible(c.name)} {margin:+.2f}", style=color(first if margin > 0 else second, labels)))
    line.append_text(Text(", ").join(parts) if parts else Text("nothing in it"))
    if why.tests:
        line.append(f"  [codebook test {', '.join(why.tests)}]", style="dim")
    return line
