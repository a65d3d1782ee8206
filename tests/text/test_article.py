"""The speakers of a whole real article, which lies beside the repository and is no part of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stance.statement import Document
from stance.text.attributing import attribute
from stance.text.segmenting import segment

SHARED = Path(os.environ.get("STANCE_SHARED", Path(__file__).parents[3] / "shared"))
ARTICLE = SHARED / "articles" / "tillerson.txt"

SECRETARY, NORTH, PRESIDENT = "Rex Tillerson", "North Korea", "Donald Trump"
RIGHT = [
    *[{SECRETARY}] * 2, {SECRETARY, None}, {None}, *[{SECRETARY}] * 2, {NORTH, None}, *[{SECRETARY}] * 4,
    {None}, {None}, {SECRETARY, PRESIDENT, None}, {NORTH}, *[{SECRETARY}] * 7,
]  # fmt: skip
"""Who speaks in each statement, as a reader finds it; None where nobody need be named."""


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the article is not there")
def test_every_statement_of_the_article_has_the_right_speaker_or_none() -> None:
    document = Document(ARTICLE.read_text(encoding="utf-8"), id="article")
    told = attribute(document, segment(document))
    assert len(told) == len(RIGHT)
    assert [s.speaker_full for s, right in zip(told, RIGHT, strict=True) if s.speaker_full not in right] == []
    assert sum(s.speaker_full == SECRETARY for s in told) >= 15


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the article is not there")
def test_two_sentences_in_one_quotation_of_the_article_are_two_statements() -> None:
    document = Document(ARTICLE.read_text(encoding="utf-8"), id="article")
    first, second = attribute(document, segment(document))[8:10]
    assert first.text[0] == "“"
    assert "”" not in first.text
    assert "“" not in second.text
    assert "”" in second.text
    assert first.voice == second.voice == "quote"
    assert (first.speaker_full, second.speaker_full) == (SECRETARY, SECRETARY)
    assert document.text[first.end : second.start].isspace()


@pytest.mark.skipif(not ARTICLE.is_file(), reason="the article is not there")
def test_what_the_president_says_in_the_article_is_not_judged_as_his_secretarys() -> None:
    document = Document(ARTICLE.read_text(encoding="utf-8"), id="article")
    s = attribute(document, segment(document))[13]
    assert s.speaker_full == SECRETARY
    assert "tweeted" in s.text
    assert "tweeted" not in s.judged
