"""From bytes to characters: UTF-8, UTF-16 with byte order mark, else Windows-1252; binary data is refused."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

from stance.errors import InputError

_HEAD = 4096
_SIGNATURES = {
    b"%PDF-": "a PDF",
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a zip archive or an Office file",
    b"\xd0\xcf\x11\xe0": "an Office file",
    b"{\\rtf": "a rich text file",
    b"\x1f\x8b": "a gzip archive",
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARK = re.compile("[\udc80-\udcff]")


def decode(data: bytes, place: str, *, declared: str | None = None) -> str:
    r"""Characters of a text file, every line end written ``\n``, without byte order mark.

    Bytes that are not UTF-8 are taken for Windows-1252 one by one, so that one stray byte does not turn the
    whole file into gibberish. ``declared`` names an encoding to try first, as an HTML page may.
    ``place`` (a file name, or ``standard input``) only names the source in errors.
    Raises InputError for binary data and for bytes that are neither; empty data give the empty string.

    >>> decode(b"\xef\xbb\xbfna\xc3\xafve \x93pact\x94\r\n", "a.txt")
    'naïve “pact”\n'
    """
    _refuse_binary(data[:_HEAD], place)
    try:
        text = _as_declared(data, declared) or data.decode(*_encoding(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _undecodable(error, f"{place}:{line}") from error
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


@contextmanager
def decoded(stream: io.BufferedReader, place: str, *, newline: str | None = None) -> Iterator[io.TextIOWrapper]:
    """The lines of a stream, decoded like `decode` but as they come; the stream is left open.

    ``newline`` is that of ``open``: None writes every line end ``\\n``, the empty string keeps them.
    A byte that is neither UTF-8 nor Windows-1252 is left for `require_decoded`, so that its line alone is lost.
    """
    head = stream.peek(_HEAD)
    _refuse_binary(head[:_HEAD], place)
    encoding, errors = _encoding(head, "stance.marked")
    lines = io.TextIOWrapper(stream, encoding, errors, newline)
    try:
        yield lines
    except UnicodeDecodeError as error:
        raise _undecodable(error, f"{place}{_line(stream, error)}") from error
    finally:
        lines.detach()  # or the stream would be closed with its wrapper


def lines(stream: io.BufferedReader, place: str) -> Iterator[str]:
    """The lines that `decoded` gives, each decoded alone, so that a long one is in memory twice at most, not thrice."""
    head = stream.peek(_HEAD)
    _refuse_binary(head[:_HEAD], place)
    encoding, errors = _encoding(head, "stance.marked")
    if encoding == "utf-16":  # where a line end is two bytes
        with decoded(stream, place) as found:
            yield from found
        return
    for raw in stream:
        waiting = [raw.decode(encoding, errors)]
        encoding = "utf-8"  # a byte order mark stands at the start alone
        del raw
        if "\r" in waiting[0]:
            waiting = list(io.StringIO(waiting[0], newline=None))[::-1]
        while waiting:
            yield waiting.pop()  # and keep nothing of it


def require_decoded(line: str, place: str) -> None:
    """Raise InputError for a line in which `decoded` has marked a byte."""
    found = None if line.isascii() else _MARK.search(line)
    if found:
        raise _unreadable(ord(found[0]) - 0xDC00, place)


def require_name(name: str) -> None:
    """Raise InputError for the name of a file that is not UTF-8: no output could hold where something was read."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InputError("its name is not UTF-8", place=ascii(name), remedy="rename it") from None


def _encoding(head: bytes, errors: str = "stance.cp1252") -> tuple[str, str]:
    codecs.register_error("stance.cp1252", _as_cp1252)
    codecs.register_error("stance.marked", _as_cp1252_or_mark)
    return ("utf-16", "strict") if head.startswith(_UTF16) else ("utf-8-sig", errors)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    try:
        return error.object[error.start : error.end].decode("cp1252"), error.end
    except UnicodeDecodeError:
        raise error from None  # this one knows its position in the file


def _as_cp1252_or_mark(error: UnicodeError) -> tuple[str, int]:
    try:
        return _as_cp1252(error)
    except UnicodeDecodeError as undecodable:
        # One byte at a time, half a surrogate pair each, as Python's own "surrogateescape" has it.
        at = undecodable.start
        return chr(0xDC00 + undecodable.object[at]), at + 1


def _as_declared(data: bytes, declared: str | None) -> str | None:
    # By the living standard of HTML, Latin-1 and ASCII mean Windows-1252, which is tried anyway.
    names = ("utf-8", "iso-8859-1", "latin1", "us-ascii", "ascii", "windows-1252")
    if not declared or declared.lower() in names or data.startswith((*_UTF16, codecs.BOM_UTF8)):
        return None
    try:
        return data.decode(declared)
    except (LookupError, UnicodeError):
        return None


def _line(stream: io.BufferedReader, error: UnicodeDecodeError) -> str:
    """``:line`` of the error where the stream can be read again, else nothing."""
    if not stream.seekable():
        return ""
    position = stream.tell() - len(error.object) + error.start
    stream.seek(0)
    line = stream.read(position).count(b"\n") + 1
    return f":{line}"


def _undecodable(error: UnicodeDecodeError, place: str) -> InputError:
    if not error.encoding.startswith("utf-16"):
        return _unreadable(error.object[error.start], place)
    what = f"unreadable encoding (broken UTF-16: {error.reason})"
    return InputError(what, place=place, remedy="save it as UTF-8")


def _unreadable(byte: int, place: str) -> InputError:
    what = f"unreadable encoding (byte 0x{byte:02x} is neither UTF-8 nor Windows-1252)"
    return InputError(what, place=place, remedy="save it as UTF-8")


def _refuse_binary(head: bytes, place: str) -> None:
    """Refuse known signatures, NUL outside UTF-8 and more than 3 control characters in 10.

    NUL alone does not make a file binary: it occurs in text cut out of other programs.
    """
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            raise InputError(
                f"not text but {kind}", place=place, remedy="rename it, or save it as txt, html, pdf or csv"
            )
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise InputError("unreadable encoding (UTF-32)", place=place, remedy="save it as UTF-8")
    if head.startswith(_UTF16):
        return
    controls = len(re.findall(rb"[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]", head))
    if controls > 0.3 * len(head) or (b"\0" in head and not _is_utf8(head)):
        remedy = "save it as UTF-8 text (UTF-16 needs a byte order mark)"
        raise InputError("binary, not text", place=place, remedy=remedy)


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # forgives a last character cut in two
    except UnicodeDecodeError:
        return False
    return True
