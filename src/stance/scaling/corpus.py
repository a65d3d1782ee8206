"""A corpus of any size as batches of documents, cut by the input alone: another run makes the same batches."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from stance.analysis import LONGEST, pieces
from stance.errors import InputError, UsageError
from stance.statement import Document
from stance.text.reading import FORMATS, find, opened, sift_stream
from stance.text.segmenting import Unit, segment

CHARACTERS, ITEMS = 500_000, 2_000
"""Where a batch ends: half a second to a second of work, a few megabytes in memory."""


class Reject(NamedTuple):
    """What could not be scored: its place (``file:line``, a document's id), and why."""

    place: str
    reason: str

    @classmethod
    def of(cls, error: InputError) -> Reject:
        """The reject that an error of reading makes."""
        return cls(error.place or "", error.what)


@dataclass
class Batch:
    """Documents in the order of the corpus, and what was rejected on the way to them.

    read: bytes of the corpus read so far.
    """

    documents: list[Document] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    characters: int = 0
    read: int = 0

    @property
    def full(self) -> bool:
        """Whether nothing more should go in."""
        return self.characters >= CHARACTERS or len(self.documents) + len(self.rejects) >= ITEMS


@dataclass(frozen=True)
class Corpus:
    """Files, folders and patterns as they were when they were listed, which is once.

    listing: a line of JSON for each file: its name, size and time of last change; compressed, because there may be
    millions. size: bytes to read; 0 when that cannot be known. fingerprint: SHA-256 of the listing; None for standard
    input, which has none. unit: as of `stance.analysis.analyse`; text_column: the column of tables that holds the text.
    """

    listing: bytes
    size: int
    fingerprint: str | None
    unit: Unit = "sentence"
    text_column: str = "text"

    @classmethod
    def find(
        cls, paths: list[str], *, unit: Unit = "sentence", text_column: str = "text", apart_from: Collection[Path] = ()
    ) -> Corpus:
        """The corpus that paths stand for, apart from some files and folders, as what the run itself writes.

        Raises InputError for what is missing, and UsageError for a path that is one of ``apart_from``.
        """
        digest, size, listing = hashlib.sha256(), 0, io.BytesIO()
        apart = [os.path.abspath(path) for path in apart_from]
        for path in paths:
            if os.path.abspath(path) in apart and os.path.exists(path):
                raise UsageError("would be written over while it is read", place=path, remedy="name another --out")
        with gzip.GzipFile(fileobj=listing, mode="wb", compresslevel=1) as lines:
            for name in find(paths):
                if apart and _is_within(os.path.abspath(name), apart):
                    continue
                facts = _facts(name)
                line = json.dumps([name, *facts]).encode()
                digest.update(line)
                lines.write(line + b"\n")
                size += facts[0]
        known = "-" not in paths
        return cls(listing.getvalue(), size * known, digest.hexdigest() if known else None, unit, text_column)

    @property
    def files(self) -> Iterator[tuple[str, int]]:
        """Names of the files and their bytes, in the order in which they are read."""
        with gzip.GzipFile(fileobj=io.BytesIO(self.listing)) as lines:
            for line in lines:
                name, size, _ = json.loads(line)
                yield name, size

    def batches(self) -> Iterator[Batch]:
        """All of the corpus; what cannot be read is rejected, and the rest goes on."""
        batch = Batch()
        for read, found in self._items():
            if batch.full:
                yield batch
                batch = Batch()
            batch.read = max(batch.read, read)
            if isinstance(found, InputError):
                batch.rejects.append(Reject.of(found))
            else:
                batch.documents.append(found)
                batch.characters += len(found.text)
        if batch.documents or batch.rejects:
            yield batch

    def _items(self) -> Iterator[tuple[int, Document | InputError]]:
        """Documents and errors, each with the bytes read so far."""
        before = 0
        for name, size in self.files:
            try:
                for at, found in _inside(name, size, self.text_column):
                    if isinstance(found, InputError):
                        yield before + at, found
                    else:
                        for piece in self._pieces(found):
                            yield before + at, piece
            except InputError as error:
                yield before, error
            before += size

    def _pieces(self, document: Document) -> Iterator[Document | InputError]:
        """The document; a long one in pieces, which know how many statements stand before them."""
        if len(document.text) <= LONGEST:
            yield document
        elif self.unit == "line" and document.row:
            what = f"a row of {len(document.text):,} characters is no statement"
            yield InputError(what, place=document.id, remedy="leave out --unit line")
        else:
            first = 0
            for piece in pieces(document, self.unit):
                yield replace(piece, first=first)
                first += len(segment(piece, unit=self.unit))


def _inside(name: str, size: int, column: str) -> Iterator[tuple[int, Document | InputError]]:
    """What a file holds, each with the bytes of it read by then."""
    if name == "-":
        yield from ((0, found) for found in sift_stream(sys.stdin.buffer, "-", text_column=column))
        return
    with opened(name) as stream, closing(_sifted(stream, name, column)) as found:
        rows = _rows(name)
        for number, one in enumerate(found, 1):
            # Parquet is not read from front to back.
            yield size * number // rows if rows else stream.tell(), one


def _sifted(stream: Any, name: str, column: str) -> Any:
    return sift_stream(stream, name, text_column=column)


def _rows(name: str) -> int:
    """Rows of a Parquet file; 0 for any other, or a damaged one."""
    if FORMATS.get(os.path.splitext(name)[1].lower()) != "parquet":
        return 0
    import pyarrow.parquet

    try:
        return int(pyarrow.parquet.read_metadata(name).num_rows)
    except (pyarrow.ArrowException, OSError):
        return 0


def _is_within(path: str, folders: list[str]) -> bool:
    return any(path == folder or path.startswith(folder + os.sep) for folder in folders)


def _facts(name: str) -> tuple[int, int]:
    """Size in bytes and time of last change; zeros for what cannot be asked, which reading will reject."""
    try:
        about = os.stat(name)
    except OSError:
        return 0, 0
    return about.st_size, about.st_mtime_ns
