"""The text of HTML pages and PDF files. Both are data: nothing in them is fetched or run."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

from stance.decoding import decode
from stance.errors import InputError
from stance.statement import Document

_INLINE = re.compile("a|abbr|b|cite|code|em|font|i|mark|q|small|span|strong|sub|sup|u|wbr")
_MARKED = re.compile(r"<!\[[^>]*>?")
_SILENT = ("script", "style", "template", "noscript", "title")


def extract_html(data: bytes, name: str, place: str) -> Document:
    """Main text, title, author, date and address of a page by trafilatura; all its text if that finds none.

    One paragraph per line. ``source`` is the page's own address, else its host. Raises InputError for a page
    without text.
    """
    declared = re.search(rb"(?i)charset\s*=\s*[\"']?\s*([\w-]+)", data[:2048])
    page = decode(data, place, declared=declared[1].decode("ascii", "replace") if declared else None)
    found = _main_text(page)
    text = (found.text or "").strip() if found else ""
    text = text or _all_text(page)
    if not text:
        raise InputError("no text in this page", place=place, remedy="save it from the browser as it is shown")
    if not found:
        return Document(text, name)
    source = found.url or found.hostname or found.sitename
    return Document(
        text,
        name,
        title=found.title or None,
        date=found.date or None,
        source=source or None,
        author=found.author or None,
    )


def extract_pdf(data: bytes, name: str, place: str) -> Document:
    """Text of all pages (see `reflow`), title and date of creation.

    Raises InputError for a damaged file, one with a password and one without text (a scan).
    """
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns of every oddity of files that it reads well
    try:
        reader = PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and not reader.decrypt("")
        pages = [] if locked else [page.extract_text() for page in reader.pages]
        about = None if locked else reader.metadata
        title = str(about.title or "").strip() if about else ""
        date = about.creation_date.date().isoformat() if about and about.creation_date else None
    except Exception as error:  # damaged or hostile files make pypdf raise almost anything
        what = f"damaged PDF ({type(error).__name__}: {' '.join(str(error).split())})"
        raise InputError(what, place=place, remedy="save it anew, or give its text as txt") from error
    if locked:
        raise InputError("PDF with a password", place=place, remedy="save it without one")
    text = reflow(pages)
    if not text:
        raise InputError("no text in this PDF", place=place, remedy="a scan needs text recognition (OCR) first")
    return Document(text, name, title=title or None, date=date)


def reflow(pages: Iterable[str]) -> str:
    r"""Pages with hard line breaks -> one paragraph per line; divided words joined, page numbers left out.

    A line that ends well before the usual width, or has an empty one after it, ends its paragraph.

    >>> reflow(["Envoys meet\nThe two envoys met on Friday and con-\ntinued the talks that they began.", "2"])
    'Envoys meet\nThe two envoys met on Friday and continued the talks that they began.'
    """
    lines = [line for page in pages for line in _body(page)]
    widths = sorted(len(line) for line in lines if line)
    usual = widths[int(0.9 * len(widths))] if widths else 0
    pieces: list[str] = []
    for line, after in zip(lines, chain(lines[1:], [""]), strict=False):
        goes_on = len(line) > 0.7 * usual and after
        if goes_on and re.search(r"[^\W\d_]-$", line) and after[0].islower():
            pieces.append(line[:-1])
        elif line:
            pieces += (line, " " if goes_on else "\n")
    return "".join(pieces).strip()


def _body(page: str) -> list[str]:
    """The lines of a page without a page number at its head or foot."""
    lines = [" ".join(line.split()) for line in re.split(r"\r\n?|\n", page)]
    while lines and not lines[-1]:
        del lines[-1]
    for edge in (0, -1):
        if lines and re.fullmatch(r"(?i)(page )?[-–— ]*\d{1,4}( ?(/|of) ?\d{1,4})?[-–— ]*", lines[edge]):
            del lines[edge]
    return lines


def _main_text(page: str) -> Any:
    """What trafilatura finds; None where it gives up."""
    import logging

    import trafilatura
    from trafilatura.settings import use_config

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it complains of is said by our errors
    # By default, pages with less than 250 characters lose their paragraphs and ones over 20 MB are dropped.
    limits = use_config()
    limits.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")
    limits.set("DEFAULT", "MAX_FILE_SIZE", str(2**31))
    try:
        return trafilatura.bare_extraction(
            page,
            with_metadata=True,
            include_comments=False,
            # No date is better than one guessed from numbers in the text.
            date_extraction_params={"original_date": True, "extensive_search": False},
            config=limits,
        )
    except Exception:  # it and lxml fail in many ways on pages that no browser minds; then all the text is read
        return None


def _all_text(page: str) -> str:
    """Text of all elements, a line per block, without scripts and styles: the last resort."""
    from html.parser import HTMLParser

    pieces: list[str] = []
    silent = 0

    class Blocks(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            nonlocal silent
            silent += tag in _SILENT
            pieces.append("" if _INLINE.fullmatch(tag) else "\n")

        def handle_endtag(self, tag: str) -> None:
            nonlocal silent
            silent = max(0, silent - (tag in _SILENT))
            pieces.append("" if _INLINE.fullmatch(tag) else "\n")

        def parse_marked_section(self, i: int, report: bool = True) -> int:
            return self.parse_bogus_comment(i)  # as browsers read `<![x`, where Python before 3.14 fails

        def handle_data(self, data: str) -> None:
            pieces.append("" if silent else re.sub(r"\s+", " ", data))

    parser = Blocks()
    parser.feed(_closed(_MARKED.sub("", page)))  # a comment in HTML, on which the parser may trip
    parser.close()
    lines = (line.strip() for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _closed(page: str) -> str:
    """A page without what opens and never closes: for each such mark the parser would search all that follows.

    >>> _closed("<p>a<!-- b --> c <!-- d <b>e</b> <f")
    '<p>a<!-- b --> c  d <b>e</b> f'
    """
    for opening, closing in (("<!--", "-->"), ("<", ">")):
        head, mark, tail = page.rpartition(closing)
        page = head + mark + tail.replace(opening, "")
    return page
