"""Scored articles as HTML: the page of the service, and reports that are one file each. Both share ``templates/``.

Everything that a user or a document says passes through Jinja's escaping. There is no inline script and no style
attribute, so that the strictest content policy holds.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate, chain, groupby, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import UsageError
from stance.model.explanation import Explanation
from stance.model.table import Table
from stance.model.wording import describe
from stance.report import svg
from stance.report.explanation import explained
from stance.report.render import sure
from stance.report.render import write as write_plain
from stance.report.summary import POLES, Index, Period, Poles, Summary, stance_index, summarize, trace
from stance.statement import STANCES, UNCERTAIN, Document, ScoredStatement

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")

EXPLAINED = 400
"""Statements of a page whose words are weighed, and WEIGHED characters; the others show their probabilities."""

WEIGHED = 200_000

NAMED = 5
"""Contributions that an explanation names."""

LONGEST = 40
"""Characters of a contribution's words that are shown."""

LONE = 500
"""Documents of a single statement, rows of a table for instance, that share one page of a report."""

COURSES = 12
"""Speakers whose course an index page draws."""

_ASSETS = {"view.css": "text/css", "view.js": "text/javascript", "page.js": "text/javascript"}
_MARKS = {"con": "●", "haw": "◆", "neu": "○", "unc": "?"}
_MEANINGS = {
    "conciliatory": "moves toward accommodation: offers, agreements, thanks, restraint",
    "hawkish": "moves toward confrontation: threats, demands, sanctions, attacks",
    "neutral": "does neither: background, dates, procedure",
}
_STRENGTHS = (0.5, 0.7, 0.85)
_LEVELS = (0.15, 0.4, 0.7)
_WORD = re.compile(r"\w+(?:[.'’-]\w+)*")
_TONES = (
    (-2.5, "violent"),
    (-1.5, "harsh"),
    (-0.5, "cool"),
    (0.5, "matter-of-fact"),
    (1.5, "polite"),
    (2.5, "friendly"),
)


@lru_cache(8)
def page(labels: tuple[str, ...] = STANCES, poles: Poles = POLES) -> str:
    """The page of the service, empty yet; its guide tells the labels of the model, and which are the poles."""
    ends = _ends(labels, poles)
    if set(labels) == set(STANCES):
        meanings = _MEANINGS
    elif ends:
        meanings = {ends.positive: "at the +1 end of the index", ends.negative: "at the -1 end of the index"}
    else:
        meanings = {}
    guide = [(label, meanings.get(label, "")) for label in labels]
    example = (TEMPLATES / "example.txt").read_text("utf-8")
    template = _templates().get_template("page.html")
    return template.render(guide=guide, look=Look(labels, poles), motto=_motto(ends), example=example)


def _ends(labels: Iterable[str], poles: Poles) -> Poles | None:
    """The poles, if the model has them."""
    return poles if {*poles} <= set(labels) else None


def _motto(ends: Poles | None) -> str:
    """What the head of a page says."""
    if not ends:
        return "What each statement says, and why."
    if ends == POLES:
        return "Who moves toward accommodation, who toward confrontation, statement by statement."
    return f"What is {ends.negative}, what is {ends.positive}, statement by statement."


def asset(name: str) -> tuple[str, bytes | None]:
    """Media type and content of a file that the page loads; None for any other name."""
    kind = _ASSETS.get(name)
    return (kind, (TEMPLATES / name).read_bytes()) if kind else ("text/plain", None)


def view(documents: Sequence[Document], scored: Iterable[ScoredStatement], table: Table, poles: Poles = POLES) -> str:
    """Articles as a piece of HTML, with their figures and explanations, for the page to show.

    scored: the statements of the documents, in order. poles: the labels at the ends of the index.
    """
    return _templates().get_template("view.html").render(view=View(list(documents), list(scored), table, poles))


def write(
    scored: Iterable[ScoredStatement],
    documents: Sequence[Document],
    path: Path,
    *,
    table: Table,
    period: Period = "month",
    poles: Poles = POLES,
) -> None:
    """Write a report that needs no other file and no network; each file appears whole or not at all.

    scored: the statements of the documents, in order. One document is one page. Several make ``path`` an index
    with the courses of speakers over ``period``, and a page for each document in the folder ``path`` without its
    ending; documents of a single statement share pages. ``poles`` are the labels at the ends of the index.
    Raises UsageError where nothing can be written.
    """
    parts = list(_by_document(documents, scored))
    if len(parts) == 1:
        _save(path, _report("article.html", View([parts[0][0]], parts[0][1], table, poles)))
        return
    folder = path.with_suffix("") if path.suffix else path.with_name(f"{path.name}-pages")
    rows = []
    for number, group in enumerate(_grouped(parts), start=1):
        one = View([document for document, _ in group], [s for _, found in group for s in found], table, poles)
        name = f"{number:04}-{_slug(one.title)}.html"
        _save(folder / name, _report("article.html", one, up=os.path.relpath(path, folder)))
        rows.append((f"{folder.name}/{name}", one))
    everything = View(list(documents), [s for _, found in parts for s in found], table, poles)
    _save(path, _report("index.html", Overview(rows, everything, period)))


class View:
    """What a page shows of one or several documents."""

    def __init__(
        self, documents: list[Document], scored: list[ScoredStatement], table: Table, poles: Poles = POLES
    ) -> None:
        self.documents, self.scored, self.table, self.poles = documents, scored, table, poles
        self.ends = _ends(table.labels, poles)
        self.title = _title(documents, scored)
        only = documents[0] if len(documents) == 1 else None
        about = (only.title or os.path.basename(only.id), only.date, only.source) if only else (self.title,)
        self.about = [part for part in about if part and part != "-"]

    @cached_property
    def articles(self) -> list[Article]:
        """The documents with their paragraphs."""
        look = Look(self.table.labels, self.poles)
        sizes = accumulate(len(s.statement.text) for s in self.scored[:EXPLAINED])
        few = sum(size <= WEIGHED for size in sizes)
        reasons = [why for _, why in explained(self.scored[:few], self.table)]
        whys = chain(reasons, repeat(None))
        shown = {id(s): Shown(n, s, why, look) for n, (s, why) in enumerate(zip(self.scored, whys, strict=False))}
        parts = _by_document(self.documents, self.scored)
        return [Article(document, [shown[id(s)] for s in found]) for document, found in parts]

    @cached_property
    def statements(self) -> list[Shown]:
        """All statements as shown."""
        return [s for article in self.articles for p in article.paragraphs for s in p.statements]

    @cached_property
    def counts(self) -> list[tuple[str, str, str, int]]:
        """Stance, its class, its mark and how many statements have it."""
        counts = Counter(s.stance for s in self.scored)
        look = Look(self.table.labels, self.poles)
        labels = [*look.labels, *([UNCERTAIN] if counts[UNCERTAIN] else [])]
        return [(x, look.kind(x), look.mark(x), counts[x]) for x in labels]

    @cached_property
    def shares(self) -> Markup:
        """The counts as a bar."""
        return svg.shares([(kind, n / max(1, len(self.scored))) for _, kind, _, n in self.counts])

    @cached_property
    def index(self) -> Index | None:
        """The index of all statements; None for a model without the two poles."""
        if not self.ends:
            return None
        groups = summarize(self.scored, "document")
        positive, negative = self.ends
        return stance_index((g.counts.get(positive, 0), g.counts.get(negative, 0), g.n) for g in groups)

    @cached_property
    def speakers(self) -> list[Summary]:
        """One group for each speaker, those with most statements first."""
        return [row for row in summarize(self.scored, "speaker", poles=self.poles) if row.n]

    @cached_property
    def lean(self) -> str:
        """The index in words."""
        index = self.index
        if not index:
            return ""
        sign = (index.low > 0) - (index.high < 0)
        return f"Leans toward {self.poles.toward(sign)}" if sign else "No clear lean either way"

    @property
    def motto(self) -> str:
        """What the head of the page says."""
        return _motto(self.ends)

    @cached_property
    def downloads(self) -> Markup:
        """What the download buttons save, as JSON that cannot end its element."""
        from markupsafe import Markup

        forms = {form: _plain(self.scored, form, self.table) for form in ("json", "csv")}
        text = json.dumps({"name": _slug(self.title), **forms})
        return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


class Overview:
    """What the index page of several documents shows."""

    def __init__(self, rows: list[tuple[str, View]], everything: View, period: Period) -> None:
        self.rows, self.period, self.all = rows, period, everything
        self.poles, self.ends, self.motto = everything.poles, everything.ends, everything.motto
        documents = everything.documents
        self.title = f"{len(documents):,} documents"
        self.all.about = [self.title]
        self.dated = any(document.date for document in documents)
        dates = {document.id: document.date for document in documents}
        steps = trace(everything.scored, dates, period=period, poles=self.poles) if self.ends else []
        drawn = [(name, list(course)) for name, course in groupby(steps, key=lambda step: step.speaker)]
        self.courses = [(name, steps, svg.course(steps)) for name, steps in drawn[:COURSES]]
        self.more = max(0, len(drawn) - COURSES)


@dataclass(frozen=True)
class Paragraph:
    """Statements that stand on one line of the document."""

    statements: list[Shown]
    head: bool

    @cached_property
    def speakers(self) -> dict[str, str]:
        """Full name -> name as it stands here."""
        found: dict[str, str] = {}
        for s in self.statements:
            if s.speaker:
                found.setdefault(s.speaker, s.statement.speaker or s.speaker)
        return found

    @property
    def ribbon(self) -> Markup:
        """The tones down its side."""
        return svg.ribbon([(len(s.statement.text), s.tone) for s in self.statements])


class Article:
    """A document cut into paragraphs."""

    def __init__(self, document: Document, statements: list[Shown]) -> None:
        self.document = document
        self.paragraphs: list[Paragraph] = []
        text, last, line = document.text, 0, []  # type: ignore[var-annotated]
        for s in statements:
            if line and re.search(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", text[last : s.statement.start]):
                self._end(line)
                line = []
            line.append(s)
            last = s.statement.end
        if line:
            self._end(line)

    def _end(self, line: list[Shown]) -> None:
        first = not self.paragraphs
        head = first and len(line) == 1 and not re.search(r"[.!?:;…”\"’')\]]\s*$", line[0].statement.text)
        self.paragraphs.append(Paragraph(line, head and len(line[0].statement.text) < 160))


class Shown:
    """A statement as it is shown."""

    def __init__(self, number: int, scored: ScoredStatement, why: Explanation | None, look: Look) -> None:
        self.number, self.scored, self.why, self.look = number, scored, why, look
        self.statement, self.stance, self.tone = scored.statement, scored.stance, scored.tone
        self.speaker = scored.statement.speaker_full or scored.statement.speaker
        self.kind, self.mark = look.kind(self.stance), look.mark(self.stance)
        self.sure = sure(scored.confidence)
        self.strength = 1 + sum(scored.confidence >= step for step in _STRENGTHS)

    @property
    def probabilities(self) -> list[tuple[str, str, str, Markup]]:
        """Label, its class, its probability and that as a bar."""
        rows = ((label, self.look.kind(label), p) for label, p in self.scored.probabilities.items())
        return [(label, kind, sure(p), svg.bar(p, kind)) for label, kind, p in rows]

    @property
    def tone_words(self) -> str:
        """The tone as a number and in a word.

        -1.6 is harsh, 0.2 matter-of-fact.
        """
        if self.tone is None:
            return ""
        word = next((name for limit, name in _TONES if self.tone < limit), "warm")
        return f"{_signed(self.tone, 1)} {word}"

    @property
    def tone_scale(self) -> Markup | str:
        """The tone on its scale."""
        return "" if self.tone is None else svg.tone(self.tone)

    @property
    def words(self) -> list[tuple[str, str, int]]:
        """The text in pieces: what each speaks for (a class, or nothing) and how strongly (0 to 3)."""
        if not self.why:
            return []
        return [*weighed(self.why, self.look), (self.statement.text[len(self.why.text) :], "", 0)]

    @property
    def evidence(self) -> list[tuple[str, str, str, str, str]]:
        """The strongest contributions: words, what a frame reads in them, label spoken for, its class, how much."""
        if not self.why:
            return []
        first, second = self.why.ranking[:2]
        sums: dict[tuple[str, str], float] = {}
        for c in self.why.contributions:
            words = " ".join(self.why.text[c.start : c.end].split())
            reading = describe(c.feature) if c.kind == "frame" else c.name if c.kind == "sentence" else ""
            key = (words, reading) if len(words) <= LONGEST else (reading or f"{words[:LONGEST]}…", "")
            sums[key] = sums.get(key, 0.0) + c.margin(first, second)
        rows = []
        for (words, frame), margin in sorted(sums.items(), key=lambda item: -abs(item[1]))[:NAMED]:
            label = first if margin > 0 else second
            rows.append((words, frame, label, self.look.kind(label), f"+{abs(margin):.1f}"))
        return rows


def weighed(why: Explanation, look: Look) -> list[tuple[str, str, int]]:
    """A statement in pieces of like weight: text, class of the label spoken for, strength from 0 to 3.

    The margin of a contribution between the two likeliest labels is shared evenly by the words it stands on.
    """
    first, second = why.ranking[:2]
    words = [match.span() for match in _WORD.finditer(why.text)]
    starts, ends = [start for start, _ in words], [end for _, end in words]
    steps = [0.0] * (len(words) + 1)  # from one word's sum to the next one's, so that long stretches cost no more
    for c in why.contributions:
        i, j = bisect_right(ends, c.start), bisect_left(starts, c.end)
        if i < j:
            steps[i] += c.margin(first, second) / (j - i)
            steps[j] -= c.margin(first, second) / (j - i)
    sums = list(accumulate(steps[:-1]))
    most = max(map(abs, sums), default=0.0) or 1.0
    pieces: list[tuple[str, str, int]] = []
    last = 0
    for (start, end), weight in zip(words, sums, strict=True):
        level = sum(abs(weight) / most >= step for step in _LEVELS)
        if level:
            pieces += [(why.text[last:start], "", 0)] if start > last else []
            pieces.append((why.text[start:end], look.kind(first if weight > 0 else second), level))
            last = end
    return [*pieces, (why.text[last:], "", 0)]


@dataclass(frozen=True)
class Look:
    """How stances are told apart: a CSS class for the colour, and a sign, since colour must not be the only one.

    >>> look = Look(("dovish", "hawkish", "mixed"), Poles("hawkish", "dovish"))
    >>> [look.kind(label) for label in look.labels], look.mark("mixed")
    (['con', 'haw', 'x2'], '▼')
    """

    labels: Sequence[str]
    poles: Poles = POLES

    def kind(self, stance: str) -> str:
        """The class: one for each end of the index, for "neutral" and "uncertain", others in their order."""
        known = {UNCERTAIN: "unc", "neutral": "neu", self.poles.negative: "con", self.poles.positive: "haw"}
        return known.get(stance) or f"x{list(self.labels).index(stance) % 4}"

    def mark(self, stance: str) -> str:
        """The sign."""
        return _MARKS.get(self.kind(stance)) or "▪▲▼★"[list(self.labels).index(stance) % 4]


def _by_document(
    documents: Sequence[Document], scored: Iterable[ScoredStatement]
) -> Iterator[tuple[Document, list[ScoredStatement]]]:
    """Each document with its statements; documents without any are left out."""
    waiting = iter(documents)
    found: list[ScoredStatement] = []
    for s in scored:
        if s.statement.index == 0 and found:
            yield _next(waiting, found), found
            found = []
        found.append(s)
    if found:
        yield _next(waiting, found), found


def _next(waiting: Iterator[Document], found: list[ScoredStatement]) -> Document:
    name = found[0].statement.document
    return next(document for document in waiting if document.id == name)


def _grouped(
    parts: Sequence[tuple[Document, list[ScoredStatement]]],
) -> Iterator[list[tuple[Document, list[ScoredStatement]]]]:
    """Documents page by page: those of one statement in a row together, the others alone."""
    lone: list[tuple[Document, list[ScoredStatement]]] = []
    for part in parts:
        if lone and (len(part[1]) > 1 or len(lone) == LONE):
            yield lone
            lone = []
        if len(part[1]) > 1:
            yield [part]
        else:
            lone.append(part)
    if lone:
        yield lone


def _title(documents: Sequence[Document], scored: Sequence[ScoredStatement]) -> str:
    if len(documents) > 1:
        file = re.sub(r"[:#][^:#]*$", "", documents[0].id)
        return f"{os.path.basename(file)}: {len(documents):,} texts"
    first = documents[0] if documents else None
    if first and first.title:
        return first.title
    name = os.path.basename(first.id) if first else ""
    return name if name not in ("", "-") else (scored[0].statement.text[:80] if scored else "article")


def _plain(scored: Iterable[ScoredStatement], form: str, table: Table) -> str:
    file = io.StringIO()
    write_plain(scored, file, form=form, labels=table.labels, tone=table.has_tone)
    return file.getvalue()


def _slug(title: str) -> str:
    """A title as part of a file name.

    >>> _slug("Talks: «day 1» / Kestria")
    'talks-day-1-kestria'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:50] or "article"


def _signed(value: float, digits: int = 2) -> str:
    """A number with its sign, a minus that is one.

    >>> _signed(-0.5), _signed(0.0, 1)
    ('−0.50', '0.0')
    """
    text = f"{value:+.{digits}f}"
    return text[1:] if not float(text) else text.replace("-", "−")


def _report(template: str, shown: View | Overview, up: str | None = None) -> str:
    """A page with its style and script inside; their hashes are all that it may run."""
    files = {"css": ("view.css",), "js": ("view.js",)}
    texts = {kind: "".join((TEMPLATES / name).read_text("utf-8") for name in names) for kind, names in files.items()}
    hashes = {kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for kind, text in texts.items()}
    return _templates().get_template(template).render(view=shown, up=up, hashes=hashes, **texts)


def _save(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8", errors="replace")
        os.replace(part, path)
    except OSError as error:
        what = f"cannot be written ({error.strerror or error})"
        raise UsageError(what, place=str(path), remedy="name a file in a folder you may write to") from error


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: Mapping[str, Any] = {"signed": _signed, "index_scale": svg.interval}
    made.filters.update(filters)
    return made
