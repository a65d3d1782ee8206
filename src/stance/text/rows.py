"""Rows of tables (csv, tsv, jsonl, parquet) as a stream of (line or row number from 1, column -> cell)."""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterable, Mapping
from itertools import chain
from typing import Any

from stance.errors import InputError
from stance.text.decoding import decoded

Row = tuple[int, Mapping[str, Any]]
_DELIMITERS = ",\t;|"
_NAME_IT = "name one with --text-column"
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_csv(
    stream: io.BufferedReader, place: str, column: str, *, delimiters: str = _DELIMITERS, quoted: bool = True
) -> Generator[Row]:
    """Rows under a header that names ``column``; the delimiter is the one that makes the header do so.

    Quoting is strict: a lenient reader swallows quotation marks and line ends without a word. Without
    ``quoted`` a quotation mark is a character as any other.
    Raises InputError for a header without ``column`` and for malformed rows.
    """
    import csv

    csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))  # a cell may hold a book
    with decoded(stream, place, newline="") as lines:
        skipped, first = next(((n, line) for n, line in enumerate(lines) if line.strip()), (0, ""))
        if not first:
            return
        delimiter = find_delimiter(first, column, delimiters)
        reader = csv.reader(
            chain([first], lines),
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            strict=True,
        )
        number = skipped + 1
        try:
            header = [cell.strip() for cell in next(reader)]
            require(column, header, f"{place}:{number}")
            number = skipped + reader.line_num + 1
            for cells in reader:
                if cells:
                    yield number, _named(cells, header, f"{place}:{number}", delimiter)
                number = skipped + reader.line_num + 1
        except csv.Error as error:
            remedy = "put cells with quotation marks in quotation marks and double the inner ones"
            raise InputError(f"broken row ({error})", place=f"{place}:{number}", remedy=remedy) from error


def read_tsv(stream: io.BufferedReader, place: str, column: str) -> Generator[Row]:
    """Rows of a file separated by tabs, otherwise as `read_csv`.

    Many a tsv is written without csv's quoting. Where the stream can be read twice and quoting does not fit
    all of it, the quotation marks belong to the text.
    """
    quoted = not stream.seekable() or _is_quoted(stream, place)
    return read_csv(stream, place, column, delimiters="\t", quoted=quoted)


def _is_quoted(stream: io.BufferedReader, place: str) -> bool:
    import csv

    csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))
    start = stream.tell()
    try:
        with decoded(stream, place, newline="") as lines:
            return all(True for _ in csv.reader(lines, delimiter="\t", strict=True))
    except csv.Error:
        return False
    finally:
        stream.seek(start)


def read_jsonl(stream: io.BufferedReader, place: str, column: str) -> Generator[Row]:
    """Objects, one on each line; blank lines are passed over.

    Raises InputError for broken JSON, other values than objects and objects without ``column``.
    """
    import json

    decoder = json.JSONDecoder(strict=False)  # control characters inside a string do no harm
    with decoded(stream, place) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            here = f"{place}:{number}"
            try:
                row = decoder.decode(line)
            except (ValueError, RecursionError) as error:
                what = f"broken JSON ({getattr(error, 'msg', 'too deep or too long')})"
                raise InputError(what, place=here, remedy="write one whole object on each line") from error
            if not isinstance(row, dict):
                remedy = f'write objects such as {{"{column}": "..."}}, one on each line'
                raise InputError("not a JSON object", place=here, remedy=remedy)
            require(column, row, here)
            yield number, row


def read_parquet(stream: io.BufferedReader, place: str, column: str, also: Iterable[str] = ()) -> Generator[Row]:
    """Rows of a Parquet file, of which only ``column`` and those of ``also`` are read."""
    import pyarrow
    import pyarrow.parquet

    source = stream if stream.seekable() else io.BytesIO(stream.read())
    try:
        # Buffered, because a column of a row group would otherwise be read whole.
        table = pyarrow.parquet.ParquetFile(source, buffer_size=2**20)
        there = table.schema_arrow.names
        require(column, there, place)
        columns = [name for name in dict.fromkeys((column, *also)) if name in there]
        batches = table.iter_batches(batch_size=1000, columns=columns)
        yield from enumerate((row for batch in batches for row in batch.to_pylist()), 1)
    except (pyarrow.ArrowException, UnicodeDecodeError, OSError) as error:
        what = f"damaged Parquet file ({' '.join(str(error).split())})"
        raise InputError(what, place=place, remedy="write it anew") from error


def find_delimiter(header: str, column: str, candidates: str = _DELIMITERS) -> str:
    r"""The delimiter under which the header names ``column``, else the one that makes most cells.

    >>> find_delimiter("id;text;place, if known", "text")
    ';'
    """
    import csv

    def cells(delimiter: str) -> list[str]:
        return [cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), [])]

    return max(candidates, key=lambda d: (column in cells(d), len(cells(d))))


def require(column: str, there: Iterable[str], place: str) -> None:
    """Raise InputError, with the columns there are, if ``column`` is not among them."""
    names = list(there)
    if column not in names:
        what = f"no column {column!r} (there are: {', '.join(names)})" if names else f"no column {column!r}"
        raise InputError(what, place=place, remedy=_NAME_IT)


def text_of(row: Mapping[str, Any], column: str, place: str) -> str:
    """The text of a row as it stands. Raises InputError where it is missing, NaN, blank or no text."""
    text = row[column]
    if isinstance(text, str) and text.strip() and text not in ("NaN", "nan"):
        # JSON can write half a surrogate pair, which no output can encode; offsets stay as they are.
        return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
    if text is None or isinstance(text, str) or text != text:
        raise InputError(f"no text in column {column!r}", place=place, remedy="fill it or remove the row")
    what = f"column {column!r} holds {type(text).__name__}, not text"
    raise InputError(what, place=place, remedy=_NAME_IT)


def word_of(value: object) -> str | None:
    """Metadata as text: scalars and dates; None for what is missing, empty or structured.

    >>> from datetime import datetime
    >>> word_of(12), word_of(datetime(2024, 5, 1)), word_of(float("nan")), word_of(" ")
    ('12', '2024-05-01', None, None)
    """
    if isinstance(value, str):
        return (value if value.isascii() else _SURROGATE.sub("\ufffd", value)).strip() or None
    if value is None or value != value or isinstance(value, (dict, list, bytes)):
        return None
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value)


def _named(cells: list[str], header: list[str], place: str, delimiter: str) -> Mapping[str, str | None]:
    if any(cells[len(header) :]):
        what = f"{len(cells)} cells under a header of {len(header)}"
        raise InputError(what, place=place, remedy=f"put cells that hold {delimiter!r} in quotation marks")
    return dict.fromkeys(header) | dict(zip(header, cells, strict=False))
