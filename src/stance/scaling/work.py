"""What one process does with one batch: score it, and make it ready to be written."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from stance.analysis import analyse
from stance.errors import ModelError
from stance.model.table import Table
from stance.report.render import write
from stance.scaling.corpus import Reject
from stance.statement import Document, ScoredStatement
from stance.text.segmenting import Unit

Columns = dict[str, list[Any]]


class Task(NamedTuple):
    """What stays the same for all batches of a run; small, because it travels with each.

    model: the table's file, with the SHA-256 of its content. form: jsonl, csv or parquet.
    """

    model: str
    digest: str
    unit: Unit = "sentence"
    min_confidence: float = 0.0
    form: str = "jsonl"


class Done(NamedTuple):
    """A batch scored: its statements as lines or, for Parquet, by column; how many; and what was rejected."""

    content: bytes | Columns
    statements: int
    rejects: list[Reject]


def score_batch(
    documents: Sequence[Document], table: Table, *, unit: Unit = "sentence", min_confidence: float = 0.0
) -> tuple[list[ScoredStatement], list[Reject]]:
    """Scored statements of some documents, in order; a document that cannot be analysed is rejected, not raised."""

    def scored(some: Sequence[Document]) -> list[ScoredStatement]:
        return list(analyse(some, table, unit=unit, min_confidence=min_confidence))

    try:
        return scored(documents), []
    except Exception:  # one document's fault must not end a run of millions: look for it
        statements: list[ScoredStatement] = []
        rejects: list[Reject] = []
        for document in documents:
            try:
                statements += scored([document])
            except Exception as error:
                what = " ".join(f"cannot be analysed ({type(error).__name__}: {error})".split())
                rejects.append(Reject(document.id, what))
        return statements, rejects


def work(task: Task, documents: Sequence[Document]) -> Done:
    """A batch from documents to what is written."""
    table = open_once(task.model, task.digest)
    scored, rejects = score_batch(documents, table, unit=task.unit, min_confidence=task.min_confidence)
    content = columns(scored, table.labels) if task.form == "parquet" else lines(scored, table, task.form)
    return Done(content, len(scored), rejects)


@cache
def open_once(model: str, digest: str) -> Table:
    """The table of a file, read once in a process. Raises ModelError if the file is no longer the one meant."""
    if digest_of(Path(model)) != digest:
        remedy = "run again, with a model that stays as it is"
        raise ModelError("the model was changed during the run", place=model, remedy=remedy)
    return Table.load(model)


def digest_of(model: Path) -> str:
    """SHA-256 of a table's file. Raises ModelError when it cannot be read."""
    import hashlib

    try:
        return hashlib.sha256(model.read_bytes()).hexdigest()
    except OSError as error:
        what = f"cannot read the model ({error.strerror})"
        raise ModelError(what, place=str(model), remedy="check --model") from None


def lines(scored: Sequence[ScoredStatement], table: Table, form: str) -> bytes:
    """Statements as lines of jsonl or csv, as `stance score` prints them, the header of csv left out."""
    return rendered(scored, table, form)[len(header(table, form)) :]


def header(table: Table, form: str) -> bytes:
    """What such a file begins with."""
    return rendered([], table, form)


def rendered(scored: Sequence[ScoredStatement], table: Table, form: str) -> bytes:
    """Statements as a whole file of jsonl or csv."""
    file = io.StringIO(newline="")
    write(scored, file, form=form, labels=table.labels, tone=table.has_tone)
    return file.getvalue().encode()


STATEMENT = {
    "document": "string",
    "index": "int64",
    "text": "string",
    "start": "int64",
    "end": "int64",
    "content_start": "int64",
    "content_end": "int64",
    "speaker": "string",
    "speaker_full": "string",
    "target": "string",
    "voice": "string",
}
"""Columns that come from the statement, with their Arrow types."""


def kinds(labels: Sequence[str]) -> dict[str, str]:
    """Column -> Arrow type of the rows of Parquet and Spark, in order."""
    judged = {"stance": "string", "confidence": "float64"}
    return STATEMENT | judged | {f"p_{label}": "float64" for label in labels} | {"tone": "float64"}


def columns(scored: Sequence[ScoredStatement], labels: Sequence[str]) -> Columns:
    """Statements by column, for Parquet and Spark."""
    of_statement = {name: [getattr(s.statement, name) for s in scored] for name in STATEMENT}
    judged = {name: [getattr(s, name) for s in scored] for name in ("stance", "confidence")}
    probabilities = {f"p_{label}": [s.probabilities[label] for s in scored] for label in labels}
    return of_statement | judged | probabilities | {"tone": [s.tone for s in scored]}


def schema(labels: Sequence[str]) -> Any:
    """The Arrow schema of a row."""
    import pyarrow

    return pyarrow.schema([(name, getattr(pyarrow, kind)()) for name, kind in kinds(labels).items()])


def to_line(reject: Reject) -> bytes:
    """A line of the reject file."""
    return (json.dumps(reject._asdict(), ensure_ascii=False) + "\n").encode()
