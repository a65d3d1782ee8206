"""Bytes to text: UTF-8 first, UTF-16 with a byte order mark, else Windows-1252; binary is refused."""

from __future__ import annotations

import codecs

from stance.errors import InputError

REMEDY = "save it as UTF-8 text"

_MARKS = (
    # UTF-32's little-endian mark begins with UTF-16's, so it is looked for first.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FORMATS = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or office document"),
    (b"PAR1", "a parquet file"),
    (b"\x1f\x8b", "gzip-compressed"),
)
# What text files hold below the space: tab, line ends, form feed, DOS end of file, escape.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))


def decode(data: bytes, place: str) -> str:
    r"""The text of a file's bytes, without its byte order mark; line ends stay as they are.

    Bytes that are not UTF-8 are taken for Windows-1252 one by one: a stray one does not garble the others.
    ``place`` (a file name, or ``stdin``) only names the source in errors. Raises InputError for binary data
    and for bytes that are neither; empty data give the empty string.

    >>> decode("naïve".encode("utf-8-sig"), "a.txt"), decode("naïve".encode("utf-16"), "a.txt")
    ('naïve', 'naïve')
    >>> decode(b"\x93na\xefve\x94", "a.txt")
    '“naïve”'
    >>> decode(b"%PDF-1.7\n", "a.csv")
    Traceback (most recent call last):
        ...
    stance.errors.InputError: a.csv: not text but a PDF: save it as UTF-8 text
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data, encoding, place)
    for magic, name in _FORMATS:
        if data.startswith(magic):
            raise InputError(f"not text but {name}", place=place, remedy=REMEDY)
    if b"\0" in data:
        raise InputError("binary, not text (it holds zero bytes)", place=place, remedy=REMEDY)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _from_windows(data, place)


def _strictly(data: bytes, encoding: str, place: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig").upper()
        raise InputError(f"damaged {name} at byte {error.start}", place=place, remedy=REMEDY) from None
    if "\0" in text:
        raise InputError("binary, not text (it holds zero characters)", place=place, remedy=REMEDY)
    return text


def _from_windows(data: bytes, place: str) -> str:
    if data.translate(None, _CONTROLS) != data:
        raise InputError("binary, not text (it holds control bytes)", place=place, remedy=REMEDY)
    codecs.register_error("stance.windows-1252", _as_windows)
    try:
        return data.decode("utf-8", "stance.windows-1252")
    except UnicodeDecodeError as flaw:
        line = data.count(b"\n", 0, flaw.start) + 1
        what = f"byte 0x{data[flaw.start]:02x} is neither UTF-8 nor Windows-1252"
        raise InputError(what, place=f"{place}:{line}", remedy=REMEDY) from None


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Error handler for ``bytes.decode``: the bytes that are no UTF-8 as Windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    try:
        return error.object[error.start : error.end].decode("cp1252"), error.end
    except UnicodeDecodeError:
        raise error from None  # unlike the inner one, it counts from the start of the data
