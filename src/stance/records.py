"""Tables on disk as records that know their line: csv, tsv, jsonl and parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from stance.decoding import decode
from stance.errors import InputError

KINDS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
"""Endings of the files that hold records, one a row or line."""


class Record(NamedTuple):
    """One row: the line it begins on (1-based; in parquet the row's number) and its fields by column."""

    line: int
    fields: Mapping[str, object]


def find_files(paths: Sequence[Path], kinds: Sequence[str] = KINDS) -> list[Path]:
    """The files meant by ``paths``: files as given, of a folder those of ``kinds`` in it, sorted by name.

    Raises InputError for a path that is not there and for a folder without such a file.
    """
    return [file for path in paths for file in _files(Path(path), kinds)]


def _files(path: Path, kinds: Sequence[str]) -> list[Path]:
    if not path.is_dir():
        return [path]
    # Hidden files are the system's and editors' own (._a.csv, .~lock.a.csv#).
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in kinds and p.name[0] != "." and p.is_file())
    if not found:
        raise InputError("a folder without data", place=str(path), remedy=f"put {_any_of(kinds)} files in it")
    return found


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; InputError when it is missing, a folder, unreadable or empty."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError("no such file", place=str(path), remedy="check the path") from None
    except IsADirectoryError:
        raise InputError("a folder, not a file", place=str(path), remedy="name the file in it") from None
    except OSError as error:
        what = (error.strerror or "cannot be read").lower()
        raise InputError(what, place=str(path), remedy="make the file readable") from None
    if not data.strip():
        raise InputError("empty file", place=str(path), remedy="give a file with data in it")
    return data


def read_records(path: Path) -> list[Record]:
    """All records of one file, by its ending (see ``KINDS``).

    Raises InputError with file and line: missing or empty file, unknown ending, binary or damaged
    text, broken JSON, broken quoting, a row with more cells than the header.
    """
    kind = path.suffix.lower()
    data = read_bytes(path)
    if kind not in KINDS:
        what = f"unknown kind of file {kind!r}" if kind else "a file name without an ending"
        raise InputError(what, place=str(path), remedy=f"give {_any_of(KINDS)}")
    records = _read_parquet(data, path) if kind == ".parquet" else parse(decode(data, str(path)), kind, str(path))
    if not records:
        raise InputError("no rows", place=str(path), remedy="give a file with data below its header")
    return records


def parse(text: str, kind: str, place: str) -> list[Record]:
    r"""The records of a csv, tsv or jsonl text. ``place`` names the source in errors.

    Empty csv cells are None. In .csv the header tells the separator: comma, semicolon or tab.

    >>> parse("text;stance\n\"a; b\";neutral\n", ".csv", "x.csv")
    [Record(line=2, fields={'text': 'a; b', 'stance': 'neutral'})]
    >>> parse('{"text": "a"}\n\n{"text": "b"', ".jsonl", "x.jsonl")
    Traceback (most recent call last):
        ...
    stance.errors.InputError: x.jsonl:3: broken JSON (Expecting ',' delimiter): give one JSON object a line
    """
    if kind in (".jsonl", ".ndjson"):
        return list(_parse_json_lines(text, place))
    if kind == ".csv":
        return list(_parse_table(text, _separator(text), place, quoted=True))
    try:
        return list(_parse_table(text, "\t", place, quoted=True))
    except InputError:
        # Many a .tsv is written without csv's quoting; its quotation marks then belong to the text.
        return list(_parse_table(text, "\t", place, quoted=False))


def _parse_json_lines(text: str, place: str) -> Iterator[Record]:
    # Not splitlines(): it also breaks at characters that JSON allows inside a string (U+2028 and others).
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where, remedy = f"{place}:{number}", "give one JSON object a line"
        try:
            fields = json.loads(line, strict=False)  # a tab inside a string does no harm
        except json.JSONDecodeError as error:
            raise InputError(f"broken JSON ({error.msg})", place=where, remedy=remedy) from None
        except RecursionError:
            raise InputError("JSON nested too deep", place=where, remedy=remedy) from None
        if not isinstance(fields, dict):
            raise InputError("JSON, but not an object", place=where, remedy=remedy)
        yield Record(number, fields)


def _separator(text: str) -> str:
    header = text.lstrip("\r\n").partition("\n")[0]
    return max(",;\t", key=header.count)


def _parse_table(text: str, separator: str, place: str, *, quoted: bool) -> Iterator[Record]:
    csv.field_size_limit(2**31 - 1)  # a further column may hold a whole article
    lines = io.StringIO(text, newline="")
    if quoted:
        rows = csv.reader(lines, delimiter=separator, strict=True)
    else:
        rows = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE)
    header: list[str] = []
    line = 1
    try:
        for cells in rows:
            first, line = line, rows.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _header(cells, f"{place}:{first}")
                continue
            if any(cells[len(header) :]):
                what = f"{len(cells)} cells under a header of {len(header)}"
                remedy = f"put cells that contain {separator!r} in double quotes"
                raise InputError(what, place=f"{place}:{first}", remedy=remedy)
            padded = [*cells, *[""] * (len(header) - len(cells))]
            yield Record(first, {name: cell or None for name, cell in zip(header, padded, strict=False)})
    except csv.Error as error:
        what, remedy = f"broken quoting ({error})", 'double the quotation marks inside a quoted cell ("")'
        raise InputError(what, place=f"{place}:{line}", remedy=remedy) from None


def _header(cells: list[str], place: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    for name in names:
        if name and names.count(name) > 1:
            raise InputError(f"two columns named {name!r}", place=place, remedy="rename one of them")
    # An unnamed column is most often the row number that pandas writes.
    return [name or f"column {number}" for number, name in enumerate(names, start=1)]


def _read_parquet(data: bytes, path: Path) -> list[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows = pq.read_table(pa.BufferReader(data)).to_pylist()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        what = f"not a sound parquet file ({' '.join(str(error).split())[:100]})"
        raise InputError(what, place=str(path), remedy="write it again") from None
    return [Record(number, fields) for number, fields in enumerate(rows, start=1)]


def _any_of(kinds: Sequence[str]) -> str:
    return f"{', '.join(kinds[:-1])} or {kinds[-1]}"
