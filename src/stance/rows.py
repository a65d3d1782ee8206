"""Tables (csv, tsv, jsonl, parquet) as a stream of rows that know their line.

`read_rows` stops at the first row that cannot be used; `sift_rows`, for long runs, gives an InputError in its place
and goes on. What is wrong with a whole file (no such column, no table) is raised by both.

The readers take ``column``, without which a table is refused. With None every table will do, and as any of its
columns may be meant, no two may have one name.
"""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain, count
from typing import TYPE_CHECKING, Any, NamedTuple

from stance.decoding import decoded, lines, require_decoded
from stance.errors import InputError

if TYPE_CHECKING:
    from json import JSONDecoder

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""Ending of a file that holds a table -> its format."""

_DELIMITERS = ",\t;|"
_BLANK = _DELIMITERS + " \r\n"
_NAME_IT = "name one with --text-column"
_SURROGATE = re.compile("[\ud800-\udfff]")


class Row(NamedTuple):
    """A row: the line it begins on (from 1; in Parquet its own number) and column -> cell, None if empty."""

    line: int
    fields: Mapping[str, Any]


Found = Generator[Row | InputError]


def read_rows(
    stream: io.BufferedReader, place: str, form: str, column: str | None = None, also: Iterable[str] = ()
) -> Generator[Row]:
    """Rows of a table in ``form``, a value of `FORMATS`; see its reader, as `read_csv`, for the errors, all raised.

    With ``column``, Parquet, which can, reads only that and those of ``also``. ``place`` names the source in errors.
    """
    with closing(sift_rows(stream, place, form, column, also)) as found:
        for row in found:
            if isinstance(row, InputError):
                raise row
            yield row


def sift_rows(
    stream: io.BufferedReader, place: str, form: str, column: str | None = None, also: Iterable[str] = ()
) -> Found:
    """The same, with an InputError in the place of each row that cannot be used."""
    if form == "parquet":
        return read_parquet(stream, place, column, also)
    return {"csv": read_csv, "tsv": read_tsv, "jsonl": read_jsonl}[form](stream, place, column)


def read_csv(
    stream: io.BufferedReader,
    place: str,
    column: str | None = None,
    *,
    delimiters: str = _DELIMITERS,
    quoted: bool = True,
) -> Found:
    """Rows under a header that names ``column``; the delimiter is the one that makes the header do so.

    Rows without a filled cell are passed over. A column without a name is called after its number.

    Quoting is strict: a lenient reader swallows quotation marks and line ends without a word. Without
    ``quoted`` a quotation mark is a character as any other.
    Raises InputError for a header without ``column``, or with two of one name; gives it for malformed rows.
    """
    import csv

    csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))  # a cell may hold a book
    with decoded(stream, place, newline="") as lines:
        skipped, first = next(((n, line) for n, line in enumerate(lines) if line.strip(_BLANK)), (0, ""))
        if not first:
            return
        delimiter = find_delimiter(first, column, delimiters)
        reader = csv.reader(
            chain([first], lines),
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            strict=True,
        )
        header = _header(_cells(reader, f"{place}:{skipped + 1}") or [], column, f"{place}:{skipped + 1}")
        while True:
            number = skipped + reader.line_num + 1
            here = f"{place}:{number}"
            try:
                cells = _cells(reader, here)
                if cells is None:
                    return
                joined = "".join(cells)
                require_decoded(joined, here)
                row = Row(number, _named(cells, header, here, delimiter)) if joined.strip() else None
            except InputError as error:
                yield error
            else:
                if row:
                    yield row


def _cells(reader: Iterator[list[str]], place: str) -> list[str] | None:
    """The next row of a csv; None at the end."""
    import csv

    try:
        return next(reader, None)
    except csv.Error as error:
        remedy = "put cells with quotation marks in quotation marks and double the inner ones"
        raise InputError(f"broken row ({error})", place=place, remedy=remedy) from error


def read_tsv(stream: io.BufferedReader, place: str, column: str | None = None) -> Found:
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


def read_jsonl(stream: io.BufferedReader, place: str, column: str | None = None) -> Found:
    """Objects, one on each line; blank lines are passed over.

    Gives InputError for broken JSON, other values than objects and objects without ``column``.
    """
    import json

    decoder = json.JSONDecoder(strict=False)  # control characters inside a string do no harm
    number = 0
    for line in lines(stream, place):
        number += 1
        if line.isspace():
            continue
        found = _object(decoder, line, column, f"{place}:{number}")
        del line  # it may be long, and whoever takes the row may take long too
        yield found if isinstance(found, InputError) else Row(number, found)


def _object(decoder: JSONDecoder, line: str, column: str | None, place: str) -> dict[str, Any] | InputError:
    try:
        require_decoded(line, place)
        row = decoder.decode(line)
        if isinstance(row, dict):
            require(column, row, place)
            return row
    except InputError as error:
        return error
    except (ValueError, RecursionError) as error:
        what = f"broken JSON ({getattr(error, 'msg', 'too deep or too long')})"
        return InputError(what, place=place, remedy="write one whole object on each line")
    remedy = f'write objects such as {{"{column or "text"}": "..."}}, one on each line'
    return InputError("not a JSON object", place=place, remedy=remedy)


def read_parquet(stream: io.BufferedReader, place: str, column: str | None = None, also: Iterable[str] = ()) -> Found:
    """Rows of a Parquet file, of which only ``column`` and those of ``also`` are read.

    Raises InputError for a damaged file and for one without ``column``, or with two of one name; gives it for a row
    whose text is no UTF-8.
    """
    import pyarrow
    import pyarrow.parquet

    source = stream if stream.seekable() else io.BytesIO(stream.read())
    try:
        # Buffered, because a column of a row group would otherwise be read whole.
        table = pyarrow.parquet.ParquetFile(source, buffer_size=2**20)
        there = table.schema_arrow.names
        require(column, there, place)
        _refuse_twins(there, column, place)
        columns = None if column is None else [name for name in dict.fromkeys((column, *also)) if name in there]
        batches = table.iter_batches(batch_size=1000, columns=columns)
        for number, fields in zip(count(1), (row for batch in batches for row in _dicts(batch)), strict=False):
            if fields is None:
                yield InputError("a text that is no UTF-8", place=f"{place}:{number}", remedy="write it anew")
            else:
                yield Row(number, fields)
    except (pyarrow.ArrowException, OSError) as error:
        what = f"damaged Parquet file ({' '.join(str(error).split())})"
        raise InputError(what, place=place, remedy="write it anew") from error


def _dicts(batch: Any) -> Iterator[dict[str, Any] | None]:
    """The rows of an Arrow batch; None for one that cannot be decoded."""
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:
        for i in range(len(batch)):
            try:
                yield batch.slice(i, 1).to_pylist()[0]
            except UnicodeDecodeError:
                yield None


def find_delimiter(header: str, column: str | None, candidates: str = _DELIMITERS) -> str:
    r"""The delimiter under which the header names ``column``, else the one that makes most cells.

    >>> find_delimiter("id;text;place, if known", "text")
    ';'
    """
    import csv

    def cells(delimiter: str) -> list[str]:
        return [cell.strip() for cell in next(csv.reader([header], delimiter=delimiter), [])]

    return max(candidates, key=lambda d: (column in cells(d), len(cells(d))))


def require(column: str | None, there: Iterable[str], place: str) -> None:
    """Raise InputError, with the columns there are, if ``column`` is wanted and not among them."""
    if column is not None and column not in (names := list(there)):
        what = f"no column {column!r} (there are: {', '.join(names)})" if names else f"no column {column!r}"
        raise InputError(what, place=place, remedy=_NAME_IT)


def text_of(row: Mapping[str, Any], column: str, place: str) -> str:
    """The text of a row as it stands. Raises InputError where it is missing, NaN, blank or no text."""
    text = row[column]
    if isinstance(text, str) and text and not text.isspace() and text not in ("NaN", "nan"):
        # JSON can write half a surrogate pair, which no output can encode; offsets stay as they are.
        return _whole(text)
    if text is None or isinstance(text, str) or text != text:
        raise InputError(f"no text in column {column!r}", place=place, remedy="fill it or remove the row")
    what = f"column {column!r} holds {type(text).__name__}, not text"
    raise InputError(what, place=place, remedy=_NAME_IT)


def _whole(text: str) -> str:
    """The text itself where it has no half surrogate pair: a copy of a long one would not be small."""
    return text if text.isascii() or not _SURROGATE.search(text) else _SURROGATE.sub("\ufffd", text)


def word_of(value: object) -> str | None:
    """Metadata as text: scalars and dates; None for what is missing, empty or structured.

    A whole number is written as one, though pandas makes floats of a column of them in which some are missing.

    >>> from datetime import datetime
    >>> word_of(12), word_of(12.0), word_of(datetime(2024, 5, 1)), word_of(float("nan")), word_of(" ")
    ('12', '12', '2024-05-01', None, None)
    """
    if isinstance(value, str):
        return _whole(value).strip() or None
    if value is None or value != value or isinstance(value, (dict, list, bytes)):
        return None
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value)


def _header(cells: list[str], column: str | None, place: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    # One without a name is most often the row number that pandas writes.
    names = [name or f"column {number}" for number, name in enumerate(names, 1)]
    require(column, names, place)
    _refuse_twins(names, column, place)
    return names


def _refuse_twins(names: list[str], column: str | None, place: str) -> None:
    # If one column is wanted, it does no harm that others which nobody reads share a name.
    for name in names if column is None else [column]:
        if names.count(name) > 1:
            raise InputError(f"two columns named {name!r}", place=place, remedy="rename one of them")


def _named(cells: list[str], header: list[str], place: str, delimiter: str) -> Mapping[str, str | None]:
    if len(cells) > len(header) and any(cells[len(header) :]):
        what = f"{len(cells)} cells under a header of {len(header)}"
        raise InputError(what, place=place, remedy=f"put cells that hold {delimiter!r} in quotation marks")
    row = {name: cell or None for name, cell in zip(header, cells, strict=False)}
    return row if len(cells) >= len(header) else dict.fromkeys(header) | row
