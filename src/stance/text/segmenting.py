"""From a document to statements: sentences, with each sentence of a quotation as a statement of its own."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Literal

import sentencex

from stance.statement import Document, Statement, Voice
from stance.text.quoting import MARKS, Quotation, lines, paragraphs, quotations_of, trimmed
from stance.text.wordlists import cues, kinds

Unit = Literal["sentence", "line"]
Span = tuple[int, int]

_BLANKED = re.compile(f"[{''.join(set(MARKS) - {chr(39), '’'})}\r\n\t\xa0\u202f]")
_NUMBERING = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{2,4})[.)\]]{1,2}")
_DATELINE = re.compile(
    r"(?=[^a-z]{0,40}[A-Z]{3})[A-Z][A-Z.'’ /-]{2,40}(?:, [A-Z][\w. ]{1,20})?(?: ?\([^()\n]{2,20}\))?"
    r" ?(?:—|–|--|- )\s*(?=\S)"
)
_BYLINE = re.compile(r"(?:By|BY) [A-Z][^\n.!?:;“\"]{2,60}[^\W\d_]")
_MISSED = re.compile(r"\.[)\]]?\s+(?=[A-Z])")
_WRONGLY_SHORT = frozenset(("me", "no", "do", "ok"))  # "no." and "me." are no abbreviations, whatever sentencex thinks
_INITIAL = re.compile(r"(?:^|-)[A-Z]\.?,?$")
_ACRONYM = re.compile(r"(?:^|[^A-Za-z])(?:[A-Z]\.)+[A-Z]$")
_AFTER_CUE = re.compile(r"(?:in|at|on|during|after|before|as|to|of|when|while|with|from|\w+ing|\w+ly|\w+day)\b|[—–]")
_TAIL, _TAIL_WORDS = 120, 9  # how far the verb may stand from the mark
_SIGNED = re.compile(r"[\s*]*(?:[—–―]|--?)[\s*]*(?:[A-Z]|(?:the|an?) )[^“”«»\"\n]{1,120}(?<![.!?])")
_ALNUM = re.compile(r"[^\W_]")
_TOKEN = re.compile(r"[^\s.]+(?:\.[^\s.]+)*")
_WORD = 40  # characters of the next word that are looked at


def segment(document: Document, *, unit: Unit = "sentence") -> list[Statement]:
    """Cut a document into statements, in order; together they hold every visible character.

    With ``unit="line"`` each non-empty line is one statement, and a row of a table is one, whatever lines its
    text has. Offsets count characters of ``document.text``.

    >>> text = "“We can talk. We want to,” the envoy said. Talks began."
    >>> [s.text for s in segment(Document(text, id="a"))]
    ['“We can talk.', 'We want to,” the envoy said.', 'Talks began.']
    """
    text = document.text
    statements: list[Statement] = []
    if unit == "line" and document.row:
        return _whole(document)
    found = quotations_of(text)
    for start, end in lines(text) if unit == "line" else paragraphs(text):
        for begin, stop in [(start, end)] if unit == "line" else sentences(text, start, end, found):
            content, voice = quoted_content(text, begin, stop, found)
            statements.append(Statement(document.id, len(statements), text[begin:stop], begin, stop, *content, voice))
    return statements


def is_front(text: str, start: int, end: int) -> bool:
    """Is a statement a date line or a by-line?

    >>> is_front("HALM (Northwire) — The envoy left.", 0, 18), is_front("By Jane Roe in Halm", 0, 19)
    (True, True)
    >>> is_front("By May the envoy had left.", 0, 26)
    False
    """
    dateline = _DATELINE.match(text, start) if text[end - 1] in "—–-" else None
    return bool(dateline and dateline.end() >= end) or bool(_BYLINE.fullmatch(text, start, end))


def _whole(document: Document) -> list[Statement]:
    """All of a document as one statement; none where nothing is visible."""
    text = document.text
    start, end = trimmed(text, 0, len(text))
    content, voice = quoted_content(text, start, end, quotations_of(text))
    return [Statement(document.id, 0, text[start:end], start, end, *content, voice)] if start < end else []


def sentences(text: str, start: int, end: int, marks: Sequence[Quotation]) -> list[Span]:
    """Offsets of the sentences of one paragraph, those inside a quotation apart; a date line stands alone."""
    first = bisect_right(marks, start, key=_end_of)
    marks = marks[first : bisect_left(marks, end, key=_start_of)]
    plain = _masked(text, start, end, marks)
    openings = [q.start for q in marks]
    dateline = _DATELINE.match(text, start, end)
    cuts = [dateline.end()] if dateline else []
    right = 0
    for cut in boundaries(plain):
        if cut < right:
            continue  # inside the gap of the last cut
        left = right = cut
        while left > 0 and plain[left - 1] == " ":
            left -= 1
        while right < len(plain) and plain[right] == " ":
            right += 1
        # Between two sentences stand marks and blanks only: closing marks go left, opening ones right.
        at = bisect_left(openings, start + left)
        opens = at < len(openings) and openings[at] < start + right
        cuts.append(openings[at] if opens else start + right)
    edges = [start, *cuts, end]
    pieces = [trimmed(text, a, b) for a, b in pairwise(edges) if a < b]
    return _joined(text, [p for p in pieces if p[0] < p[1]], marks)


def _start_of(q: Quotation) -> int:
    return q.start


def _end_of(q: Quotation) -> int:
    return q.end


def _masked(text: str, start: int, end: int, marks: Sequence[Quotation]) -> str:
    """The paragraph with its quotation marks blanked, so that the splitter sees the sentences inside too."""
    plain = text[start:end]
    if marks or not plain.isascii() or "\n" in plain:
        plain = _BLANKED.sub(" ", plain)
    if any(text[q.start] in "'’" for q in marks):
        letters = list(plain)
        for q in marks:
            for at in (q.start, *range(q.start, q.start + q.width), *range(q.inside[1], q.end)):
                letters[at - start] = " "
        plain = "".join(letters)
    return plain


def boundaries(plain: str) -> list[int]:
    """Where sentences begin after the first one, by sentencex with its known errors repaired.

    >>> text = "It opens at 3 p.m. Tuesday in Washington, D.C. Reporters came. Is this No. 10? No."
    >>> [text[cut:][:7] for cut in boundaries(text)]
    ['Reporte', 'Is this', 'No.']
    """
    try:
        parts = sentencex.segment("en", plain)
    except UnicodeEncodeError:  # half a surrogate pair, which only broken decoders leave behind
        parts = sentencex.segment("en", plain.encode("utf-16", "replace").decode("utf-16"))
    cuts: list[int] = []
    at = 0
    for part in parts[:-1]:
        at += len(part)
        if not _splits_abbreviation(plain, at):
            cuts.append(at)
    missed = [m.end() for m in _MISSED.finditer(plain) if _ends_sentence(plain, m)]
    return sorted({*cuts, *missed}) if missed else cuts


def _splits_abbreviation(plain: str, cut: int) -> bool:
    before = plain[max(0, cut - 24) : cut].split()
    after = _TOKEN.match(plain, cut, cut + _WORD)
    if not before or not after:
        return False
    last, follows = before[-1].lower(), after.group()
    if _INITIAL.search(before[-1]) and _INITIAL.search(follows):
        return True  # "R-S. C."
    if last in kinds("abbreviations")["title"] or (last[-1] in "?!" and follows[0].islower()):
        return True
    return last in ("a.m.", "p.m.") and follows.strip(",.;:").lower() in kinds("abbreviations")["time"]


def _ends_sentence(plain: str, match: re.Match[str]) -> bool:
    """Does a full stop before a capital letter that the splitter passed over end a sentence?"""
    before = plain[max(0, match.start() - 14) : match.start()]
    last = before.split()[-1] if before.split() else ""
    after = _TOKEN.match(plain, match.end(), match.end() + _WORD)
    follows = after.group().strip(",;:") if after else ""
    if last in ("a.m", "p.m"):
        return follows.lower() not in kinds("abbreviations")["time"]
    if last.lower() in _WRONGLY_SHORT or before.endswith(", D.C"):
        return True
    if last in ("Inc", "Corp", "Ltd", "etc") or _ACRONYM.search(last):
        return follows in kinds("abbreviations")["starter"]
    return False


def _joined(text: str, pieces: list[Span], marks: Sequence[Quotation]) -> list[Span]:
    """Put back together what is no statement alone: bare marks, numbering, the cue after "...?”"."""
    closed = {q.end for q in marks if q.closed}
    joined: list[Span] = []
    glue = False
    for start, end in pieces:
        bare = not any(map(str.isalnum, text[start:end]))
        before = joined[-1][1] if joined else -1
        if joined and (glue or bare or (before in closed and _is_cue_tail(text, before, start))):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
        glue = (bare and len(joined) == 1) or bool(_NUMBERING.fullmatch(text, start, end))
    return joined


@cache
def _spoken() -> frozenset[str]:
    return frozenset(form for form, cue in cues().items() if cue.kind in ("say", "ask"))


def _is_cue_tail(text: str, close: int, start: int) -> bool:
    """Does "Roe asked." begin at ``start``, after a quotation that ends in a question or a cry?"""
    if text[close - 2 : close - 1] not in ("?", "!", "…"):
        return False
    pieces = text[start : start + _TAIL].split(" ")
    if not pieces[0][:1].isupper() and pieces[0] not in ("the", "a", "an"):
        return False
    for i, piece in enumerate(pieces[1:_TAIL_WORDS], 1):
        if piece.rstrip(".,;:—–\n") in _spoken():
            after = pieces[i + 1] if i + 1 < len(pieces) else ""
            return piece[-1] in ".,;:—–" or not after or bool(_AFTER_CUE.match(after))
    return False


def quoted_content(text: str, start: int, end: int, marks: Sequence[Quotation]) -> tuple[Span, Voice]:
    """What is quoted as speech in a statement, without its marks, and the statement's voice.

    Words in quotation marks that are part of the reporter's own sentence (a "breakthrough") are no quotation.

    >>> text = "“Let’s meet,” the envoy said, “and talk.” He called it a “breakthrough.”"
    >>> quoted_content(text, 0, 41, quotations_of(text))
    ((1, 40), 'quote')
    >>> quoted_content(text, 42, len(text), quotations_of(text))
    ((42, 72), 'narration')
    """
    if not marks:
        return (start, end), "narration"
    first = bisect_right(marks, start, key=_end_of)
    visible = _ALNUM.search(text, start, end)
    word = visible.start() if visible else end
    spans: list[Span] = []
    for q in marks[first : bisect_left(marks, end, key=_start_of)]:
        if _is_speech(text, (start, end), q, word < q.start, bool(spans)):
            spans.append((max(q.inside[0], start), min(q.inside[1], end)))
    if not spans:
        return (start, end), "narration"
    begin, stop = trimmed(text, spans[0][0], spans[-1][1])
    return (begin, stop - (text[stop - 1 : stop] == ",")), "quote"


def _is_speech(text: str, statement: Span, q: Quotation, led: bool, continues: bool) -> bool:
    """Is a quotation speech? ``led``: words stand before it in the statement; ``continues``: so does speech."""
    start, end = statement
    begin, stop = trimmed(text, *q.inside)
    if begin >= stop or q.start < start or q.end > end:  # it began or goes on in another statement
        return begin < stop
    after = text[q.end : q.end + 1]
    ends = text[stop - 1] in ",.?!…—–-" or after in (",", "?", "!") or q.end == end
    if not led:
        return ends or (text.count(" ", begin, stop) > 1 and bool(_SIGNED.fullmatch(text, q.end, end)))
    before = text[max(start, q.start - 9) : q.start].rstrip()
    if text[begin:stop].istitle() and text[stop - 1] == ",":
        return False  # "In her book, “The Long Road,” the envoy wrote"
    lead = before[-1:]
    opens = lead in (",", ":", "—", "–") and (continues or text[begin].isupper() or lead == ":")
    return ends and opens
