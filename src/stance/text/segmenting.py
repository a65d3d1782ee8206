"""From a document to statements: sentences, with each sentence of a quotation as a statement of its own."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Literal

import sentencex

from stance.statement import Document, Statement, Voice
from stance.text.quoting import MARKS, Quotation, quotations
from stance.text.wordlists import cues, kinds

Unit = Literal["sentence", "line"]
Span = tuple[int, int]

_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_BLANKED = str.maketrans(dict.fromkeys(set(MARKS) - {"'", "’"}, " ") | dict.fromkeys("\t\xa0\u202f", " "))
_NUMBERING = re.compile(r"[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{2,4})[.)\]]{1,2}")
_DATELINE = re.compile(
    r"(?=[^a-z]{0,40}[A-Z]{3})[A-Z][A-Z.'’ /-]{2,40}(?:, [A-Z][\w. ]{1,20})?(?: ?\([^()\n]{2,20}\))?"
    r" ?(?:—|–|--|- )\s*(?=\S)"
)
_MISSED = re.compile(r"\.[)\]]?\s+(?=[A-Z])")
_WRONGLY_SHORT = frozenset(("me", "no", "do", "ok"))  # "no." and "me." are no abbreviations, whatever sentencex thinks
_ACRONYM = re.compile(r"(?:^|[^A-Za-z])(?:[A-Z]\.)+[A-Z]$")
_TOKEN = re.compile(r"[^\s.]+(?:\.[^\s.]+)*")


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
    for start, end in lines(text):
        marks = quotations(text, start, end)
        spans = [(start, end)] if unit == "line" else sentences(text, start, end, marks)
        for begin, stop in spans:
            content, voice = quoted_content(text, begin, stop, marks)
            statements.append(Statement(document.id, len(statements), text[begin:stop], begin, stop, *content, voice))
    return statements


def _whole(document: Document) -> list[Statement]:
    """All of a document as one statement; none where nothing is visible."""
    text = document.text
    start, end = trimmed(text, 0, len(text))
    marks = [mark for line in lines(text) for mark in quotations(text, *line)]
    content, voice = quoted_content(text, start, end, marks)
    return [Statement(document.id, 0, text[start:end], start, end, *content, voice)] if start < end else []


def lines(text: str) -> Iterator[Span]:
    """Offsets of the lines with something visible in them, without the white space around it."""
    for match in _LINE.finditer(text):
        start, end = trimmed(text, match.start(), match.end())
        if start < end:
            yield start, end


def trimmed(text: str, start: int, end: int) -> Span:
    """The span without white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def sentences(text: str, start: int, end: int, marks: list[Quotation]) -> list[Span]:
    """Offsets of the sentences of one paragraph, those inside a quotation apart; a date line stands alone."""
    plain = _masked(text, start, end, marks)
    openings = [q.start for q in marks]
    dateline = _DATELINE.match(text, start, end)
    cuts = [dateline.end()] if dateline else []
    for cut in boundaries(plain):
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


def _masked(text: str, start: int, end: int, marks: list[Quotation]) -> str:
    """The paragraph with its quotation marks blanked, so that the splitter sees the sentences inside too."""
    plain = text[start:end]
    if marks or not plain.isascii():
        plain = plain.translate(_BLANKED)
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
    after = _TOKEN.match(plain, cut)
    if not before or not after:
        return False
    last, follows = before[-1].lower(), after.group()
    if last in kinds("abbreviations")["title"] or (last[-1] in "?!" and follows[0].islower()):
        return True
    return last in ("a.m.", "p.m.") and follows.strip(",.;:").lower() in kinds("abbreviations")["time"]


def _ends_sentence(plain: str, match: re.Match[str]) -> bool:
    """Does a full stop before a capital letter that the splitter passed over end a sentence?"""
    before = plain[max(0, match.start() - 14) : match.start()]
    last = before.split()[-1] if before.split() else ""
    after = _TOKEN.match(plain, match.end())
    follows = after.group().strip(",;:") if after else ""
    if last in ("a.m", "p.m"):
        return follows.lower() not in kinds("abbreviations")["time"]
    if last.lower() in _WRONGLY_SHORT or before.endswith(", D.C"):
        return True
    if last in ("Inc", "Corp", "Ltd", "etc") or _ACRONYM.search(last):
        return follows in kinds("abbreviations")["starter"]
    return False


def _joined(text: str, pieces: list[Span], marks: list[Quotation]) -> list[Span]:
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
def _cue_tail() -> re.Pattern[str]:
    verbs = "|".join(sorted(form for form, cue in cues().items() if cue.kind in ("say", "ask")))
    return re.compile(
        rf"(?:[A-Z][\w.’'-]*|the|an?|of|for)(?: [\w.’'-]+,?){{0,6}}? (?:{verbs})"
        r"(?=[.,;:—–]|\s*$|\s(?:in|at|on|during|after|before|as|to|of|when|while|with|from|\w+ing|\w+ly|\w+day)\b)"
    )


def _is_cue_tail(text: str, close: int, start: int) -> bool:
    """Does "Roe asked." begin at ``start``, after a quotation that ends in a question or a cry?"""
    return text[close - 2 : close - 1] in ("?", "!", "…") and bool(_cue_tail().match(text, start))


def quoted_content(text: str, start: int, end: int, marks: list[Quotation]) -> tuple[Span, Voice]:
    """What is quoted as speech in a statement, without its marks, and the statement's voice.

    Words in quotation marks that are part of the reporter's own sentence (a "breakthrough") are no quotation.

    >>> text = "“Let’s meet,” the envoy said, “and talk.” He called it a “breakthrough.”"
    >>> quoted_content(text, 0, 41, quotations(text))
    ((1, 40), 'quote')
    >>> quoted_content(text, 42, len(text), quotations(text))
    ((42, 72), 'narration')
    """
    if not marks:
        return (start, end), "narration"
    first = bisect_right(marks, start, key=lambda q: q.end)
    spans: list[Span] = []
    for q in marks[first : bisect_left(marks, end, key=lambda q: q.start)]:
        if _is_speech(text, start, end, q, bool(spans)):
            spans.append((max(q.inside[0], start), min(q.inside[1], end)))
    if not spans:
        return (start, end), "narration"
    begin, stop = trimmed(text, spans[0][0], spans[-1][1])
    return (begin, stop - (text[stop - 1 : stop] == ",")), "quote"


def _is_speech(text: str, start: int, end: int, q: Quotation, continues: bool) -> bool:
    begin, stop = q.inside
    if begin >= stop or q.start < start or q.end > end:  # it began or goes on in another statement
        return begin < stop
    before = text[start : q.start].rstrip()
    after = text[q.end : q.end + 1]
    ends = text[stop - 1] in ",.?!…—–-" or after in (",", "?", "!") or q.end == end
    if not before or not any(map(str.isalnum, before)):
        return ends
    opens = before[-1] in ",:—–" and (continues or text[begin].isupper() or before[-1] == ":")
    return ends and opens
