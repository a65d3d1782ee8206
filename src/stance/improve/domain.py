"""Is a text of the kind the model was trained on? A recipe or a football report is scored too, but means nothing.

The rule: the mean idf of a document's words, the commonest words left aside, against what texts like the training
data would have. A table knows both: it holds the idf of every word, from which follow the words' frequencies and
with them the mean to be expected. An unknown word has the highest idf there is. So the share of unknown words counts,
and so does the share of words that the training data seldom has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stance.model.table import BATCH, Table
from stance.model.tokens import NAME, Tokenizer, normal_form
from stance.statement import ScoredStatement, Statement

Floats = npt.NDArray[np.float64]

COMMON = 2.5
"""Words of a lower idf (a dozen in the default model) are left aside, for headlines have few of them."""

MARGIN = 0.6
"""A document is outside when the lower bound of its distance exceeds this. Real diplomatic text lies some 0.3 above
the authored training data, recipes and football reports lie at 1.0 and more (docs/trust.md has the figures)."""

Z = 1.645
"""0.95 quantile of the normal distribution: the bound is one-sided, so that a short text is seldom flagged."""

LEAST_WORDS = 50
"""Words of a document that is judged by itself: two or three sentences."""

NAMED = 5
"""So many documents are warned of one by one; of further ones only the number is said."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a document's words fit a model.

    words: how many there are, names and numbers left out. unknown: share of them that the model never saw.
    distance: mean idf of its less common words minus that expected of the training data, in nats.
    low: lower 95 % bound of the distance. outside: whether the text is of another kind than the training data.
    """

    document: str
    words: int
    unknown: float
    distance: float
    low: float

    @property
    def outside(self) -> bool:
        """Whether ``low`` exceeds MARGIN."""
        return self.low > MARGIN

    def __str__(self) -> str:
        return (
            f"{self.document or 'text'}: unlike the texts that the model was trained on ({self.unknown:.0%} of its "
            f"{self.words:,} words are unknown, many others rare): what the model says of it means little"
        )


@dataclass(frozen=True, slots=True)
class Count:
    """Words, how many of them are unknown, how many are not common, and the sum of the idf of the latter."""

    words: int = 0
    unknown: int = 0
    rare: int = 0
    idf: float = 0.0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.words + other.words, self.unknown + other.unknown, self.rare + other.rare, self.idf + other.idf
        )


class Domain:
    """What a table knows of the words of its training data.

    >>> domain = Domain(Table.load())
    >>> domain.fit(["Bake the sponge until golden, then drizzle syrup and whipped cream over the crumbs."] * 6).outside
    True
    >>> domain.fit(["The minister said that talks on the ceasefire would resume in the capital on Monday."] * 6).outside
    False
    """

    def __init__(self, table: Table) -> None:
        self._numbers = {word: i for i, word in enumerate(table.arrays["words"])}
        self._masks = bool(table.header["features"]["masks"])
        self._common = table.arrays["common"]
        self._tokenizer = Tokenizer(self._common, masks=self._masks)
        self._forms: list[int] = []
        self._idf = _idf(table)
        self._rare = self._idf > COMMON
        self.mean, self.deviation = _expected(self._idf, self._rare)

    def fit(self, texts: Iterable[str], document: str = "") -> Fit:
        """How the words of a document, given as its statements, fit the model."""
        return self.judge(self.count(texts), document)

    def count(self, texts: Iterable[str]) -> Count:
        """What there is to know of the words of some statements."""
        numbers = self.numbers(list(texts))
        rare = self._idf[numbers][self._rare[numbers]]
        unknown = int(np.count_nonzero(numbers == len(self._numbers)))
        return Count(len(numbers), unknown, len(rare), float(rare.sum()))

    def judge(self, count: Count, document: str = "") -> Fit:
        """How words so counted fit the model."""
        unknown = count.unknown / count.words if count.words else 0.0
        distance = count.idf / count.rare - self.mean if count.rare else 0.0
        low = distance - Z * self.deviation / math.sqrt(count.rare) if count.rare else -math.inf
        return Fit(document, count.words, unknown, distance, low)

    def numbers(self, texts: list[str]) -> npt.NDArray[np.int64]:
        """The vocabulary number of each word, in order, without names and numbers; unknown ones have the last."""
        if len(self._forms) > 300_000:
            self._tokenizer, self._forms = Tokenizer(self._common, masks=self._masks), []
        types = self._tokenizer.encode(texts).types
        for surface in self._tokenizer.surfaces[len(self._forms) :]:
            word = surface != NAME and surface[0].isalpha()
            self._forms.append(self._numbers.get(normal_form(surface), len(self._numbers)) if word else -1)
        numbers = np.array(self._forms, np.int64)[types]
        return numbers[numbers >= 0]


def _idf(table: Table) -> Floats:
    """(words + 1,) idf of every word and, last, of an unknown one."""
    unknown = np.log(1 + float(table.header.get("rows", 1))) + 1
    idf = table.arrays["shape_idf"].astype(float)
    if np.ptp(idf) == 0:  # no word shapes: the words that are features have theirs, the others are as good as unknown
        idf = np.append(table.arrays["word_idf"][::2].astype(float), 0.0)
    return np.asarray(np.where(idf > 0, np.minimum(idf, unknown), unknown))


def _expected(idf: Floats, rare: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Mean and standard deviation of the idf of the less common words in texts like the training data."""
    # idf = ln((1 + n) / (1 + df)) + 1, so a word's frequency is proportional to exp(-idf), up to the smoothing.
    unseen = np.exp(-idf[-1])
    frequency = np.where(rare, np.maximum(np.exp(-idf) - unseen, 0), 0)[:-1]
    if not frequency.sum():
        return float(idf[-1]), 0.0
    mean = float(np.average(idf[:-1], weights=frequency))
    return mean, float(np.sqrt(np.average((idf[:-1] - mean) ** 2, weights=frequency)))


def watch(scored: Iterable[ScoredStatement], table: Table, warn: Callable[[str], None]) -> Iterator[ScoredStatement]:
    """Pass scored statements on, and warn of each document that is unlike the training data once it has passed.

    A document of fewer than LEAST_WORDS words says too little to judge. Such documents in one file, rows of a table
    for instance, are judged together when the file ends, and not at all if they are too short even then. After NAMED
    warnings the others are counted, and the number is said at the end.
    """
    watching = _Watch(Domain(table), warn)
    for s in scored:
        yield s
        watching.add(s.statement)
    watching.end()


class _Watch:
    """What is known of the document that passes, and of the short ones of its file. Holds a batch of texts at most."""

    def __init__(self, domain: Domain, warn: Callable[[str], None]) -> None:
        self.domain, self.warn = domain, warn
        self.document = self.file = ""
        self.current, self.short = _Words(domain), _Words(domain)
        self.seen = self.outside = 0

    def add(self, statement: Statement) -> None:
        if statement.document != self.document:
            self.end_document()
            self.document = statement.document
            if (file := re.sub(r"[:#][^:#]*$", "", statement.document)) != self.file:
                self.end_file()
                self.file = file
        self.current.add([statement.text])

    def end_document(self) -> None:
        if self.current.n < LEAST_WORDS:
            self.short.add(self.current.texts)  # all of them: so few words are no batch
        else:
            self.judge(self.current, self.document)
        self.current = _Words(self.domain)

    def end_file(self) -> None:
        if self.short.n >= LEAST_WORDS:
            self.judge(self.short, self.file)
        self.short = _Words(self.domain)

    def judge(self, words: _Words, name: str) -> None:
        fit = self.domain.judge(words.total(), name)
        self.seen, self.outside = self.seen + 1, self.outside + fit.outside
        if fit.outside and self.outside <= NAMED:
            self.warn(str(fit))

    def end(self) -> None:
        self.end_document()
        self.end_file()
        if self.outside > NAMED:
            self.warn(f"{self.outside:,} of {self.seen:,} documents are unlike the texts that the model was trained on")


class _Words:
    """Texts that are counted a batch at a time, which is far quicker than one by one. n: their words, roughly."""

    def __init__(self, domain: Domain) -> None:
        self.domain, self.n = domain, 0
        self.texts: list[str] = []
        self.count = Count()

    def add(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.n += len(text.split())
            self.texts.append(text)
        if len(self.texts) >= BATCH:
            self.total()

    def total(self) -> Count:
        self.count, self.texts = self.count + self.domain.count(self.texts), []
        return self.count
