"""Statements: what they hold, where they are cut, and that no text is lost whatever comes in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.statement import Document, Statement
from stance.text.quoting import quotations
from stance.text.segmenting import segment

WORDS = st.sampled_from(
    [
        "We",
        "talk.",
        "The",
        "envoy",
        "said",
        "“",
        "”",
        '"',
        "'",
        "‘",
        "’",
        "«",
        "»",
        "„",
        "''",
        "\n",
        "\r\n",
        " ",
        "...",
        "U.S.",
    ]
)
TEXTS = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Cs", "Po", "L", "Zs", "Cc"])),
    st.lists(WORDS, max_size=80).map(" ".join),
)


def cut(text: str) -> list[str]:
    return [s.text for s in segment(Document(text, id="d"))]


def content(text: str) -> list[tuple[str, str]]:
    return [(s.voice, text[s.content_start : s.content_end]) for s in segment(Document(text, id="d"))]


def assert_faithful(text: str, statements: list[Statement]) -> None:
    at = 0
    for index, s in enumerate(statements):
        assert s.index == index
        assert text[s.start : s.end] == s.text
        assert s.text.strip() == s.text != ""
        assert s.start <= s.content_start <= s.content_end <= s.end
        assert not text[at : s.start].strip(), "text lost between statements"
        at = s.end
    assert not text[at:].strip(), "text lost at the end"


@given(TEXTS)
def test_offsets_are_exact_and_nothing_is_lost(text: str) -> None:
    assert_faithful(text, segment(Document(text, id="d")))


@given(TEXTS)
def test_line_unit_keeps_every_line_whole(text: str) -> None:
    statements = segment(Document(text, id="d"), unit="line")
    assert_faithful(text, statements)
    assert all("\n" not in s.text for s in statements)


@given(TEXTS)
def test_quotations_are_ordered_and_stay_in_their_paragraph(text: str) -> None:
    at = 0
    for q in quotations(text):
        assert at <= q.start < q.inside[0] <= q.inside[1] <= q.end <= len(text) or q.inside[0] > q.inside[1]
        at = q.end


def test_each_sentence_inside_a_quotation_is_a_statement() -> None:
    text = "“We can meet in May. We can meet in June,” the envoy said. “It is your choice. Decide!”"
    assert cut(text) == [
        "“We can meet in May.",
        "We can meet in June,” the envoy said.",
        "“It is your choice.",
        "Decide!”",
    ]


def test_a_quotation_of_one_sentence_keeps_its_cue_and_bounds_what_is_attributed() -> None:
    text = "“Let us meet,” the envoy said in a speech, presenting an overture amid threats of war."
    assert content(text) == [("quote", "Let us meet")]


def test_an_interrupted_quotation_is_one_content() -> None:
    assert content("“We will,” said Ms. Orlova, “never yield.”") == [
        ("quote", "We will,” said Ms. Orlova, “never yield.")
    ]


def test_a_cue_after_a_question_stays_with_it() -> None:
    assert cut("“Are they ready?” the envoy asked. “No!” Ms. Orlova said. He left.") == [
        "“Are they ready?” the envoy asked.",
        "“No!” Ms. Orlova said.",
        "He left.",
    ]


def test_words_quoted_in_passing_are_no_quotation() -> None:
    assert content("The paper hailed a “breakthrough.”") == [("narration", "The paper hailed a “breakthrough.”")]


@pytest.mark.parametrize(
    "text",
    [
        "“We will meet. We will talk,” he said.",
        '"We will meet. We will talk," he said.',
        "‘We will meet. We’ll talk,’ he said.",
        "'We will meet. We'll talk,' he said.",
        "«We will meet. We will talk,» he said.",
        "»We will meet. We will talk,« he said.",
        "„We will meet. We will talk,“ he said.",
        "''We will meet. We will talk,'' he said.",
        "``We will meet. We will talk,'' he said.",
        "“We will meet. We know ‘their’ terms,” he said.",
    ],
)
def test_every_style_of_quotation_marks(text: str) -> None:
    pieces = segment(Document(text, id="d"))
    assert [s.voice for s in pieces] == ["quote", "quote"]
    assert pieces[1].text.endswith("he said.")
    assert text[pieces[1].content_start : pieces[1].content_end][0] == "W"


def test_apostrophes_open_nothing() -> None:
    assert quotations("The boys' toys, the 1990's, 'tis and rock 'n' roll; a 12\" pipe") == []


def test_a_quotation_over_several_paragraphs_is_quoted_in_each() -> None:
    text = "“We came to talk.\n\n“We were not heard. We leave,” the envoy said.\n\nTalks ended."
    assert [(s.voice) for s in segment(Document(text, id="d"))] == ["quote", "quote", "quote", "narration"]


def test_an_odd_mark_does_not_run_away() -> None:
    text = "He said “we go.\nThe next paragraph is plain.\nSo is this one."
    assert [s.voice for s in segment(Document(text, id="d"))][1:] == ["narration", "narration"]


@pytest.mark.parametrize(
    "text",
    [
        "The U.S. Gen. Orlov met J. R. Marten at No. 10 at 3 p.m. Tuesday.",
        "Prices rose 3.5 percent on Jan. 4, said Del. Maria Roe.",
        "They wait ... and see.",
        "The ambassador, Rev. Paul Roe, spoke.",
    ],
)
def test_abbreviations_and_numbers_end_no_sentence(text: str) -> None:
    assert cut(text) == [text]


def test_known_errors_of_the_splitter_are_repaired() -> None:
    assert cut("She works in Washington, D.C. Reporters came. Would they? Well, no. Roe left.") == [
        "She works in Washington, D.C.",
        "Reporters came.",
        "Would they?",
        "Well, no.",
        "Roe left.",
    ]


def test_front_matter_stands_alone() -> None:
    text = "Envoy offers talks\nBy Jane Roe\nNORTHPORT, Ostland (AP) — The envoy came.\nPhoto: the envoy"
    assert cut(text) == [
        "Envoy offers talks",
        "By Jane Roe",
        "NORTHPORT, Ostland (AP) —",
        "The envoy came.",
        "Photo: the envoy",
    ]


def test_numbered_items_keep_their_number() -> None:
    assert cut("1. We agree. 2. They agree.") == ["1. We agree.", "2. They agree."]


def test_windows_line_ends_and_invisible_characters() -> None:
    text = "One\u00ad way.\r\n\u200bTwo.\r\rThree\x0cFour\u2028Five"
    assert cut(text) == ["One\u00ad way.", "\u200bTwo.", "Three", "Four", "Five"]


def test_sentences_run_over_the_ends_of_wrapped_lines() -> None:
    text = (
        "The envoy of Ostland told the council on Monday that the\n"
        "United States would have to wait. “We came to talk about the\n"
        "river. We will not leave,” she said.\n\n"
        "Talks end\n"
        "By Jane Roe"
    )
    assert cut(text) == [
        "The envoy of Ostland told the council on Monday that the\nUnited States would have to wait.",
        "“We came to talk about the\nriver.",
        "We will not leave,” she said.",
        "Talks end",
        "By Jane Roe",
    ]
