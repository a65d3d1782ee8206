"""Is a text of the kind the model was trained on? A recipe or a football report is scored too, but means nothing.

The rule: the mean idf of a document's words, the commonest words left aside, against what texts like the training
data would have. A table knows both: it holds the idf of every word, from which follow the words' frequencies and
with them the mean to be expected. An unknown word has the highest idf there is. So the share of unknown words counts,
and so does the share of words that the training data seldom has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from stance.model.table import Table
from stance.model.tokens import NAME, Tokenizer, normal_form
from stance.statement import ScoredStatement

Floats = npt.NDArray[np.float64]

COMMON = 2.5
"""Words of a lower idf (a dozen in the default model) are left aside, for headlines have few of them."""

MARGIN = 0.7
"""A document is outside when the lower bound of its distance exceeds this. Real diplomatic text lies some 0.3 above
the authored training data, recipes and football reports lie at 1.1 and more (docs/trust.md has the figures)."""

Z = 1.645
"""0.95 quantile of the normal distribution: the bound is one-sided, so that a short text is seldom flagged."""

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
        numbers = self.numbers(list(texts))
        rare = self._idf[numbers][self._rare[numbers]]
        unknown = float(np.mean(numbers == len(self._numbers))) if len(numbers) else 0.0
        distance = float(rare.mean() - self.mean) if len(rare) else 0.0
        low = distance - Z * self.deviation / np.sqrt(len(rare)) if len(rare) else -np.inf
        return Fit(document, len(numbers), unknown, distance, float(low))

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

    After NAMED warnings the others are counted, and the number is said at the end.
    """
    domain = Domain(table)
    outside = seen = 0
    for name, statements in groupby(scored, key=lambda s: s.statement.document):
        texts = []
        for s in statements:
            texts.append(s.statement.text)
            yield s
        fit = domain.fit(texts, name)
        seen, outside = seen + 1, outside + fit.outside
        if fit.outside and outside <= NAMED:
            warn(str(fit))
    if outside > NAMED:
        warn(f"{outside:,} of {seen:,} documents are unlike the texts that the model was trained on")
