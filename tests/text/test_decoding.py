import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.errors import InputError
from stance.text.decoding import decode

talk = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), max_size=200)


@given(talk)
def test_utf8_and_utf16_with_their_marks_give_the_same_text(text):
    assert decode(codecs.BOM_UTF8 + text.encode(), "a") == text
    assert decode(codecs.BOM_UTF16_LE + text.encode("utf-16-le"), "a") == text
    assert decode(codecs.BOM_UTF16_BE + text.encode("utf-16-be"), "a") == text


def test_bytes_that_are_no_utf8_are_windows_1252():
    text = "“Café – naïve” said the minister…"
    assert decode(text.encode("cp1252"), "a") == text


def test_one_stray_byte_leaves_the_rest_of_a_file_readable():
    assert decode("“Café”".encode() + b" na\xefve", "a") == "“Café” naïve"


def test_nul_in_text_is_kept():
    assert decode(b"We will\0 talk again.", "a") == "We will\0 talk again."


def test_a_character_cut_by_the_look_ahead_is_no_error():
    text = "a" * 4095 + "é" + "\0"
    assert decode(text.encode(), "a") == text


def test_a_declared_encoding_is_tried_first_and_never_trusted():
    assert decode("Переговоры".encode("cp1251"), "a", declared="windows-1251") == "Переговоры"
    assert decode("Café".encode(), "a", declared="utf-8") == "Café"
    for wrong in ("no-such-thing", "rot13", "hex", "zip", "ascii"):
        assert decode("Café".encode(), "a", declared=wrong) == "Café"


def test_utf32_is_refused():
    with pytest.raises(InputError, match="UTF-32"):
        decode("talks".encode("utf-32"), "a")
