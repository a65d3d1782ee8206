"""Sentence vectors of a pretrained encoder: an optional block for those who accept torch and 100 statements a second.

Needs the extra ``encoder`` (sentence-transformers). Nothing of it is imported before a text is encoded.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from stance.errors import ModelError

PLACE = "STANCE_ENCODER"
"""Environment variable: where the encoder lies on this machine, when it is not where training found it."""

_PROBE = "The two sides agreed to meet."
_ALIKE = 0.999
_BATCH = 64

Floats = npt.NDArray[np.float32]


class Encoder:
    """Texts to vectors of length one, by the encoder that a table was trained with.

    description: ``name`` (of the model, or its folder), ``dimensions``, and the ``probe``: its vector of one
    sentence, by which another model under the same name is found out.
    Raises ModelError when the encoder is missing, cannot be loaded, or is not the one described.
    """

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.description = description

    def __call__(self, texts: Sequence[str]) -> Floats:
        """(n, dimensions) vectors of n texts."""
        name = os.environ.get(PLACE) or self.description["name"]
        _require_same(name, tuple(self.description["probe"]))
        return _encode(name, texts)


def describe(name: str) -> dict[str, Any]:
    """What a table's header says of an encoder."""
    probe = _encode(os.environ.get(PLACE) or name, [_PROBE])[0]
    return {"name": name, "dimensions": len(probe), "probe": [round(float(x), 4) for x in probe]}


def check_description(description: Any, dimensions: int) -> None:
    """Raises ValueError unless a table's header describes an encoder of so many dimensions."""
    fits = isinstance(description, dict) and isinstance(description.get("name"), str)
    probe = description.get("probe") if fits else None
    if not isinstance(probe, list) or not all(isinstance(x, float) for x in probe):
        raise ValueError("it does not describe its encoder")
    if len(probe) != dimensions:
        raise ValueError("its encoder has another number of dimensions than its weights")


def _encode(name: str, texts: Sequence[str]) -> Floats:
    found = _load(name).encode(list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(found, np.float32)


@cache
def _require_same(name: str, probe: tuple[float, ...]) -> None:
    found = _encode(name, [_PROBE])[0]
    if len(found) != len(probe) or float(found @ np.array(probe)) < _ALIKE:
        remedy = f"set {PLACE} to the folder of the encoder that the model was trained with"
        raise ModelError("another encoder than the one of the training", place=f"encoder {name}", remedy=remedy)


@cache
def _load(name: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        remedy = "install stance with the extra: pip install 'stance[encoder]'"
        raise ModelError("sentence-transformers is not installed", place=f"encoder {name}", remedy=remedy) from None
    try:
        return SentenceTransformer(name)
    except Exception as error:  # the library raises what its many parts raise
        what = str(error).split("\n")[0][:200] or type(error).__name__
        remedy = f"give the folder of a sentence-transformers model, or set {PLACE} to it"
        raise ModelError(f"cannot be loaded ({what})", place=f"encoder {name}", remedy=remedy) from None
