"""What a run leaves on the disk: its statements, its rejects, and a note of how far it is.

Statements go to one file of jsonl or csv, or to a folder of Parquet parts. Readers meet only whole things: the file
gets its name when the run is done, a part when it is full. Every `PART` batches all is safe on the disk, and the note
says so; what stands behind that, a run that goes on cuts off and makes again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from stance.errors import InputError, StanceError, UsageError
from stance.numerals import counted
from stance.scaling.corpus import Reject
from stance.scaling.work import Columns, Done, to_line

PART = 16
"""Batches in a part: some 60,000 statements, ten seconds of one process."""

_FORMS = {".jsonl": "jsonl", ".csv": "csv"}


@dataclass(frozen=True)
class Note:
    """How far a run is. about: what makes its output what it is; the rest counts what is safe on the disk.

    written: bytes of the file, or Parquet parts; rejects_written: bytes of rejects.
    """

    about: Mapping[str, Any]
    batches: int = 0
    documents: int = 0
    statements: int = 0
    rejected: int = 0
    written: int = 0
    rejects_written: int = 0
    finished: bool = False


def form_of(out: Path) -> str:
    """jsonl or csv by the ending, parquet for a folder. Raises UsageError for any other ending."""
    ending = out.suffix.lower()
    if not ending and not out.is_file():
        return "parquet"
    if ending not in _FORMS:
        remedy = "name a file that ends in .jsonl or .csv, or a folder, for Parquet parts"
        raise UsageError("neither .jsonl nor .csv nor a folder", place=f"--out {out}", remedy=remedy)
    return _FORMS[ending]


def rejects_of(out: Path) -> Path:
    """The file of what was rejected; in a folder under a name that readers of Parquet pass over."""
    return _beside(out, "rejects.jsonl")


def leavings(out: Path) -> list[Path]:
    """All that a run leaves."""
    return [out, rejects_of(out), _note_of(out)]


def _note_of(out: Path) -> Path:
    return _beside(out, "run.json")


def _beside(out: Path, name: str) -> Path:
    return out.with_name(f"{out.name}.{name}") if out.suffix.lower() in _FORMS else out / f"_{name}"


def save_note(out: Path, note: Note) -> None:
    """Write the note of a run beside its output."""
    _write(_note_of(out), note)


class Output:
    """The output of one run.

    form: of `form_of`. about: what makes the output what it is: model, options, corpus. head: what a file of jsonl or
    csv begins with. schema: that of Parquet rows.
    """

    def __init__(self, out: Path, form: str, about: Mapping[str, Any], head: bytes, schema: Any) -> None:
        self.out, self.rejects, self._file = out, rejects_of(out), _note_of(out)
        self._statements: _Sink = _Parts(out, schema) if form == "parquet" else _Lines(out, head)
        self._rejected = _Lines(self.rejects, b"")
        self.note = Note(about)

    def begin(self, *, resume: bool) -> Note:
        """Make ready to write, with ``resume`` behind what is safe already; the note of that.

        Raises UsageError for an unfinished run not to be resumed, or one of another model, options or corpus, and for
        a folder with other things in it.
        """
        with self._guarded():
            found = _noted(self._file) if self._file.exists() else None
            if found and resume:
                self._require_same(found.about)
            elif found and not found.finished:
                what = f"there is a run that stopped after {counted(found.statements, 'statement')}"
                raise UsageError(what, place=f"--out {self.out}", remedy="add --resume, or remove it")
            elif self.out.is_dir() and any(self.out.iterdir()):
                raise UsageError("a folder with something in it", place=f"--out {self.out}", remedy="name a new one")
            if found and resume and (self.out.exists() or not found.finished):
                self.note = found
            if not self.note.finished:
                self._statements.open(self.note.written)
                self._rejected.open(self.note.rejects_written)
                self._save()
        return self.note

    def add(self, documents: int, done: Done, rejects: Sequence[Reject]) -> None:
        """Write one batch."""
        with self._guarded():
            self._statements.write(done.content)
            self._rejected.write(b"".join(map(to_line, rejects)))
            note = self.note
            self.note = replace(
                note,
                batches=note.batches + 1,
                documents=note.documents + documents,
                statements=note.statements + done.statements,
                rejected=note.rejected + len(rejects),
            )
            if self.note.batches % PART == 0:
                self._save()

    def finish(self) -> Note:
        """Give all its name."""
        with self._guarded():
            self._save()
            self._statements.close()
            self._rejected.close()
            if not self.note.rejected:
                self.rejects.unlink()
            self.note = replace(self.note, finished=True)
            _write(self._file, self.note)
        return self.note

    def _save(self) -> None:
        self.note = replace(self.note, written=self._statements.save(), rejects_written=self._rejected.save())
        _write(self._file, self.note)

    def _require_same(self, before: Mapping[str, Any]) -> None:
        about = self.note.about
        other = [name for name in about if before.get(name) != about[name]]
        if other:
            what = f"the run there was begun with another {' and another '.join(other).replace('_', ' ')}"
            raise UsageError(what, place=f"--out {self.out}", remedy="run as then, or name another --out")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = f"cannot be written ({(error.strerror or 'error').lower()})"
            raise StanceError(what, place=f"--out {self.out}", remedy="mend that, then add --resume") from error


class _Sink(Protocol):
    def open(self, written: int) -> None: ...
    def write(self, content: Any) -> None: ...
    def save(self) -> int: ...
    def close(self) -> None: ...


class _Lines:
    """A file written under another name until it is whole."""

    def __init__(self, path: Path, head: bytes) -> None:
        self._path, self._part, self._head = path, path.with_name(f".{path.name}.part"), head
        self._file: BinaryIO

    def open(self, written: int) -> None:
        """Go on after so many bytes; what stands behind them was never safe."""
        self._file = self._part.open("r+b" if written else "wb")
        if written > self._file.seek(0, os.SEEK_END):
            raise InputError("shorter than it was", place=str(self._part), remedy="begin again without --resume")
        self._file.truncate(written)
        self._file.seek(written)
        if not written:
            self._file.write(self._head)

    def write(self, content: bytes) -> None:
        self._file.write(content)

    def save(self) -> int:
        """Bytes that are on the disk now."""
        _sync(self._file)
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        self._part.replace(self._path)


class _Parts:
    """A folder of Parquet parts; each batch is a row group."""

    def __init__(self, folder: Path, schema: Any) -> None:
        self._folder, self._schema = folder, schema
        self._part = folder / ".part"
        self._count = 0
        self._writer: Any = None

    def open(self, written: int) -> None:
        self._folder.mkdir(exist_ok=True)
        self._count = written
        for path in self._folder.glob("part-*.parquet"):
            if path.name >= self._name(written):
                path.unlink()

    def write(self, content: Columns) -> None:
        import pyarrow.parquet

        if self._writer is None:
            self._writer = pyarrow.parquet.ParquetWriter(self._part, self._schema, compression="zstd")
        batch = pyarrow.RecordBatch.from_pydict(content, schema=self._schema)
        if len(batch):
            self._writer.write_batch(batch)

    def save(self) -> int:
        """Parts that are on the disk now."""
        if self._writer is not None:
            self._writer.close()
            with self._part.open("rb") as file:
                _sync(file)
            self._part.replace(self._folder / self._name(self._count))
            self._writer, self._count = None, self._count + 1
        return self._count

    def close(self) -> None:
        """A folder of no statements still says what columns they would have."""
        if not self._count:
            import pyarrow.parquet

            pyarrow.parquet.write_table(self._schema.empty_table(), self._folder / self._name(0))

    @staticmethod
    def _name(number: int) -> str:
        return f"part-{number:06}.parquet"


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _noted(path: Path) -> Note:
    try:
        return Note(**json.loads(path.read_bytes()))
    except (ValueError, TypeError):
        raise InputError("no note of a run", place=str(path), remedy="remove it and begin again") from None


def _write(path: Path, note: Note) -> None:
    part = path.with_name(f".{path.name.lstrip('.')}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(asdict(note), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
