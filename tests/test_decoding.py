import codecs
import gzip
import io
import tracemalloc
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.decoding import decode, decoded, lines, require_decoded
from stance.errors import InputError

SENTENCE = "“Nous négocions”, said Côte d’Ivoire’s envoy…"
talk = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), max_size=200)


def streamed(data: bytes, place: str = "a.txt") -> str:
    with decoded(io.BufferedReader(io.BytesIO(data)), place) as found:
        read = list(found)
    assert list(lines(io.BufferedReader(io.BytesIO(data)), place)) == read
    for number, line in enumerate(read, 1):
        require_decoded(line, f"{place}:{number}")
    return "".join(read)


@given(talk)
def test_utf8_and_utf16_with_their_marks_give_the_same_text(text: str) -> None:
    assert decode(codecs.BOM_UTF8 + text.encode(), "a") == text
    assert decode(codecs.BOM_UTF16_LE + text.encode("utf-16-le"), "a") == text
    assert decode(codecs.BOM_UTF16_BE + text.encode("utf-16-be"), "a") == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_each_encoding_gives_the_same_text_whole_and_as_a_stream(encoding: str) -> None:
    data = f"{SENTENCE}\r\nYes.\r".encode(encoding)
    assert decode(data, "a.txt") == streamed(data) == f"{SENTENCE}\nYes.\n"


def test_one_stray_byte_leaves_the_rest_of_a_file_readable() -> None:
    data = SENTENCE.encode() + b" \x96 na\xefve"
    assert decode(data, "a.txt") == streamed(data) == f"{SENTENCE} – naïve"


def test_a_long_line_is_not_kept_while_its_row_is_used() -> None:
    tracemalloc.start()
    try:
        with closing(lines(io.BufferedReader(io.BytesIO(b"a" * 10**7 + b"\nb\n")), "a.jsonl")) as found:
            assert len(next(found)) == 10**7 + 1
            assert tracemalloc.get_traced_memory()[0] < 11e6  # that of the BytesIO
    finally:
        tracemalloc.stop()


def test_nul_in_text_is_kept() -> None:
    assert decode(b"We will\0 talk again.", "a") == streamed(b"We will\0 talk again.") == "We will\0 talk again."


def test_a_character_cut_by_the_look_ahead_is_no_error() -> None:
    text = "a" * 4095 + "é" + "\0"
    assert decode(text.encode(), "a") == streamed(text.encode()) == text


def test_empty_data_give_empty_text() -> None:
    assert decode(b"", "a.txt") == ""


def test_a_declared_encoding_is_tried_first_and_never_trusted() -> None:
    assert decode("Переговоры".encode("cp1251"), "a", declared="windows-1251") == "Переговоры"
    assert decode("Café".encode(), "a", declared="utf-8") == "Café"
    for wrong in ("no-such-thing", "rot13", "hex", "zip", "ascii"):
        assert decode("Café".encode(), "a", declared=wrong) == "Café"


def test_a_stream_is_left_open() -> None:
    stream = io.BufferedReader(io.BytesIO(b"We will talk."))
    with decoded(stream, "a.txt"):
        pass
    assert not stream.closed


@pytest.mark.parametrize("read", [decode, streamed])
@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a.csv: not text but a PDF: rename it"),
        (gzip.compress(b"text"), "a.csv: not text but a gzip archive: rename it"),
        (b"PK\x03\x04rest", "a.csv: not text but a zip archive"),
        (b"PAR1rest", "a.csv: not text but a Parquet file"),
        (b"text\0\xff\0", "a.csv: binary, not text: save it as UTF-8"),
        (b"\x01\x02\x03\x04\xff\xfe rest", "a.csv: binary, not text: save it as UTF-8"),
        ("talks".encode("utf-32-le"), "a.csv: binary, not text"),
        (codecs.BOM_UTF32_LE + "talks".encode("utf-32-le"), "a.csv: unreadable encoding (UTF-32): save it as UTF-8"),
        (codecs.BOM_UTF32_BE + "talks".encode("utf-32-be"), "a.csv: unreadable encoding (UTF-32): save it as UTF-8"),
        (b"\xff\xfea", "a.csv:1: unreadable encoding (broken UTF-16: truncated data): save it as UTF-8"),
        (b"fine\nbroken \x81", "a.csv:2: unreadable encoding (byte 0x81 is neither UTF-8 nor Windows-1252)"),
    ],
)
def test_what_is_no_text_is_refused_with_the_place(read, data: bytes, what: str) -> None:
    with pytest.raises(InputError) as refusal:
        read(data, "a.csv")
    assert str(refusal.value).startswith(what)
    assert refusal.value.remedy
