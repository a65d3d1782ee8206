"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

MOST_JOBS = 1024
"""Processes of one run: more than any machine has cores."""

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="PATH|models:/NAME@ALIAS", help="A table, or a registered model [the one shipped]."
    ),
]
TextColumn = Annotated[str, typer.Option(metavar="COLUMN", help="Column that holds the text.")]
LabelColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column that holds the label [stance, else label].")
]
PriorOption = Annotated[
    str | None,
    typer.Option(
        "--prior", metavar="LABEL=SHARE,...", help="Known share of each label in this text [as in the training]."
    ),
]
Positive = Annotated[str | None, typer.Option(metavar="LABEL", help="Label at the +1 end of the index [hawkish].")]
Negative = Annotated[str | None, typer.Option(metavar="LABEL", help="Label at the -1 end of the index [conciliatory].")]
ReportFormat = Annotated[Literal["table", "json"], typer.Option("--format", "-f", help="What to print.")]
Data = Annotated[list[Path], typer.Argument(metavar="DATA", help="Labelled csv, tsv, jsonl or parquet.")]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="A table, models:/NAME@ALIAS, or default.")]
