"""Scored statements summed up by document, speaker, pair of speaker and target, or date; shifts of speakers.

The index of a group is its share of hawkish minus its share of conciliatory statements: -1 all conciliatory,
+1 all hawkish; labels of one's own may be its poles. Its interval says how far the statements at hand could
mislead about others of their kind. It does not know the model's own errors, which pull every index toward the middle.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import hypot, sqrt
from typing import Any, Literal, NamedTuple

from stance.errors import InputError, UsageError
from stance.statement import UNCERTAIN, ScoredStatement, Statement

By = Literal["document", "speaker", "pair", "date"]
Period = Literal["day", "week", "month", "quarter", "year"]
Dates = Mapping[str, str | None]
"""Document id -> its date (ISO 8601; a month or a year will do where no day is asked for)."""


class Poles(NamedTuple):
    """The labels at the ends of the index: +1 and -1.

    >>> Poles().toward(1), Poles("hawkish", "dovish").toward(-1)
    ('confrontation', 'dovish')
    """

    positive: str = "hawkish"
    negative: str = "conciliatory"

    def toward(self, sign: float) -> str:
        """Where a change of that sign leads: in words for the labels of the default model, else the label."""
        label = self.positive if sign > 0 else self.negative
        return {"hawkish": "confrontation", "conciliatory": "accommodation"}[label] if self == POLES else label


POLES = Poles()
"""Those of the default model."""


def poles_of(labels: Sequence[str], positive: str | None = None, negative: str | None = None) -> Poles:
    """The ends of the index of a model with these labels, as named by --positive and --negative.

    Raises UsageError for labels that the model does not have, and for one at both ends.

    >>> poles_of(("dovish", "hawkish", "neutral"), negative="dovish")
    Poles(positive='hawkish', negative='dovish')
    """
    poles = Poles(positive or POLES.positive, negative or POLES.negative)
    for option, label in (("--positive", positive), ("--negative", negative)):
        if label is not None and label not in labels:
            what = f"the model has no label {label!r}"
            raise UsageError(what, place=option, remedy=f"choose one of {', '.join(labels)}")
    if poles.positive == poles.negative:
        what = f"{poles.positive!r} cannot be both ends of the index"
        raise UsageError(what, place="--positive, --negative", remedy="name two labels")
    if (positive or negative) and not {*poles} <= set(labels):
        missing = "--positive" if positive is None else "--negative"
        what = "the index has one end only"
        raise UsageError(what, place=missing, remedy=f"name one of {', '.join(labels)}")
    return poles


Z = 1.959963984540054
"""0.975 quantile of the normal distribution."""

COPY_DAYS = 7
"""The same words by the same speaker in documents dated further apart are said again, not copied."""

LEAST = 5
"""Statements needed on either side before a change is named."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Index:
    """An index, or a difference of two, with its 95 % interval; n is the number of statements."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Summary:
    """One group of statements.

    name: the document, speaker, "speaker -> target" or period; None gathers statements without one.
    documents: how many documents they come from.
    n: statements counted; copies: statements left out because another document has them already.
    counts: label -> statements of which it is the most likely label, whatever the confidence.
    uncertain: how many of the n are less sure than the user asked for.
    index: over all n; index_confident: over those sure enough. None without such statements, or when the
    model has no label of one of the poles.
    tone: mean, from -3 to +3; None when the model has no tone.
    extremes: label at an end of the index -> the statement most probably of it, where there is one.
    """

    name: str | None
    documents: int
    n: int
    copies: int
    counts: Mapping[str, int]
    uncertain: int
    index: Index | None
    index_confident: Index | None
    tone: float | None
    extremes: Mapping[str, ScoredStatement]

    @property
    def shares(self) -> dict[str, float]:
        """Label -> share of the n statements."""
        return {label: count / self.n for label, count in self.counts.items()} if self.n else {}

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON holds it."""
        plain = {name: getattr(self, name) for name in ("name", "documents", "n", "copies", "uncertain", "tone")}
        indices = {name: getattr(self, name) for name in ("index", "index_confident")}
        return {
            **plain,
            "counts": dict(self.counts),
            "shares": self.shares,
            **{name: index and asdict(index) for name, index in indices.items()},
            "extremes": {label: one.to_dict() for label, one in self.extremes.items()},
        }


@dataclass(frozen=True, slots=True)
class Step:
    """A speaker in one period, against the same speaker in all periods before.

    index, past: over all statements of the period, and over all before it (None in the first).
    change: index minus past with its interval.
    """

    speaker: str
    period: str
    index: Index
    past: Index | None
    change: Index | None
    poles: Poles = POLES

    @property
    def sign(self) -> int:
        """1 if the index rose, -1 if it fell, 0 unless its interval says so and both sides have LEAST statements."""
        if not self.past or not self.change or min(self.index.n, self.past.n) < LEAST:
            return 0
        return (self.change.low > 0) - (self.change.high < 0)

    @property
    def shift(self) -> str | None:
        """Where to ("confrontation", "accommodation" or the label at that end); None without a sign."""
        return self.poles.toward(self.sign) if self.sign else None

    def to_dict(self) -> dict[str, Any]:
        """The step as JSON holds it."""
        indices = {name: getattr(self, name) for name in ("index", "past", "change")}
        plain = {"speaker": self.speaker, "period": self.period}
        return {**plain, **{name: index and asdict(index) for name, index in indices.items()}, "shift": self.shift}


def summarize(
    scored: Iterable[ScoredStatement],
    by: By = "document",
    *,
    dates: Dates | None = None,
    period: Period = "day",
    poles: Poles = POLES,
) -> list[Summary]:
    """One summary for each document (in order), speaker or pair (most statements first) or period (in time).

    Statements that several documents share are counted once, in the first of them, and said so in ``copies``.
    ``dates`` is looked up as statements come, so it may be filled while documents are read. Memory holds a
    number for each statement, not the statements.

    Raises InputError for dates that cannot be read and, by date, when no document has one.
    """
    dates = dates if dates is not None else {}
    groups: dict[str | None, _Group] = {}
    copies = _Copies(dates)
    for one in scored:
        name = _name(one.statement, by, dates, period)
        if name not in groups:
            groups[name] = _Group(poles)
        groups[name].add(one, copy=copies.holds(one.statement))
    if by == "date" and not set(groups) - {None}:
        remedy = "give a date column, or pages and PDFs that carry their date"
        raise InputError("no document has a date", place="summary by date", remedy=remedy)
    rows = [group.summary(name) for name, group in groups.items()]
    if by == "date":
        rows.sort(key=lambda row: row.name or "")
    elif by != "document":
        rows.sort(key=lambda row: -row.n)
    return sorted(rows, key=lambda row: row.name is None)


def trace(
    scored: Iterable[ScoredStatement],
    dates: Dates,
    *,
    period: Period = "month",
    poles: Poles = POLES,
) -> list[Step]:
    """The course of each speaker over the periods in which there are dated statements, in time.

    Speakers with most statements come first. Copies count once. Of many steps without any change, about one
    in twenty has an interval that excludes zero: a named shift is a place to read on, not a finding.
    """
    copies = _Copies(dates)
    spans: dict[str, str] = {}
    courses: dict[str, dict[str, _Group]] = {}
    for one in scored:
        document, name = one.statement.document, _speaker(one.statement)
        when = dates.get(document)
        if name and when and not copies.holds(one.statement):
            if document not in spans:
                spans[document] = period_of(when, period, place=document)
            course = courses.setdefault(name, {})
            if spans[document] not in course:
                course[spans[document]] = _Group(poles)
            course[spans[document]].add(one)
    ordered = sorted(courses.items(), key=lambda item: -sum(group.n for group in item[1].values()))
    return [step for name, course in ordered for step in _steps(name, course, poles)]


def stance_index(counts: Iterable[tuple[int, int, int]]) -> Index | None:
    """The index of (hawkish, conciliatory, all) statements, one triple for each document; None without any.

    The interval is that of Bonett and Price (2012, Journal of Educational and Behavioral Statistics 37,
    479-488) for the difference of two shares of one sample: Wald's with one added to both counts, which
    keeps its level in small samples (exact coverage 0.947 to 1 for three to fifty statements). Statements of
    one document are alike, so counts are first divided by the design effect between documents (Rao and Scott,
    1992, Biometrics 48, 577-585); a single document tells nothing of it.

    >>> stance_index([(26, 4, 48)])
    Index(value=0.4583333333333333, low=0.2548067..., high=0.6251932..., n=48)
    """
    clusters = [count for count in counts if count[2]]
    h, c, n = (sum(count[i] for count in clusters) for i in range(3))
    if not n:
        return None
    effective = n / design_effect(clusters)
    scale = effective / n
    p = (h * scale + 1) / (effective + 2)
    q = (c * scale + 1) / (effective + 2)
    margin = Z * sqrt((p + q - (p - q) ** 2) / (effective + 2))
    return Index((h - c) / n, max(-1.0, p - q - margin), min(1.0, p - q + margin), n)


def design_effect(clusters: Iterable[tuple[int, int, int]]) -> float:
    """How many times the variance of the index exceeds that of independent statements; between 1 and n.

    Takes a (hawkish, conciliatory, all) triple for each document. Rao and Scott (1992), with the variance of
    a ratio between clusters for an outcome of +1, -1 or 0.

    >>> design_effect([(10, 0, 10), (0, 10, 10), (10, 0, 10), (0, 10, 10)])
    13.33...
    """
    triples = list(clusters)
    h, c, n = (sum(triple[i] for triple in triples) for i in range(3))
    if len(triples) < 2 or not h + c:
        return 1.0
    mean = (h - c) / n
    independent = ((h + c) / n - mean**2) / n
    if independent <= 0:
        return 1.0
    residuals = sum((a - b - mean * m) ** 2 for a, b, m in triples)
    between = len(triples) / (len(triples) - 1) * residuals / n**2
    return min(max(1.0, between / independent), float(n))


def difference(later: Index, earlier: Index) -> Index:
    """``later`` minus ``earlier``, two independent indices, with its 95 % interval.

    Newcombe's square-and-add limits (1998, Statistics in Medicine 17, 873-890; in general Zou and Donner,
    2008, Statistics in Medicine 27, 1693-1702). n is that of ``later``.

    >>> difference(Index(0.5, 0.2, 0.7, 20), Index(0.0, -0.4, 0.3, 10))
    Index(value=0.5, low=0.0757359..., high=0.9472135..., n=20)
    """
    value = later.value - earlier.value
    low = value - hypot(later.value - later.low, earlier.high - earlier.value)
    high = value + hypot(later.high - later.value, earlier.value - earlier.low)
    return Index(value, low, high, later.n)


def period_of(date: str, period: Period, *, place: str | None = None) -> str:
    """The period that a date lies in. Periods sort in time. Raises InputError for what is no such date.

    >>> [period_of("2024-05-01T08:00Z", p) for p in ("day", "week", "month", "quarter", "year")]
    ['2024-05-01', '2024-W18', '2024-05', '2024-Q2', '2024']
    """
    year, month, day = _parts(date, place)
    if period == "year" or (period != "week" and not month):
        return f"{year:04}"
    if period == "quarter":
        return f"{year:04}-Q{(month + 2) // 3}"
    if period == "month" or (period == "day" and not day):
        return f"{year:04}-{month:02}"
    if not day:
        raise InputError(f"date {date!r} has no day, which a week needs", place=place, remedy="use months")
    if period == "day":
        return f"{year:04}-{month:02}-{day:02}"
    week = dt.date(year, month, day).isocalendar()
    return f"{week.year:04}-W{week.week:02}"


def _parts(date: str, place: str | None) -> tuple[int, int, int]:
    """Year, month and day; zero for what is not given."""
    match = re.match(r"\s*(\d{4})(?:-?(\d\d)(?:-?(\d\d))?)?(?=$|[T\s])", date)
    year, month, day = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    try:
        dt.date(year, month or 1, day or 1)
    except ValueError:
        raise InputError(f"unknown date {date!r}", place=place, remedy="write dates as 2024-05-31") from None
    return year, month, day


def _name(statement: Statement, by: By, dates: Dates, period: Period) -> str | None:
    if by == "document":
        return statement.document
    if by == "speaker":
        return _speaker(statement)
    if by == "pair":
        speaker = _speaker(statement)
        return f"{speaker} -> {statement.target}" if speaker and statement.target else None
    date = dates.get(statement.document)
    return period_of(date, period, place=statement.document) if date else None


def _speaker(statement: Statement) -> str | None:
    return statement.speaker_full or statement.speaker


def _steps(speaker: str, course: Mapping[str, _Group], poles: Poles) -> Iterator[Step]:
    before: list[tuple[int, int, int]] = []
    for period, group in sorted(course.items()):
        index, past = stance_index(group.triples()), stance_index(before)
        if index:
            yield Step(speaker, period, index, past, difference(index, past) if past else None, poles)
        before += group.triples()


class _Copies:
    """Remembers which words by which speaker were seen in which document."""

    def __init__(self, dates: Dates) -> None:
        self.dates = dates
        self.seen: dict[int, str] = {}

    def holds(self, statement: Statement) -> bool:
        """Whether another document had this statement before; remembers it otherwise."""
        words = _WORD.findall(statement.text.casefold())
        # A hash, because a long table has millions of statements.
        key = hash((*words, (_speaker(statement) or "").casefold())) if words else hash(statement.text)
        first = self.seen.setdefault(key, statement.document)
        if first == statement.document:
            return False
        if self._apart(first, statement.document) <= COPY_DAYS:
            return True
        self.seen[key] = statement.document
        return False

    def _apart(self, one: str, other: str) -> int:
        """Days between two documents; zero where a day is not known."""
        days = []
        for document in (one, other):
            date = self.dates.get(document)
            year, month, day = _parts(date, document) if date else (0, 0, 0)
            if not day:
                return 0
            days.append(dt.date(year, month, day).toordinal())
        return abs(days[0] - days[1])


@dataclass(slots=True)
class _Group:
    """Sums over the statements of one group, and the two statements to show."""

    poles: Poles
    n: int = 0
    copies: int = 0
    uncertain: int = 0
    tones: int = 0
    tone: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    documents: dict[str, list[int]] = field(default_factory=dict)
    extremes: dict[str, ScoredStatement] = field(default_factory=dict)

    def add(self, one: ScoredStatement, *, copy: bool = False) -> None:
        # Six sums for each document: hawkish, conciliatory and all, then the same for the confident ones.
        sums = self.documents.setdefault(one.statement.document, [0] * 6)
        if copy:
            self.copies += 1
            return
        label = max(one.probabilities, key=one.probabilities.__getitem__, default=one.stance)
        self.n += 1
        if not self.counts:  # labels without statements are shown too, in the model's order
            self.counts.update(dict.fromkeys(one.probabilities, 0))
        self.counts[label] += 1
        sure = one.stance != UNCERTAIN
        self.uncertain += not sure
        for first in (0, 3) if sure else (0,):
            sums[first] += label == self.poles.positive
            sums[first + 1] += label == self.poles.negative
            sums[first + 2] += 1
        if one.tone is not None:
            self.tones += 1
            self.tone += one.tone
        best = self.extremes.get(label)
        if not best or one.probabilities.get(label, 0) > best.probabilities.get(label, 0):
            self.extremes[label] = one

    def triples(self, offset: int = 0) -> list[tuple[int, int, int]]:
        return [(s[offset], s[offset + 1], s[offset + 2]) for s in self.documents.values()]

    def summary(self, name: str | None) -> Summary:
        poles = not self.counts or {*self.poles} <= set(self.counts)
        return Summary(
            name=name,
            documents=len(self.documents),
            n=self.n,
            copies=self.copies,
            counts=dict(self.counts),
            uncertain=self.uncertain,
            index=stance_index(self.triples()) if poles else None,
            index_confident=stance_index(self.triples(3)) if poles else None,
            tone=self.tone / self.tones if self.tones else None,
            extremes={label: self.extremes[label] for label in self.poles if label in self.extremes},
        )
