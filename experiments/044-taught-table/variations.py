"""The statements of data/corpus with other words: texts to ask a teacher about.

As Jiao and others (TinyBERT, Findings of EMNLP 2020) vary what a small model learns from: some words give way to words
near them. The sense may well change; the teacher says to what.
"""

from __future__ import annotations

import random
import re
from collections import Counter

import numpy as np

from stance.model import vectors

KEPT, NEAR, LEAST, SHARES = 250, 12, 0.45, (0.2, 0.4, 0.6)
"""The commonest words stay; a word gives way to one of the NEAR words closest to it, of cosine LEAST or more; of the
words that could, one of the SHARES does."""
WORD = re.compile(r"[^\W\d_][\w'’]*")


def varied(texts: list[str]) -> list[str]:
    """Each text once with other words; names, by their capital, stay."""
    near, rng = _neighbours(texts), random.Random(0)
    return [_varied(text, near, rng) for text in texts]


def _neighbours(texts: list[str]) -> dict[str, list[str]]:
    """Words of the texts, and what may stand in their place."""
    counts = Counter(word.lower() for text in texts for word in WORD.findall(text))
    common = {word for word, _ in counts.most_common(KEPT)}
    words, both = vectors.load()
    general, place = both[:, :128], {word: i for i, word in enumerate(words)}
    out = {}
    for word in sorted((set(counts) & set(place)) - common):
        alike = general @ general[place[word]]
        nearest = np.argsort(-alike, kind="stable")[1 : NEAR + 1]
        out[word] = [words[i] for i in nearest if alike[i] >= LEAST]
    return {word: near for word, near in out.items() if near}


def _varied(text: str, near: dict[str, list[str]], rng: random.Random) -> str:
    share = rng.choice(SHARES)

    def other(found: re.Match[str]) -> str:
        word = found.group()
        if word.lower() not in near or (word[0].isupper() and found.start()) or rng.random() > share:
            return word
        new = rng.choice(near[word.lower()])
        return new.capitalize() if word[0].isupper() else new

    return WORD.sub(other, text)
