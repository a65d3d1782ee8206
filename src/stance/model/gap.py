"""How far two sets of texts are apart: a classifier two-sample test, with the words that give them away."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stance.errors import InputError
from stance.numerals import counted

LEAST_TEXTS = 20
"""Fewer different texts a side say nothing: the interval would span half of the scale."""

FOLDS = 5
WORDS = 25

_QUOTES = str.maketrans("’‘“”", "''\"\"")
_NAME = re.compile(r"\b[A-Z][\w.'-]*(?:\s+(?:of\s+)?[A-Z][\w.'-]*)*")


@dataclass(frozen=True, slots=True)
class GapReport:
    """Outcome of :func:`gap`.

    n: texts a side that were compared (of the larger side a random part).
    accuracy: part of the held-out texts that the classifier put on the right side; 0.5 means that it cannot
    tell them apart, 1 that it always can.
    interval: 95 % interval of the accuracy (Wilson).
    p_value: probability of such an accuracy or a higher one if both sides came from one source.
    authored_words, reference_words: words and pairs that most speak for each side, strongest first; <name>
    stands for any name.
    """

    n: int
    accuracy: float
    interval: tuple[float, float]
    p_value: float
    authored_words: tuple[str, ...]
    reference_words: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the command line."""
        return asdict(self)

    def to_text(self) -> str:
        """Four lines to read."""
        low, high = self.interval
        p = f"p = {self.p_value:.2g}" if self.p_value >= 1e-16 else "p < 1e-16"
        return (
            f"told apart {self.accuracy:.3f} [{low:.3f}, {high:.3f}] (0.5: not at all, 1: always)\n"
            f"{p} if they came from one source; {self.n:,} texts each\n"
            f"more in authored:  {' · '.join(self.authored_words)}\n"
            f"more in reference: {' · '.join(self.reference_words)}"
        )


def gap(
    authored: Sequence[str],
    reference: Sequence[str],
    seed: int = 0,
    *,
    places: tuple[str, str] = ("authored", "reference"),
) -> GapReport:
    """Train a classifier to tell authored texts from reference texts, and report how well it does.

    A classifier two-sample test (Lopez-Paz and Oquab, 2017): were both from one source, the accuracy over N
    held-out texts would be near normal with mean 1/2 and variance 1/(4N). Here it is cross-validated over
    words and pairs with names masked (names are no style), on as many texts of either side, repeated ones
    once. Accuracies compare only at like n: more texts let the classifier learn more.

    places: where the sides come from, for errors.
    Raises InputError with fewer than LEAST_TEXTS different texts on a side.
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from threadpoolctl import threadpool_limits

    sides = [_different(authored, places[0]), _different(reference, places[1])]
    n = min(map(len, sides))
    random = np.random.RandomState(seed)
    texts = [mask(side[i]) for side in sides for i in random.permutation(len(side))[:n]]
    is_authored = np.repeat([True, False], n)
    words = TfidfVectorizer(
        ngram_range=(1, 2),
        min_df=2 if n >= 100 else 1,
        sublinear_tf=True,
        token_pattern=r"<name>|\w+|[^\w\s]",
    )
    classifier = make_pipeline(words, LogisticRegression(C=3, max_iter=1000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    # Vectors so short gain nothing from threads, which on a busy machine slow this down many times.
    with threadpool_limits(1):
        right = int((cross_val_predict(classifier, texts, is_authored, cv=folds) == is_authored).sum())
        classifier.fit(texts, is_authored)
    names, order = words.get_feature_names_out(), np.argsort(classifier[-1].coef_[0], kind="stable")
    return GapReport(
        n=n,
        accuracy=right / (2 * n),
        interval=wilson_interval(right, 2 * n),
        p_value=_chance_of(right, 2 * n),
        authored_words=tuple(map(str, names[order[::-1][:WORDS]])),
        reference_words=tuple(map(str, names[order[:WORDS]])),
    )


def _different(texts: Sequence[str], place: str) -> list[str]:
    kept = [text for text in dict.fromkeys(texts) if text.strip()]
    if len(kept) < LEAST_TEXTS:
        what = f"only {counted(len(kept), 'different text')}"
        raise InputError(what, place=place, remedy=f"give at least {LEAST_TEXTS}")
    return kept


def mask(text: str) -> str:
    """Names inside the sentence as <name>, typographic quotation marks straight.

    >>> mask("The envoy of South Sudan met Mr. Lado’s team.")
    'The envoy of <name> met <name> team.'
    """
    first, space, rest = text.translate(_QUOTES).partition(" ")
    return first + space + _NAME.sub("<name>", rest)


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson, 1927).

    >>> [round(bound, 3) for bound in wilson_interval(50, 100)]
    [0.404, 0.596]
    """
    z, p = 1.96, right / n
    middle, scale = p + z * z / (2 * n), 1 + z * z / n
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def _chance_of(right: int, n: int) -> float:
    """Upper tail of the normal distribution of ``right`` among ``n`` when each is a toss of a coin."""
    return 0.5 * math.erfc((right / n - 0.5) * math.sqrt(4 * n) / math.sqrt(2))
