"""Sentence vectors of a pretrained encoder: an optional block for those who accept torch and 100 statements a second.

Needs the extra ``encoder`` (sentence-transformers). Nothing of it is imported before a text is encoded.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stance.errors import ModelError

PLACE = "STANCE_ENCODER"
"""Environment variable: where the encoder lies on this machine, when it is not where training found it."""

_PROBE = "The two sides agreed to meet."
_ALIKE = 0.045
"""Largest distance of the probe's vector, relative to its length: vectors of length one with a cosine above 0.999."""
_ANSWERS = "answers.npz"
_BATCH = 64

Floats = npt.NDArray[np.float32]


class Encoder:
    """Texts to vectors, by the encoder that a table was trained with.

    Vectors have length one, unless the encoder is one that was taught the labels (tuning.py): its logits say how sure
    it is by their length.

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


def read_answers(name: str) -> dict[bytes, Floats]:
    """What an encoder that was taught the labels is to say of the statements it was taught, by :func:`text_key`."""
    if not (file := _answers(name)).exists():
        return {}
    with np.load(file, allow_pickle=False) as archive:
        keys, answers = archive["keys"], archive["answers"]
    return dict(zip((key.tobytes() for key in keys), answers, strict=True))


def write_answers(folder: Path, answers: Mapping[str, Floats]) -> None:
    """Keep answers by text in the folder of an encoder; the texts themselves are not kept."""
    keys = np.frombuffer(b"".join(map(text_key, answers)), np.uint64)
    np.savez_compressed(folder / _ANSWERS, keys=keys, answers=np.array(list(answers.values()), np.float32))


def text_key(text: str) -> bytes:
    """Eight bytes that stand for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8]


def _answers(name: str) -> Path:
    return Path(os.environ.get(PLACE) or name) / _ANSWERS


def _encode(name: str, texts: Sequence[str]) -> Floats:
    unit = not _answers(name).exists()
    found = _load(name).encode(list(texts), batch_size=_BATCH, normalize_embeddings=unit, show_progress_bar=False)
    return np.asarray(found, np.float32)


@cache
def _require_same(name: str, probe: tuple[float, ...]) -> None:
    found = _encode(name, [_PROBE])[0]
    if len(found) != len(probe) or np.linalg.norm(found - probe) > _ALIKE * np.linalg.norm(probe):
        remedy = f"set {PLACE} to the folder of the encoder that the model was trained with"
        raise ModelError("another encoder than the one of the training", place=f"encoder {name}", remedy=remedy)


@cache
def _load(name: str) -> Any:
    return load(name)


def load(name: str) -> Any:
    """The sentence-transformers model of that name or in that folder, a fresh one each time. Raises ModelError."""
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
