import gzip

import pytest

from stance.decoding import decode
from stance.errors import InputError

SENTENCE = "“Nous négocions”, said Côte d’Ivoire’s envoy."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_each_encoding_gives_the_same_text(encoding: str) -> None:
    assert decode(SENTENCE.encode(encoding), "a.txt") == SENTENCE


def test_big_endian_utf_16_is_known_by_its_mark() -> None:
    assert decode(b"\xfe\xff" + SENTENCE.encode("utf-16-be"), "a.txt") == SENTENCE


def test_a_stray_byte_does_not_garble_the_rest() -> None:
    assert decode(SENTENCE.encode() + b" \x96 no", "a.txt") == SENTENCE + " – no"


def test_empty_data_give_empty_text() -> None:
    assert decode(b"", "a.txt") == ""


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "a.csv: not text but a PDF"),
        (gzip.compress(b"text"), "a.csv: not text but gzip-compressed"),
        (b"PK\x03\x04rest", "a.csv: not text but a zip archive"),
        (b"text\0stance\0", "a.csv: binary, not text"),
        (b"\x01\x02\xff\xfe rest", "a.csv: binary, not text"),
        (b"\xff\xfea", "a.csv: damaged UTF-16 at byte 2"),
        (b"fine\nbroken \x81", "a.csv:2: byte 0x81 is neither UTF-8 nor Windows-1252"),
    ],
)
def test_what_is_no_text_is_refused_with_the_place(data: bytes, what: str) -> None:
    with pytest.raises(InputError) as refusal:
        decode(data, "a.csv")
    assert str(refusal.value).startswith(what)
    assert str(refusal.value).endswith(": save it as UTF-8 text")
