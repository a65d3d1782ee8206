"""Labelled data on disk: which files are meant, and all their rows."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stance.decoding import require_name
from stance.errors import InputError
from stance.rows import FORMATS, Row, read_rows

# A .json in a folder of data is most often about them, and no table.
KINDS = tuple(kind for kind in FORMATS if kind != ".json")
"""Endings of the files of a folder that are taken for data."""


def find_files(paths: Sequence[Path], kinds: Sequence[str] = KINDS) -> list[Path]:
    """The files meant by ``paths``, each once: files as given, of a folder those of ``kinds`` in it, sorted by name.

    Raises InputError for a folder without such a file.
    """
    return list(dict.fromkeys(file for path in paths for file in _files(Path(path), kinds)))


def _files(path: Path, kinds: Sequence[str]) -> list[Path]:
    if not path.is_dir():
        return [path]
    # Hidden files are the system's and editors' own (._a.csv, .~lock.a.csv#).
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in kinds and p.name[0] != "." and p.is_file())
    if not found:
        raise InputError("a folder without data", place=str(path), remedy=f"put {_any_of(kinds)} files in it")
    return found


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """A file open to read bytes; InputError when it is missing, a folder, unreadable, oddly named or empty."""
    require_name(str(path))
    try:
        with path.open("rb") as stream:
            if not stream.peek(1):
                raise InputError("empty file", place=str(path), remedy="give a file with data in it")
            yield stream
    except FileNotFoundError:
        raise InputError("no such file", place=str(path), remedy="check the path") from None
    except IsADirectoryError:
        raise InputError("a folder, not a file", place=str(path), remedy="name the file in it") from None
    except OSError as error:
        what = (error.strerror or "cannot be read").lower()
        raise InputError(what, place=str(path), remedy="make the file readable") from None


def read_records(path: Path) -> list[Row]:
    """All rows of one file, of the format that its ending tells (see `stance.rows.FORMATS`), with all columns.

    Raises InputError with file and line: missing or empty file, unknown ending, no rows, binary or damaged
    text, broken JSON, broken quoting, a row with more cells than the header, two columns of one name.
    """
    kind = path.suffix.lower()
    with opened(path) as stream:
        if kind not in FORMATS:
            what = f"unknown kind of file {kind!r}" if kind else "a file name without an ending"
            raise InputError(what, place=str(path), remedy=f"give {_any_of(KINDS)}")
        rows = list(read_rows(stream, str(path), FORMATS[kind]))
    if not rows:
        raise InputError("no rows", place=str(path), remedy="give a file with data below its header")
    return rows


def _any_of(kinds: Sequence[str]) -> str:
    return f"{', '.join(kinds[:-1])} or {kinds[-1]}"
