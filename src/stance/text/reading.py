"""From files, folders and standard input to Documents.

Whole files (txt, md, html, pdf) are one Document each, with the path as given for its id. Tables (csv, tsv,
jsonl, parquet) are one Document per row, read as a stream, so that memory stays flat; their ids are
``path#id`` where the row has an ``id`` and ``path:line`` where it has none (Parquet: ``path:row``, from 1). Of the
rows of a table that share an id the first is told by a StanceWarning, if it is among the first 100,000.

What ``Document.text`` holds, and so what offsets count:

- txt, md: the characters of the file with every line end written ``\\n``, as ``Path.read_text()`` gives them,
  without byte order mark. Nothing else is changed: soft hyphens, control characters and mixed normal forms
  stay. Front matter of Markdown becomes metadata and is blanked with spaces, so that offsets stay.
- csv, tsv, jsonl, parquet: the cell as it stands.
- html, pdf: the text as extracted, one paragraph per line; offsets count this text, not the markup.
"""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import chain
from typing import Any, BinaryIO, cast

from stance.decoding import decode, require_name
from stance.errors import InputError, StanceWarning
from stance.rows import FORMATS as TABLES
from stance.rows import Row, find_delimiter, sift_rows, text_of, word_of
from stance.statement import Document

FORMATS = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    **TABLES,
}
"""Ending -> format. A named file with another ending is read as what it looks like; folders pass it over."""

_WATCHED = 100_000
"""Rows whose ids are compared: all of them would not fit in flat memory."""

_METADATA = ("id", "title", "date", "source", "author", "speaker")


def read(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    text_column: str = "text",
    stdin: BinaryIO | None = None,
) -> Iterator[Document]:
    """Documents of files, folders (recursive, sorted), glob patterns and ``-`` (standard input) in turn.

    All names are checked before the first file is read. Tables give ``text_column`` and, where they have
    them, the columns id, title, date, source, author and speaker.

    Raises InputError, with place and remedy, for what is missing, empty, binary, undecodable or malformed.
    """
    for name in list(find(paths)):
        if name == "-":
            yield from read_stream(stdin or sys.stdin.buffer, "-", text_column=text_column)
            continue
        with opened(name) as stream:
            yield from read_stream(stream, name, text_column=text_column)


def find(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Iterator[str]:
    """The files that names, folders and patterns stand for, each once, in the order in which they are read.

    Folders are listed as the files are taken. Raises InputError for what is missing, and for a folder without a
    readable file.
    """
    named = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    files = (file for path in named for file in _expanded(os.fspath(path)))
    return iter(dict.fromkeys(files)) if len(named) > 1 else files


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file open to read bytes; any failure of the disk or its rights is an InputError, and so is an odd name."""
    require_name(name)
    try:
        with open(name, "rb") as stream:
            yield stream
    except OSError as error:
        what = f"cannot be read ({error.strerror or error})"
        raise InputError(what, place=name, remedy="check that it is a file you may read") from error


def read_stream(
    stream: BinaryIO, name: str, *, form: str | None = None, text_column: str = "text"
) -> Iterator[Document]:
    """Documents of one open stream of bytes, which is left open.

    ``name`` becomes the Documents' id and the place of errors. ``form`` is a value of FORMATS; by default the
    ending of ``name`` tells, else what the stream begins with. Raises InputError as `read` does.
    """
    for found in sift_stream(stream, name, form=form, text_column=text_column):
        if isinstance(found, InputError):
            raise found
        yield found


def sift_stream(
    stream: BinaryIO, name: str, *, form: str | None = None, text_column: str = "text"
) -> Iterator[Document | InputError]:
    """As `read_stream`, but with an InputError in the place of each row that cannot be used, and then on."""
    place = "standard input" if name == "-" else name
    # The formats look ahead, which a BytesIO cannot do by itself.
    source = cast(io.BufferedReader, stream if hasattr(stream, "peek") else io.BufferedReader(stream))
    try:
        head = source.peek(4096)
        if not head:
            raise InputError("empty", place=place, remedy="give a file with text in it")
        form = form or FORMATS.get(os.path.splitext(name)[1].lower()) or _guess(head, text_column)
        yield from _documents(source, name, place, form, text_column)
    finally:
        if source is not stream:
            source.detach()  # or the stream would be closed with its wrapper


def _documents(
    source: io.BufferedReader, name: str, place: str, form: str, column: str
) -> Iterator[Document | InputError]:
    match form:
        case "text":
            yield Document(_filled(decode(source.read(), place), place), name)
        case "markdown":
            yield _markdown(decode(source.read(), place), name, place)
        case "html":
            from stance.text.extracting import extract_html

            yield extract_html(source.read(), name, place)
        case "pdf":
            from stance.text.extracting import extract_pdf

            yield extract_pdf(source.read(), name, place)
        case _:
            yield from _from_rows(sift_rows(source, place, form, column, _METADATA), name, place, column)


def _from_rows(
    rows: Generator[Row | InputError], name: str, place: str, column: str
) -> Iterator[Document | InputError]:
    with closing(rows):
        first = next(rows, None)
        if first is None:
            raise InputError("no rows", place=place, remedy="give a table with a row of text at least")
        seen: dict[int, int] | None = {}
        for row in chain([first], rows):
            if isinstance(row, InputError):
                yield row
                continue
            if seen is not None:
                seen = _noted(row, seen, place)
            yield _from_row(row, name, place, column)


def _noted(row: Row, seen: dict[int, int], place: str) -> dict[int, int] | None:
    """The ids seen so far, as hash -> line, with this row's; None when there is no need to look on."""
    given = word_of(row.fields.get("id"))
    first = seen.setdefault(hash(given), row.line) if given else row.line
    if first == row.line:
        return seen if len(seen) < _WATCHED else None
    what, remedy = f"id {given!r} stands on line {first} too", "give each row its own, or summaries take them for one"
    warnings.warn(f"{place}:{row.line}: {what}: {remedy}", StanceWarning, stacklevel=2)
    return None


def _from_row(row: Row, name: str, place: str, column: str) -> Document | InputError:
    number, fields = row
    try:
        text = text_of(fields, column, f"{place}:{number}")
    except InputError as error:
        return error
    known: dict[str, Any] = {key: word_of(fields[key]) for key in _METADATA if key in fields}
    given = known.pop("id", None)
    return Document(text, f"{name}#{given}" if given else f"{name}:{number}", **known, row=True)


def _markdown(text: str, name: str, place: str) -> Document:
    """The text as written, its front matter blanked, its title from there or from the first heading."""
    found: dict[str, str | None] = {}
    front = re.match(r"---[ \t]*\n((?:[\w-]+[ \t]*:.*\n|[ \t#-].*\n|\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text)
    if front:
        pairs = re.findall(r"(?m)^([\w-]+)[ \t]*:[ \t]*(.*)$", front[1])
        found = {key.lower(): word_of(value.strip().strip("\"'")) for key, value in pairs}
        text = re.sub(r"[^\n]", " ", front[0]) + text[front.end() :]
    heading = re.search(r"(?m)^# +(.+?)[ #]*$", text)
    title = found.get("title") or (heading[1] if heading else None)
    known: dict[str, Any] = {key: found.get(key) for key in ("date", "source", "author", "speaker")}
    return Document(_filled(text, place), name, title=title, **known)


def _filled(text: str, place: str) -> str:
    if not re.search("[^\0\ufeff\u200b \t\r\n\f\v]", text):  # strip would copy a long one
        raise InputError("no text in it", place=place, remedy="give a file with text in it")
    return text


def _guess(head: bytes, text_column: str) -> str:
    """The format of a stream without a telling name; plain text if it looks like nothing else."""
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PAR1"):
        return "parquet"
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    start = head.decode("utf-16" if wide else "utf-8-sig", "ignore").lstrip()
    if re.match(r"(?i)(<\?xml[^>]*>\s*)?<(!doctype )?html", start):
        return "html"
    if re.match(r'\{\s*"', start):
        return "jsonl"
    header = re.split(r"[\r\n]", start, maxsplit=1)[0].strip()
    cells = [cell.strip(' "') for cell in header.split(find_delimiter(header, text_column))]
    return "csv" if len(cells) > 1 and text_column in cells else "text"


def _expanded(name: str) -> Iterator[str]:
    """The files that a name stands for: itself, those in the folder, those that match the pattern."""
    if os.path.isdir(name):
        inside = _inside(name)
        first = next(inside, None)
        if first is None:
            remedy = f"files read have the endings {' '.join(FORMATS)}"
            raise InputError("no readable file in this folder", place=name, remedy=remedy)
        yield first
        yield from inside
        return
    if name == "-" or os.path.exists(name):  # not isfile: pipes may be read too
        yield name
        return
    import glob

    if not glob.has_magic(name):
        raise _missing(name)
    matches = sorted(glob.glob(name, recursive=True))
    if not matches:
        raise InputError("no file matches", place=name, remedy="check the pattern")
    # `**` matches folders and the files in them: reading both would read those files twice.
    files = [match for match in matches if not os.path.isdir(match)]
    yield from files or (file for match in matches for file in _expanded(match))


def _inside(folder: str) -> Iterator[str]:
    """The readable files in a folder and below, sorted by their paths, while one folder at a time is listed.

    A folder that may not be listed stands for itself, so that reading it says so.
    """
    try:
        with os.scandir(folder) as entries:
            names = sorted(filter(None, map(_name, entries)))
    except OSError:
        yield folder
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(os.sep):
            yield from _inside(path.removesuffix(os.sep))
        else:
            yield path


def _name(entry: os.DirEntry[str]) -> str | None:
    """The name of a file, that of a folder with the separator that its files' paths go on with, None for others."""
    if entry.name.startswith("."):
        return None
    if entry.is_dir():
        return None if entry.is_symlink() else entry.name + os.sep
    return entry.name if os.path.splitext(entry.name)[1].lower() in FORMATS else None


def _missing(name: str) -> InputError:
    if not name.strip():
        return InputError("an empty name", place=repr(name), remedy="name a file or folder, or - for standard input")
    if re.match(r"(?i)(https?|ftp)://", name):
        return InputError("is an address", place=name, remedy="save the page first; nothing is fetched")
    import difflib

    folder, base = os.path.split(name)
    if not os.path.isdir(folder or "."):
        return InputError("not found", place=name, remedy=f"there is no folder {folder!r}")
    close = difflib.get_close_matches(base, os.listdir(folder or "."), n=1)
    remedy = f"did you mean {os.path.join(folder, close[0])!r}?" if close else "check the name"
    return InputError("not found", place=name, remedy=remedy)
