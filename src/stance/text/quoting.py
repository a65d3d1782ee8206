"""Where quotations begin and end, in the typographic, straight, single, guillemet and German styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from stance.text.wordlists import kinds

_CLOSERS = {
    "“": '”"',
    "”": "”",
    "„": '“”"',
    "«": "»",
    "»": "«",
    "‹": "›",
    "›": "‹",
    "‘": "’",
    "‚": "‘’",
    "'": "'",
    '"': '"”',
    "''": "''",
    "``": "''",
    "「": "」",
    "『": "』",
}
_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_BREAK = re.compile(r"[ \t]*(?:\r\n|\n)[ \t]*")
_WRAPPED = 40  # characters: shorter lines are headlines, lists, verse, not text that somebody wrapped
_MARK = re.compile(r"''|``|[“”„«»‹›‘‚\"「」『』]|['’](?!(?<=\w['’])\w)")
_WORD = re.compile(r"\w+")
_AMBIGUOUS = frozenset({"”", "»", "›", "'", '"', "''"})
_SINGLE = frozenset({"'", "‘", "‚", "’"})
MARKS = "“”„«»‹›‘’‚'\"「」『』`"


class Quotation(NamedTuple):
    """An outermost quotation with its marks, each ``width`` characters wide; offsets into the document."""

    start: int
    end: int
    closed: bool
    width: int

    @property
    def inside(self) -> tuple[int, int]:
        """Offsets of the words between the marks."""
        return self.start + self.width, self.end - self.width if self.closed else self.end


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the lines with something visible in them, without the white space around it."""
    for match in _LINE.finditer(text):
        start, end = trimmed(text, match.start(), match.end())
        if start < end:
            yield start, end


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the paragraphs: lines, or blocks of lines in which sentences run on from one to the next.

    >>> text = "The envoy of Ostland said on Monday that he\\nwould not go.\\n\\nTalks end\\nBy Jane Roe"
    >>> [text[start:end] for start, end in paragraphs(text)]
    ['The envoy of Ostland said on Monday that he\\nwould not go.', 'Talks end', 'By Jane Roe']
    """
    block: list[tuple[int, int]] = []
    for span in lines(text):
        if block and not _BREAK.fullmatch(text, block[-1][1], span[0]):
            yield from _unwrapped(text, block)
            block = []
        block.append(span)
    yield from _unwrapped(text, block)


def _unwrapped(text: str, block: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A block of lines as one paragraph if its lines are long and a sentence runs over the end of one."""
    long = len(block) > 1 and all(end - start >= _WRAPPED for start, end in block[:-1])
    if long and any(text[end - 1].isalnum() and text[start].islower() for (_, end), (start, _) in pairwise(block)):
        return [(block[0][0], block[-1][1])]
    return block


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def quotations(text: str, start: int = 0, end: int | None = None, *, runs_on: bool = False) -> list[Quotation]:
    """Outermost quotations of one paragraph, in order; an unclosed one ends with the paragraph.

    A mark between two letters or digits is an apostrophe; a straight or single mark opens only before a word
    and, being often an apostrophe or a stray, only where a mark that closes it follows. ``runs_on``: the next
    paragraph opens with a straight mark, so this one may end within a quotation.

    >>> [q.inside for q in quotations("“Don't,” he said. 'I'm “here”.'")]
    [(1, 7), (19, 30)]
    >>> [q.inside for q in quotations("“He calls it “hell” too,” she said.")]
    [(1, 24)]
    >>> quotations("the boys' 12\\" pipe")
    []
    """
    end = len(text) if end is None else end
    marks = list(_MARK.finditer(text, start, end))
    if not marks:
        return []
    last = _last_closers(text, marks, start, end)
    nests = text.count("“", start, end) == text.count("”", start, end)
    found: list[Quotation] = []
    opened: re.Match[str] | None = None
    inner = 0
    for mark in marks:
        if opened is None:
            if _opens(text, mark, start, end, last, runs_on):
                opened = mark
        elif nests and mark.group() == opened.group() == "“":
            inner += 1
        elif inner and mark.group() == "”":
            inner -= 1
        elif mark.group() in _CLOSERS[opened.group()] and _closes(text, mark, end):
            if _is_possessive(text, opened, mark, last):
                continue
            found.append(Quotation(opened.start(), mark.end(), True, len(mark.group())))
            opened = None
    if opened is not None:
        found.append(Quotation(opened.start(), end, False, len(opened.group())))
    return found


def _last_closers(text: str, marks: list[re.Match[str]], start: int, end: int) -> dict[str, int]:
    """Where each kind of mark last closes something, so that looking ahead stays linear."""
    return {m.group(): m.start() for m in marks if _closes(text, m, end) and m.start() > start}


def _opens(text: str, mark: re.Match[str], start: int, end: int, last: dict[str, int], runs_on: bool) -> bool:
    kind = mark.group()
    if kind not in _CLOSERS or mark.end() >= end:
        return False
    before = text[mark.start() - 1] if mark.start() > start else " "
    if kind in _AMBIGUOUS or kind in _SINGLE:
        if before.isalnum() or before in ".,!?;%)" or text[mark.end()].isspace():
            return False
        if kind in _SINGLE and _first_word(text, mark.end()) in kinds("abbreviations")["elision"]:
            return False
        if kind == '"' and runs_on:
            return True  # a quotation over several paragraphs is closed only in its last one
        return any(last.get(closer, -1) > mark.end() for closer in closers(kind))
    return True


def _first_word(text: str, at: int) -> str:
    match = _WORD.match(text, at)
    return match.group().lower() if match else ""


@lru_cache(maxsize=1)
def quotations_of(text: str) -> tuple[Quotation, ...]:
    """Outermost quotations of a whole text, paragraph by paragraph.

    Cutting a document into statements and attributing them both ask for these, one right after the other.
    """
    spans = list(paragraphs(text))
    follows = [text[start] == '"' for start, _ in spans[1:]] + [False]
    return tuple(
        q
        for (start, end), runs_on in zip(spans, follows, strict=False)
        for q in quotations(text, start, end, runs_on=runs_on)
    )


def closers(kind: str) -> tuple[str, ...]:
    """The marks that may close a quotation opened by ``kind``."""
    return ("''",) if kind in ("''", "``") else tuple(_CLOSERS[kind])


def _closes(text: str, mark: re.Match[str], end: int) -> bool:
    after = text[mark.end()] if mark.end() < end else " "
    if mark.group() in _SINGLE:
        before = text[mark.start() - 1] if mark.start() else " "
        return not after.isalnum() and not before.isspace()
    return not (mark.group() == '"' and after.isalnum())


def _is_possessive(text: str, opened: re.Match[str], mark: re.Match[str], last: dict[str, int]) -> bool:
    """Is this single mark the one of "the boys' toys", with the closing mark still to come?"""
    if mark.group() not in ("'", "’") or opened.group() not in _SINGLE:
        return False
    follows = text[mark.end() : mark.end() + 2]
    return (
        text[mark.start() - 1] == "s"
        and len(follows) == 2
        and follows[0] == " "
        and follows[1].islower()
        and last.get(mark.group(), -1) > mark.start()
    )
