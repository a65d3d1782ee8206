"""Statements without labels: read from files, each with the place where it stands."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from stance.errors import InputError
from stance.text.reading import FORMATS, read
from stance.text.segmenting import segment

_TABLES = {"csv", "tsv", "jsonl", "parquet"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement to label. place: "file:line" of a table's row, "file#number" of a sentence in a text."""

    place: str
    text: str


def read_candidates(paths: Sequence[str | os.PathLike[str]], *, text_column: str = "text") -> list[Candidate]:
    """The statements of files, folders and ``-``: each row of a table, each sentence of a text; the same words once.

    Raises InputError for what cannot be read, and when there is no statement at all.
    """
    found: dict[str, Candidate] = {}
    for path in paths:
        whole = FORMATS.get(Path(path).suffix.lower()) in _TABLES
        for document in read(path, text_column=text_column):
            if whole:
                rows = [Candidate(document.id, " ".join(document.text.split()))]
            else:
                rows = [Candidate(f"{document.id}#{s.index + 1}", " ".join(s.text.split())) for s in segment(document)]
            for row in rows:
                found.setdefault(row.text.casefold(), row)
    found.pop("", None)
    if not found:
        raise InputError("no statements", place=", ".join(map(str, paths)), remedy="give a file with text in it")
    return list(found.values())


def write_form(candidates: Iterable[Candidate], file: IO[str]) -> None:
    """Write a csv to fill in: text, stance (empty), tone (empty), place. ``stance train`` reads it when it is full."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["text", "stance", "tone", "place"])
    writer.writerows((c.text, "", "", c.place) for c in candidates)


def without(candidates: Iterable[Candidate], texts: Iterable[str]) -> Iterator[Candidate]:
    """The candidates whose words are not among ``texts``."""
    known = {" ".join(text.split()).casefold() for text in texts}
    return (c for c in candidates if c.text.casefold() not in known)
