"""Where quotations begin and end, in the typographic, straight, single, guillemet and German styles."""

from __future__ import annotations

import re
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


def quotations(text: str, start: int = 0, end: int | None = None) -> list[Quotation]:
    """Outermost quotations of one paragraph, in order; an unclosed one ends with the paragraph.

    A mark between two letters or digits is an apostrophe; a straight or single mark opens only before a word
    and, being often an apostrophe or a stray, only where a mark that closes it follows.

    >>> [q.inside for q in quotations("“Don't,” he said. 'I'm “here”.'")]
    [(1, 7), (19, 30)]
    >>> quotations("the boys' 12\\" pipe")
    []
    """
    end = len(text) if end is None else end
    marks = list(_MARK.finditer(text, start, end))
    if not marks:
        return []
    last = _last_closers(text, marks, start, end)
    found: list[Quotation] = []
    opened: re.Match[str] | None = None
    for mark in marks:
        if opened is None:
            if _opens(text, mark, start, end, last):
                opened = mark
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


def _opens(text: str, mark: re.Match[str], start: int, end: int, last: dict[str, int]) -> bool:
    kind = mark.group()
    if kind not in _CLOSERS or mark.end() >= end:
        return False
    before = text[mark.start() - 1] if mark.start() > start else " "
    if kind in _AMBIGUOUS or kind in _SINGLE:
        if before.isalnum() or before in ".,!?;%)" or text[mark.end()].isspace():
            return False
        if kind in _SINGLE and _first_word(text, mark.end()) in kinds("abbreviations")["elision"]:
            return False
        if kind == '"' and mark.start() == start:
            return True  # a quotation over several paragraphs is closed only in its last one
        return any(last.get(closer, -1) > mark.end() for closer in closers(kind))
    return True


def _first_word(text: str, at: int) -> str:
    match = _WORD.match(text, at)
    return match.group().lower() if match else ""


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
