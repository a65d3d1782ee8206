"""The compiled model: a few numbers for every word, pair of words, character n-gram and frame; numpy only.

A statement's logits are the sum of the rows of its words and pairs over the norm of their idf, plus the rows of
its words' shapes over theirs and those of its trends over theirs, plus the rows of its frames, of what its trends
come to, and a bias; training has folded idf, block weights and temperature into the rows. Probabilities are the
softmax. The last column, when there is a tone head, is the tone. A table is data, not code: one ``.npz`` of plain
arrays and a JSON header, read with ``allow_pickle=False`` and checked before use.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from stance.errors import ModelError
from stance.model.encoder import Encoder, check_description
from stance.model.evidence import Evidence, Places, edges
from stance.model.frames import WAYS, Reader, Readings
from stance.model.matching import Lexicon, check_parts
from stance.model.tokens import NAME, Tokenizer, Tokens, grams, normal_form, pair_keys, plain_form
from stance.model.trends import HEAT, NO_HEAT, THINGS, Follower, Trends
from stance.model.trends import NAMES as DIRECTIONS
from stance.model.trends import NONE as NO_TRENDS

DEFAULT = Path(__file__).with_name("default.npz")
FORMAT = "stance-table/4"
TONE_LIMIT = 3.0
BATCH = 1024
"""Statements scored at a time: enough to spread numpy's overhead, few enough to stay in the processor's cache."""
_MOST_TYPES = 300_000
_MOST_CHARACTERS = 10_000_000
"""Of all types together: somebody may send words of a million letters, each a new one."""
_MOST_BYTES = 1 << 29
_MOST = 1e6
"""No weight that training finds comes near it, and sums of such weights cannot overflow."""

Floats = npt.NDArray[np.float32]
_KINDS: dict[str, tuple[str, int]] = {  # array: kind of dtype, dimensions
    "bias": ("f", 1),
    "word_weights": ("f", 2),
    "word_idf": ("f", 1),
    "pair_keys": ("i", 1),
    "pair_weights": ("f", 2),
    "pair_idf": ("f", 1),
    "shape_idf": ("f", 1),
    "gram_weights": ("f", 2),
    "gram_idf": ("f", 1),
    "meaning_weights": ("f", 2),
    "frame_weights": ("f", 2),
    "sentence_weights": ("f", 2),
    "trend_weights": ("f", 2),
    "trend_idf": ("f", 1),
    "heat_weights": ("f", 2),
    "lexicon_entries": ("i", 2),
    "lexicon_cue_start": ("i", 1),
    "lexicon_cue_list": ("i", 1),
    "lexicon_roots": ("i", 2),
    "lexicon_edges": ("i", 1),
    "lexicon_nodes": ("i", 2),
}
_LISTS = (
    *("common", "words", "grams", "meanings", *DIRECTIONS, *THINGS),
    *(f"lexicon_{name}" for name in Lexicon.LISTS),
)
"""Lists of strings, stored as UTF-8 lines."""
_HEAT = ("heat_weights", *THINGS)
_TRENDS = ("trend_weights", "trend_idf", *DIRECTIONS, *_HEAT)
"""Left out of the file of a table without trends, so that it is as it was before there were any."""


@dataclass(frozen=True, slots=True)
class Scores:
    """probabilities: (n, labels) rows summing to 1; tone: (n,) within [-3, 3], or None without a tone head."""

    probabilities: npt.NDArray[np.float64]
    tone: npt.NDArray[np.float64] | None


class _KeyIndex:
    """Positions of 64-bit keys, for many at a time: open addressing with linear probing, built and read by numpy."""

    def __init__(self, keys: npt.NDArray[np.int64]) -> None:
        self._bits = np.uint64(64 - max(4, int(4 * len(keys)).bit_length()))
        size = 1 << (64 - int(self._bits))
        self._mask = size - 1
        self._slots = np.full(size, -1, np.int64)
        self._place = np.full(size, len(keys), np.int32)
        left, slot = np.arange(len(keys), dtype=np.int32), self._hash(keys)
        while len(left):
            free = self._slots[slot] < 0
            self._place[slot[free]] = left[free]  # the last of those that meet in a slot stays
            self._slots[slot[free]] = keys[left[free]]
            lost = self._place[slot] != left
            left, slot = left[lost], (slot[lost] + 1) & self._mask

    def _hash(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        # Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits of the key times 2**64 / golden ratio.
        return ((keys.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> self._bits).view(np.int64)

    def __call__(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """The position of each key, or the number of keys for one that is not there."""
        slot = self._hash(keys)
        held = self._slots.take(slot)
        place = self._place.take(slot)
        at = np.flatnonzero((held != keys) & (held >= 0))
        while len(at):
            slot[at] = (slot[at] + 1) & self._mask
            held = self._slots[slot[at]]
            place[at] = self._place[slot[at]]
            at = at[(held != keys[at]) & (held >= 0)]
        return place


@dataclass(frozen=True, slots=True)
class _Read:
    """What is found in a batch of statements before anything is weighed.

    surfaces: of token types. rows, words, pairs: of each pair (edges included) its statement, the row of its right
    word and its own. shapes: (t, columns) of tokens. directions: row of each trend. heat: what trends come to.
    """

    tokens: Tokens
    surfaces: Sequence[str]
    rows: npt.NDArray[np.int32]
    words: npt.NDArray[np.int64]
    pairs: npt.NDArray[np.int32]
    shapes: Floats
    frames: Readings | None
    trends: Trends
    directions: npt.NDArray[np.int64]
    heat: Readings


class Table:
    """A trained model, ready to score.

    labels: names of the classes, in the order of the probability columns.
    header: everything known about the model, JSON-able: labels, temperature, features, corpus, versions, metrics.

    >>> table = Table.load()
    >>> table.labels
    ('conciliatory', 'hawkish', 'neutral')
    >>> scores = table.score(["We are ready to meet at any time.", "All military options remain on the table."])
    >>> [table.labels[i] for i in scores.probabilities.argmax(axis=1)]
    ['conciliatory', 'hawkish']
    """

    def __init__(self, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
        self.header = dict(header)
        self.arrays = dict(arrays)
        self.labels: tuple[str, ...] = tuple(header["labels"])
        self.has_tone = bool(header["tone"])
        self._low, self._high = header["features"]["grams"]
        self._numbers = {word: i for i, word in enumerate(arrays["words"])}
        self._grams = {gram: i for i, gram in enumerate(arrays["grams"])}
        self._meanings = {form: i for i, form in enumerate(arrays["meanings"])}
        self._words = _padded(arrays["word_weights"], arrays["word_idf"], 6)
        self._pairs = _padded(arrays["pair_weights"], arrays["pair_idf"], 1)
        self._pair_index = _KeyIndex(arrays["pair_keys"])
        self._encoder = Encoder(header["encoder"]) if len(arrays["sentence_weights"]) else None
        self._trends = _padded(arrays["trend_weights"], arrays["trend_idf"], 2)
        self._follower = Follower(arrays) if len(arrays["trend_weights"]) else None
        self._reader = Reader(Lexicon(_lexicon_parts(arrays))) if len(arrays["frame_weights"]) else None
        self._last: tuple[list[str], _Read] | None = None
        self._lock = threading.Lock()  # new word types are numbered by one thread at a time
        self._forget()

    def __reduce__(self) -> tuple[type[Self], tuple[Mapping[str, Any], Mapping[str, Any]]]:
        return type(self), (self.header, self.arrays)

    @property
    def digest(self) -> str:
        """SHA-256 of the table's file content: the same numbers, the same digest."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def _forget(self) -> None:
        """Start anew with the word types seen so far (there are too many of them, or none yet)."""
        features = self.header["features"]
        self._tokenizer = Tokenizer(self.arrays["common"], masks=features["masks"])
        self._type_numbers = np.zeros(0, np.int64)
        self._type_shapes = np.zeros((0, self._words.shape[1]), np.float32)
        self._type_frames = np.zeros((0, 4), np.int64)
        self._type_trends = np.zeros(0, np.int8)

    def score(self, texts: Sequence[str]) -> Scores:
        """Probabilities and tone of n statements; any string will do, the empty one gets the bias."""
        parts = [self._logits(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
        z = np.concatenate(parts) if parts else np.zeros((0, len(self.labels) + self.has_tone))
        logits = z[:, : len(self.labels)]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(z) else logits
        tone = np.clip(z[:, -1], -TONE_LIMIT, TONE_LIMIT) if self.has_tone else None
        return Scores(odds / odds.sum(axis=1, keepdims=True), tone)

    def _logits(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        out = np.tile(self.arrays["bias"].astype(np.float64), (len(texts), 1))
        read = self._read(texts)
        for found, weights in ((read.frames, "frame_weights"), (read.heat, "heat_weights")):
            if found and len(rows := found.rows):
                weighted = self.arrays[weights].take(self._weighed_by(found), axis=0) * found.values[:, None]
                starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
                out[rows[starts]] += np.add.reduceat(weighted, starts, axis=0)
        if len(read.rows):
            self._add(out, read.rows, self._words.take(read.words, axis=0) + self._pairs.take(read.pairs, axis=0))
            self._add(out, read.tokens.rows, read.shapes)
        if self._encoder:
            out += self._encoder(texts) @ self.arrays["sentence_weights"].astype(np.float64)
        if len(at := read.trends.at):
            self._add(out, read.tokens.rows.take(at), self._trends.take(read.directions, axis=0))
        return out

    def _weighed_by(self, found: Readings) -> npt.NDArray[np.int64]:
        """(r,) row of weights of each reading: those of one way follow those of another."""
        return found.features + found.ways * (len(self._reader.names) if self._reader else 0)

    def _read(self, texts: Sequence[str]) -> _Read:
        """What is found in statements; the last answer is kept, for who has scored statements often explains them."""
        last, texts = self._last, list(texts)
        if last and last[0] == texts:
            return last[1]
        with self._lock:
            tokens, rows, words, pairs = self._look_up(texts)
            shapes = self._type_shapes.take(tokens.types, axis=0)
            surfaces, described = self._tokenizer.surfaces, self._type_frames
            trends, directions, heat = self._follow(tokens)
        frames = self._reader.read(tokens, described).counted() if self._reader else None
        read = _Read(tokens, surfaces, rows, words, pairs, shapes, frames, trends, directions, heat)
        self._last = texts, read
        return read

    @staticmethod
    def _add(out: npt.NDArray[np.float64], rows: npt.NDArray[np.int32], values: Floats) -> None:
        """Sum values by row and divide by the norm, whose square stands in their last column."""
        starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
        sums = np.add.reduceat(values, starts, axis=0, dtype=np.float64)  # so that explanations add up to it
        norm = np.sqrt(np.where(sums[:, -1:] > 0, sums[:, -1:], 1))
        out[rows[starts]] += sums[:, :-1] / norm

    def _look_up(
        self, texts: Sequence[str]
    ) -> tuple[Tokens, npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Tokens; then, for each pair (edges included), its statement, row of its right word and row of the pair."""
        if len(self._tokenizer.surfaces) > _MOST_TYPES or self._tokenizer.characters > _MOST_CHARACTERS:
            self._forget()
        tokens = self._tokenizer.encode(texts)
        self._learn_types()
        size = len(self._numbers)
        numbers = self._type_numbers.take(tokens.types)
        rows, keys = pair_keys(tokens.rows, numbers, size)
        right = keys % (size + 2)
        negated = np.zeros(len(rows), np.int64)
        if self.header["features"]["negation"]:
            negated[np.flatnonzero(right <= size)] = tokens.negated
        return tokens, rows, 2 * right + negated, self._pair_index(keys)

    def _follow(self, tokens: Tokens) -> tuple[Trends, npt.NDArray[np.int64], Readings]:
        """Trends in tokens, the row of each, and what they come to; call it with the lock held."""
        if not self._follower:
            return NO_TRENDS, NO_TRENDS.at, NO_HEAT
        found = self._follower.follow(tokens, self._type_trends)
        heat = self._follower.heat(tokens, self._type_trends) if len(self.arrays["heat_weights"]) else NO_HEAT
        return found, 2 * self._type_numbers.take(tokens.types.take(found.at)) + found.rising, heat

    def _learn_types(self) -> None:
        """Number and shape of the word types met since the last batch."""
        new = self._tokenizer.surfaces[len(self._type_numbers) :]
        if not new:
            return
        unknown = len(self._numbers)
        forms = [s if s == NAME else normal_form(s) for s in new]
        numbers = np.array([self._numbers.get(form, unknown) for form in forms], np.int64)
        self._type_numbers = np.concatenate([self._type_numbers, numbers])
        shapes = [self._shape(surface, number) for surface, number in zip(new, numbers.tolist(), strict=True)]
        self._type_shapes = np.concatenate([self._type_shapes, np.array(shapes, np.float32)])
        if self._reader:
            described = np.array([self._reader.describe(surface) for surface in new], np.int64)
            self._type_frames = np.concatenate([self._type_frames, described])
        if self._follower:
            followed = np.array([self._follower.describe(surface) for surface in new], np.int8)
            self._type_trends = np.concatenate([self._type_trends, followed])

    def _shape(self, surface: str, number: int) -> npt.NDArray[np.float64]:
        """What the n-grams and the meaning of a word add to the logits, and its squared idf."""
        out = np.zeros(self._type_shapes.shape[1])
        if not surface[0].isalpha() or not (self._grams or self._meanings):
            return out
        idf = float(self.arrays["shape_idf"][number])
        out[-1] = idf**2
        found = [i for g in grams(surface, self._low, self._high) if (i := self._grams.get(g, -1)) >= 0]
        if found:
            weights = self.arrays["gram_idf"][found].astype(np.float64)
            counts = dict.fromkeys(found, 0.0)
            for i, w in zip(found, weights.tolist(), strict=True):
                counts[i] += w
            norm = np.sqrt(sum(c * c for c in counts.values()))
            out[:-1] = idf / norm * (weights @ self.arrays["gram_weights"][found])
        meaning = self._meanings.get(plain_form(surface), -1)
        if meaning >= 0:
            out[:-1] += idf * self.arrays["meaning_weights"][meaning]
        return out

    def explain(self, texts: Sequence[str]) -> Evidence:
        """Everything that moved each of n statements, in any order; with the bias it sums to the statement's logits.

        Many statements at a time are far quicker than one by one.
        """
        read = self._read(texts)
        tokens, rows = read.tokens, read.rows
        places, n, parts = Places(texts, tokens, read.surfaces), len(texts), []
        if self._reader and read.frames and len(read.frames.rows):
            weights = self.arrays["frame_weights"].take(self._weighed_by(read.frames), axis=0)[:, : len(self.labels)]
            weights = weights.astype(np.float64) * read.frames.values[:, None]
            parts.append(places.frames(read.frames, weights, self._reader.names))
        if len(at := read.trends.at):
            values = self._shares(self._trends.take(read.directions, axis=0), tokens.rows.take(at), n)
            ways = [DIRECTIONS[rising] for rising in read.trends.rising.tolist()]
            parts.append(places.trends(at, read.trends.near, ways, values))
        if len((heat := read.heat).rows):
            weights = self.arrays["heat_weights"].take(heat.features, axis=0)[:, : len(self.labels)]
            parts.append(places.heat(heat, weights.astype(np.float64) * heat.values[:, None], HEAT))
        if self._encoder:
            added = self._encoder(texts) @ self.arrays["sentence_weights"].astype(np.float64)
            parts.append(places.whole(texts, added[:, : len(self.labels)]))
        if len(rows):
            word, pair = self._words.take(read.words, axis=0), self._pairs.take(read.pairs, axis=0)
            squares = word[:, -1:].astype(np.float64) + pair[:, -1:]
            word, pair = (self._shares(part, rows, n, squares) for part in (word, pair))
            inner = ~edges(rows)[1]  # the pair with the end of a statement has no word on its right
            word, negated = word[inner], (read.words[inner] % 2 > 0)
            parts.append(places.single(word + self._shares(read.shapes, tokens.rows, n), negated & word.any(axis=1)))
            parts.append(places.pairs(rows, pair))
        return Evidence.gather(parts, len(self.labels))

    def _shares(self, values: Floats, rows: npt.NDArray[np.int32], n: int, squares: Any = None) -> Any:
        """What each word, pair or trend adds to the logits: its weights over the norm of its statement.

        values: (m, labels and more) with squares of the norm in the last column, unless these are given.
        """
        norms = np.bincount(rows, (values[:, -1:] if squares is None else squares)[:, 0], n)
        return values[:, : len(self.labels)] / np.sqrt(np.where(norms > 0, norms, 1))[rows, None]

    def save(self, path: str | Path) -> None:
        """Write the table; the file appears whole or not at all."""
        path = Path(path)
        try:
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
                file.write(self.to_bytes())
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except OSError as error:
            raise ModelError(
                f"cannot write the model ({error.strerror})", place=str(path), remedy="choose another --out"
            ) from None

    def to_bytes(self) -> bytes:
        """The file as it is written: the same numbers, the same bytes, of one Python (another may zip otherwise)."""
        header = json.dumps(self.header, sort_keys=True, ensure_ascii=False).encode()
        left_out = () if len(self.arrays["heat_weights"]) else _HEAT if self._follower else _TRENDS
        arrays = {name: self.arrays[name] for name in _KINDS if name not in left_out}
        for name in [name for name in _LISTS if name not in left_out]:
            arrays[name] = np.frombuffer("\n".join(self.arrays[name]).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, header=np.frombuffer(header, np.uint8), **arrays)
        return buffer.getvalue()

    @classmethod
    def load(cls, path: str | Path = DEFAULT) -> Self:
        """Read a table.

        Raises ModelError when the file is missing, damaged, no table, or made to harm.
        """
        path = Path(path)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelError(
                f"cannot read the model ({error.strerror})",
                place=str(path),
                remedy="give --model a file that `stance train --out` wrote",
            ) from None
        try:
            arrays = _unpack(data)
            header = json.loads(arrays.pop("header").tobytes())
            _check(header, arrays)
            table = cls(header, arrays)
            if table._reader and len(WAYS) * len(table._reader.names) != len(arrays["frame_weights"]):
                raise ValueError("frame_weights has the wrong size")
            return table
        except Exception as error:  # whatever a damaged or hostile file makes fail, it is the file's fault
            what = str(error).split("\n")[0][:200] or type(error).__name__
            raise ModelError(
                f"not a usable model table ({what})",
                place=str(path),
                remedy="train it again or fetch a fresh copy",
            ) from None


def _lexicon_parts(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arrays[f"lexicon_{name}"] for name in (*Lexicon.LISTS, *Lexicon.ARRAYS)}


def _padded(weights: Floats, idf: Floats, rows: int) -> Floats:
    """Weights and squared idf side by side, with empty rows at the end for what is unknown."""
    out = np.zeros((len(weights) + rows, weights.shape[1] + 1), np.float32)
    out[: len(weights), :-1] = weights
    out[: len(weights), -1] = idf**2
    return out


def _unpack(data: bytes) -> dict[str, Any]:
    """Arrays of an npz, its size and members checked first."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    names = {"header", *_KINDS, *_LISTS}
    older = names - set(_HEAT), names - set(_TRENDS)  # with trends alone, or none
    if sorted(part.filename for part in parts) not in [
        sorted(f"{name}.npy" for name in some) for some in (names, *older)
    ]:
        raise ValueError("its parts are not those of a table")
    if sum(part.file_size for part in parts) > _MOST_BYTES:
        raise ValueError("it is too large")
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    empty = np.zeros((0, arrays["bias"].size), np.float32)
    absent = {"trend_weights": empty, "trend_idf": np.zeros(0, np.float32), "heat_weights": empty}
    arrays = absent | dict.fromkeys((*DIRECTIONS, *THINGS), np.zeros(0, np.uint8)) | arrays
    for name in ("header", *_LISTS):
        if arrays[name].dtype != np.uint8 or arrays[name].ndim != 1:
            raise ValueError(f"{name} is no text")
    for name in _LISTS:
        content = arrays[name].tobytes().decode()
        arrays[name] = content.split("\n") if content else []
    return arrays


def _check(header: Any, arrays: Mapping[str, Any]) -> None:
    """Every size and kind that scoring relies on, but the number of frames, which their reader tells."""
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    labels = header["labels"]
    if not isinstance(labels, list) or len(set(labels)) != len(labels) or len(labels) < 2:
        raise ValueError("it needs two labels or more, each once")
    if not all(isinstance(label, str) and label.encode() for label in labels):  # half a surrogate pair fails here
        raise ValueError("a label is no text")
    if not isinstance(header["tone"], bool):
        raise ValueError("it does not say whether it has tone")
    for name, (kind, dimensions) in _KINDS.items():
        array = arrays[name]
        if array.dtype.kind != kind or array.ndim != dimensions:
            raise ValueError(f"{name} has the wrong kind or shape")
        if kind == "f" and (array.dtype != np.float32 or not (np.abs(array) <= _MOST).all()):  # NaN is not <= either
            raise ValueError(f"{name} holds a number that is none, or beyond reason")
    if len(arrays["frame_weights"]):
        check_parts(_lexicon_parts(arrays))
    if len(arrays["sentence_weights"]):
        check_description(header["encoder"], len(arrays["sentence_weights"]))
    _check_sizes(len(labels) + bool(header["tone"]), header["features"], arrays)


def _check_sizes(columns: int, features: Any, arrays: Mapping[str, Any]) -> None:
    low, high = features["grams"]
    if not (isinstance(low, int) and isinstance(high, int) and 1 <= low <= high <= 20):
        raise ValueError("the lengths of its n-grams make no sense")
    if not isinstance(features["masks"], bool) or not isinstance(features["negation"], bool):
        raise ValueError("its feature settings make no sense")
    words, grams_ = len(arrays["words"]), len(arrays["grams"])
    trends = 2 * words if len(arrays["trend_weights"]) else 0
    heat = len(HEAT) if trends and len(arrays["heat_weights"]) else 0
    lengths = {"word_weights": 2 * words, "word_idf": 2 * words, "shape_idf": words + 1, "gram_weights": grams_,
               "gram_idf": grams_, "pair_weights": len(arrays["pair_keys"]), "pair_idf": len(arrays["pair_keys"]),
               "frame_weights": len(arrays["frame_weights"]), "sentence_weights": len(arrays["sentence_weights"]),
               "trend_weights": trends, "trend_idf": trends, "heat_weights": heat,
               "meaning_weights": len(arrays["meanings"]), "bias": columns}  # fmt: skip
    for name, length in lengths.items():
        if len(arrays[name]) != length or (arrays[name].ndim == 2 and arrays[name].shape[1] != columns):
            raise ValueError(f"{name} has the wrong size")
    keys = arrays["pair_keys"]
    if keys.dtype != np.int64 or (keys < 0).any() or len(np.unique(keys)) != len(keys):
        raise ValueError("its pairs are not distinct")
