"""Static word vectors: what a word means, for words that the training data never showed.

Training folds them into the table (features.Meanings), scoring never reads them. The file is made by two scripts:
experiments/040-word-vectors/make.py embeds the words with all-MiniLM-L6-v2 (Apache-2.0; Reimers and Gurevych, EMNLP
2019), and experiments/041-tuned-vectors/make.py once more after teaching that model the stance of data/corpus.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).with_name("vectors.npz")
TUNED_LENGTH = 0.7
"""Of the tuned half of a vector, where the general half has length 1."""


@cache
def load() -> tuple[list[str], npt.NDArray[np.float32]]:
    """Lower-case words in alphabetical order, and their (words, 192) vectors: 128 general dimensions, 64 tuned ones.

    >>> words, vectors = load()
    >>> near = vectors @ vectors[words.index("truce")]
    >>> words[np.argsort(near)[-2]]
    'truces'
    """
    with np.load(FILE, allow_pickle=False) as archive:
        words = archive["words"].tobytes().decode().split("\n")
        general, tuned = (archive[name].astype(np.float32) for name in ("vectors", "tuned"))
    return words, np.hstack([_unit(general), TUNED_LENGTH * _unit(tuned)])


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
