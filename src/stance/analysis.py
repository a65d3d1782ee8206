"""Where text meets model: documents and a table in, scored statements out. Everything that scores comes this way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from stance.errors import UsageError
from stance.model.table import BATCH, Table
from stance.statement import UNCERTAIN, Document, ScoredStatement, Statement
from stance.text.attributing import attribute
from stance.text.segmenting import Unit, segment

T = TypeVar("T")


def analyse(
    documents: Iterable[Document], table: Table, *, unit: Unit = "sentence", min_confidence: float = 0.0
) -> Iterator[ScoredStatement]:
    """Scored statements of all documents, in order; reads no further ahead than one batch.

    unit: "sentence" cuts each document into sentences, "line" takes each line, or row of a table, as one statement.
    min_confidence: in [0, 1]; statements of which the model is less sure get the stance "uncertain".
    Raises UsageError for another min_confidence.
    """
    if not 0 <= min_confidence <= 1:
        remedy = "give a number from 0 to 1, such as 0.6"
        raise UsageError(f"{min_confidence} is no probability", place="min_confidence", remedy=remedy)
    statements = (s for document in documents for s in attribute(document, segment(document, unit=unit)))
    return (one for batch in batches(statements) for one in judge(batch, table, min_confidence=min_confidence))


def batches(statements: Iterable[T]) -> Iterator[list[T]]:
    """Lists of one statement, two, four and so on up to BATCH: the first result comes soon, the others fast.

    >>> [len(batch) for batch in batches(["a statement"] * 9)]
    [1, 2, 4, 2]
    """
    waiting, size = iter(statements), 1
    while batch := list(islice(waiting, size)):
        yield batch
        size = min(2 * size, BATCH)


def judge(statements: list[Statement], table: Table, *, min_confidence: float = 0.0) -> Iterator[ScoredStatement]:
    """What the table says of each statement."""
    scores = table.score([judged_text(s) for s in statements])
    tones = [None] * len(statements) if scores.tone is None else scores.tone.round(3).tolist()
    for statement, row, tone in zip(statements, scores.probabilities.round(6).tolist(), tones, strict=True):
        confidence = max(row)
        stance = table.labels[row.index(confidence)] if confidence >= min_confidence else UNCERTAIN
        yield ScoredStatement(statement, stance, confidence, dict(zip(table.labels, row, strict=True)), tone)


def judged_text(statement: Statement) -> str:
    """The part of a statement that its stance is judged by."""
    return statement.text
