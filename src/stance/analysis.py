"""Where text meets model: documents and a table in, scored statements out. Everything that scores comes this way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from numbers import Real
from typing import TypeVar, get_args

from stance.errors import UsageError
from stance.model.table import BATCH, Table
from stance.statement import UNCERTAIN, Document, ScoredStatement, Statement
from stance.text.attributing import attribute
from stance.text.segmenting import Unit, segment

T = TypeVar("T")

LONGEST = 500_000
"""Characters, some 80,000 words: a longer document is analysed in pieces, so that memory stays flat."""


def analyse(
    documents: Iterable[Document], table: Table, *, unit: Unit = "sentence", min_confidence: float = 0.0
) -> Iterator[ScoredStatement]:
    """Scored statements of all documents, in order; reads no further ahead than one batch.

    unit: "sentence" cuts each document into sentences, "line" takes each line, or row of a table, as one statement.
    min_confidence: in [0, 1]; statements of which the model is less sure get the stance "uncertain".
    Who speaks is not carried over from one piece of a document longer than `LONGEST` to the next.
    Raises UsageError for another unit or min_confidence.
    """
    require_probability(min_confidence)
    if unit not in get_args(Unit):
        raise UsageError(f"there is no {unit!r}", place="unit", remedy=f"choose {' or '.join(get_args(Unit))}")
    statements = (s for document in documents for s in told(document, unit))
    return (one for batch in batches(statements) for one in judge(batch, table, min_confidence=min_confidence))


def require_probability(min_confidence: float) -> None:
    """Raise UsageError for a least confidence that is none."""
    if not (isinstance(min_confidence, Real) and 0 <= min_confidence <= 1):
        remedy = "give a number from 0 to 1, such as 0.6"
        raise UsageError(f"{min_confidence!r} is no probability", place="min_confidence", remedy=remedy)


def told(document: Document, unit: Unit = "sentence") -> Iterator[Statement]:
    """The statements of a document, with speakers, counted and placed in the whole of it."""
    return attributed(cuts(document, unit), document.first)


def cuts(document: Document, unit: Unit = "sentence") -> Iterator[tuple[Document, list[Statement]]]:
    """The pieces of a document, each with its statements, whose speakers nobody has looked for yet."""
    return ((piece, segment(piece, unit=unit)) for piece in pieces(document, unit))


def attributed(parts: Iterable[tuple[Document, list[Statement]]], first: int = 0) -> Iterator[Statement]:
    """The statements of what `cuts` gave, with speakers, counted from ``first`` and placed in the whole document."""
    for piece, statements in parts:
        found = attribute(piece, statements)
        yield from (_moved(s, piece.offset, first) for s in found) if piece.offset else found
        first += len(found)


def pieces(document: Document, unit: Unit = "sentence") -> Iterator[Document]:
    """The document; one longer than `LONGEST` in pieces, cut between paragraphs, else lines, else words.

    A row that is one statement is never cut. ``first`` of the pieces is left for who counts the statements.

    >>> [(len(piece.text), piece.offset) for piece in pieces(Document("A line. " * 100_000, "long"))]
    [(500000, 0), (300000, 500000)]
    """
    text, start = document.text, 0
    if len(text) <= LONGEST or (unit == "line" and document.row):
        yield document
        return
    while start < len(text):
        end = _cut(text, start)
        yield replace(document, text=text[start:end], offset=document.offset + start)
        start = end


def _cut(text: str, start: int) -> int:
    """Where a piece that begins at ``start`` ends."""
    end = start + LONGEST
    if end >= len(text):
        return len(text)
    for mark in ("\n\n", "\n", ". ", " "):
        at = text.rfind(mark, start + LONGEST // 2, end)
        if at >= 0:
            return at + len(mark)
    return end


def _moved(s: Statement, by: int, first: int) -> Statement:
    places = {name: getattr(s, name) + by for name in ("start", "end", "content_start", "content_end")}
    judged_end = None if s.judged_end is None else s.judged_end + by
    return replace(s, index=first + s.index, judged_end=judged_end, **places)


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
    scores = table.score([s.judged for s in statements])
    tones = [None] * len(statements) if scores.tone is None else scores.tone.round(3).tolist()
    for statement, row, tone in zip(statements, scores.probabilities.round(6).tolist(), tones, strict=True):
        confidence = max(row)
        stance = table.labels[row.index(confidence)] if confidence >= min_confidence else UNCERTAIN
        yield ScoredStatement(statement, stance, confidence, dict(zip(table.labels, row, strict=True)), tone)
