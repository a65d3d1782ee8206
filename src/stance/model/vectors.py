"""Static word vectors: what a word means, for words that the training data never showed.

Training folds them into the table (features.Meanings), scoring never reads them. The file is made by
experiments/040-word-vectors/make.py from all-MiniLM-L6-v2 (Apache-2.0; Reimers and Gurevych, EMNLP 2019).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).with_name("vectors.npz")


@cache
def load() -> tuple[list[str], npt.NDArray[np.float32]]:
    """Lower-case words in alphabetical order, and their (words, 128) vectors of length one.

    >>> words, vectors = load()
    >>> near = vectors @ vectors[words.index("truce")]
    >>> words[np.argsort(near)[-2]]
    'truces'
    """
    with np.load(FILE, allow_pickle=False) as archive:
        words = archive["words"].tobytes().decode().split("\n")
        vectors = archive["vectors"].astype(np.float32)
    return words, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
