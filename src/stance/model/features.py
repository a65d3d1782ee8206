"""The feature pipeline: statements to sparse vectors, each block additive over words up to one scale per statement.

* :class:`Words`: stems (names masked, numbers folded, negated ones apart) and pairs of neighbours, tf-idf.
* :class:`Meanings`: static word vectors, summed in the same way as the n-grams below.
* :class:`Shapes`: character n-grams taken per word. Every word type has one unit vector of n-grams; a statement is
  their idf-weighted sum, scaled by one norm over its words.
* :class:`Frames`: who furthers or hinders what (frames.py), as counts.
* :class:`Sentences`: vectors of whole statements by an encoder, where one is asked for (encoder.py).
* :class:`Trends`: words with what rises or falls beside them (trends.py), tf-idf, and what that comes to, as counts.

Additive means that training can compile a block into one row of numbers per word, pair or n-gram (table.py).
The idf is the smoothed one of scikit-learn, ``ln((1 + n) / (1 + df)) + 1``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from stance.model.encoder import Encoder, read_answers, text_key
from stance.model.encoder import describe as describe_encoder
from stance.model.frames import WAYS, Reader, Readings
from stance.model.matching import Lexicon, read_lexicon
from stance.model.tokens import NAME, Tokenizer, Tokens, common_words, grams, normal_form, pair_keys, plain_form
from stance.model.trends import HEAT, NAMES, Follower, read_directions, read_things
from stance.model.vectors import load as load_vectors

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_BATCH = 4096
HEAT_WEIGHT = 0.3
"""Weight of the features of trends.HEAT beside the other trends (experiments/060)."""


def _idf(df: npt.ArrayLike, n: int) -> Floats:
    return np.log((1 + n) / (1 + np.asarray(df, float))) + 1


def _frequencies(rows: npt.NDArray[np.int32], columns: Ints) -> tuple[Ints, Ints]:
    """Distinct columns, and in how many rows each occurs."""
    order = np.lexsort((rows, columns))
    columns, rows = columns[order], rows[order]
    new = np.ones(len(columns), bool)
    new[1:] = (columns[1:] != columns[:-1]) | (rows[1:] != rows[:-1])
    found, df = np.unique(columns[new], return_counts=True)
    return found, df


def _scaled(X: sp.csr_matrix, squares: npt.NDArray[Any]) -> sp.csr_matrix:
    """Each row divided by the root of its sum of squares (rows without any stay empty)."""
    return sp.diags_array(1 / np.sqrt(np.where(squares > 0, squares, 1))).dot(X).tocsr()


def _tf_idf(n: int, rows: npt.NDArray[np.int32], keys: Ints, known: Ints, idf: Floats) -> sp.csr_matrix:
    """(n, known) vectors of the features that occur, each over the norm of its row's occurrences.

    rows, keys: (t,) statement and key of each occurrence. known: sorted keys of the columns. idf: of each column.
    """
    columns = np.searchsorted(known, keys)
    found = known[np.minimum(columns, len(known) - 1)] == keys if len(known) else columns < 0
    rows, columns = rows[found], columns[found]
    X = sp.csr_matrix((idf[columns], (rows, columns)), shape=(n, len(known)))
    return _scaled(X, np.bincount(rows, idf[columns] ** 2, n))


class _Block(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """What the blocks share: texts in, a tokenizer learnt from them, sparse rows out."""

    masks: bool

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags

    def _learn(self, texts: Iterable[str]) -> tuple[Tokens, Ints]:
        texts = _texts(texts)
        self.common_ = common_words(texts)
        self._tokenizer = Tokenizer(self.common_, masks=self.masks)
        self.words_: dict[str, int] = {NAME: 0}
        tokens = self._tokenizer.encode(texts)
        for surface in self._tokenizer.surfaces[2:]:  # neither the mask nor the line end
            self.words_.setdefault(normal_form(surface), len(self.words_))
        return tokens, self._numbers(tokens)

    def _numbers(self, tokens: Tokens) -> Ints:
        """Vocabulary number of each token; unknown words share the number after the last."""
        forms = [NAME, *map(normal_form, self._tokenizer.surfaces[1:])]
        return np.array([self.words_.get(form, len(self.words_)) for form in forms], np.int64)[tokens.types]

    def _encode(self, texts: Iterable[str]) -> tuple[Tokens, Ints]:
        check_is_fitted(self)
        self._tokenizer = Tokenizer(self.common_, masks=self.masks)
        tokens = self._tokenizer.encode(_texts(texts))
        return tokens, self._numbers(tokens)

    def fit_transform(self, X: Iterable[str], y: object = None) -> sp.csr_matrix:
        """Learn from the texts and return their vectors."""
        texts = _texts(X)
        return self.fit(texts).transform(texts)

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn vocabulary and weights from texts."""
        raise NotImplementedError

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """Vectors of texts."""
        raise NotImplementedError


def _texts(X: Iterable[str]) -> Sequence[str]:
    if isinstance(X, str):
        raise ValueError("Iterable over raw text documents expected, string object received.")
    return [str(text) for text in X]


class Words(_Block):
    """Stems and pairs of neighbouring stems as tf-idf, each row of length one.

    negation: a word in the scope of a negation is a feature of its own.
    pairs: add neighbours, with the edges of the statement as neighbours too.
    masks: names count as one and the same word.
    min_df: features found in fewer statements are left out.

    The length is taken over the occurrences of features, not over distinct features.
    """

    def __init__(self, *, negation: bool = True, pairs: bool = True, masks: bool = True, min_df: int = 2) -> None:
        self.negation, self.pairs, self.masks, self.min_df = negation, pairs, masks, min_df

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn vocabulary and idf from n texts."""
        tokens, numbers = self._learn(X)
        rows, keys = self._occurrences(tokens, numbers)
        found, df = _frequencies(rows, keys)
        self.keys_ = found[df >= self.min_df]
        self.idf_ = _idf(df[df >= self.min_df], tokens.n)
        return self

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """(n, features) vectors."""
        tokens, numbers = self._encode(X)
        return _tf_idf(tokens.n, *self._occurrences(tokens, numbers), self.keys_, self.idf_)

    def _occurrences(self, tokens: Tokens, numbers: Ints) -> tuple[npt.NDArray[np.int32], Ints]:
        """Statement and key of every word and pair: key 2w for a word, 2w + 1 negated, negative for pairs."""
        known = numbers < len(self.words_)
        words = 2 * numbers + (tokens.negated if self.negation else 0)
        if not self.pairs:
            return tokens.rows[known], words[known]
        rows, keys = pair_keys(tokens.rows, numbers, len(self.words_))
        return np.concatenate([tokens.rows[known], rows]), np.concatenate([words[known], -1 - keys])

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Stems, ``not:`` before negated ones, pairs joined by a space with ``^`` and ``$`` for the edges."""
        check_is_fitted(self)
        words, size = list(self.words_), len(self.words_) + 2

        def name(key: int) -> str:
            if key >= 0:
                return ("not:" if key % 2 else "") + words[key // 2]
            left, right = divmod(-1 - key, size)
            return f"{words[left] if left < len(words) else '^'} {words[right] if right < len(words) else '$'}"

        return np.array([name(int(key)) for key in self.keys_], dtype=object)


class _ByWord(_Block):
    """A block that gives every word type one vector: a statement is their idf-weighted sum over the norm of the idf."""

    def _learn_idf(self, X: Iterable[str]) -> None:
        """The idf of word forms over n texts; masked names and what is no word have no weight."""
        tokens, numbers = self._learn(X)
        found, df = _frequencies(tokens.rows, numbers)
        self.word_idf_ = np.full(len(self.words_) + 1, _idf(0, tokens.n))
        self.word_idf_[found] = _idf(df, tokens.n)

    def _summed(self, X: Iterable[str], vectors: Callable[[], sp.csr_matrix]) -> sp.csr_matrix:
        """vectors: gives one row for each word type that the tokenizer has met."""
        tokens, numbers = self._encode(X)
        weight = self.word_idf_[numbers] * (tokens.types > 0)
        weight[[not s[0].isalpha() for s in np.array(self._tokenizer.surfaces)[tokens.types]]] = 0
        of_types = vectors()
        words = sp.csr_matrix((weight, (tokens.rows, tokens.types)), shape=(tokens.n, of_types.shape[0]))
        return _scaled(words.dot(of_types), np.bincount(tokens.rows, weight**2, tokens.n))


class Shapes(_ByWord):
    """Character n-grams of the words, so that a word never seen resembles those it is built like.

    low, high: shortest and longest n-gram, over the lower-case word with its edges marked.
    masks: names have no shape.
    min_df: n-grams found in fewer word forms are left out.
    """

    def __init__(self, *, low: int = 2, high: int = 5, masks: bool = True, min_df: int = 3) -> None:
        self.low, self.high, self.masks, self.min_df = low, high, masks, min_df

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn the n-grams and their idf over word types, and the idf of words over n texts."""
        self._learn_idf(X)
        forms = {surface.lower() for surface in self._tokenizer.surfaces[1:] if surface[0].isalpha()}
        counts = Counter(gram for form in forms for gram in set(grams(form, self.low, self.high)))
        self.grams_ = {g: i for i, g in enumerate(sorted(g for g, c in counts.items() if c >= self.min_df))}
        self.gram_idf_ = _idf([counts[g] for g in self.grams_], len(forms))
        return self

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """(n, features) vectors."""
        return self._summed(X, self._shapes)

    def _shapes(self) -> sp.csr_matrix:
        """One unit row of n-grams for each word type that the tokenizer has met."""
        rows, columns = [], []
        for row, surface in enumerate(self._tokenizer.surfaces):
            for gram in grams(surface, self.low, self.high) if surface[0].isalpha() else ():
                if gram in self.grams_:
                    rows.append(row)
                    columns.append(self.grams_[gram])
        data = self.gram_idf_[np.array(columns, int)]
        X = sp.csr_matrix((data, (rows, columns)), shape=(len(self._tokenizer.surfaces), len(self.grams_)), dtype=float)
        return _scaled(X, np.asarray(X.multiply(X).sum(axis=1)).ravel())

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The n-grams, with ``^`` and ``$`` for the edges of the word."""
        check_is_fitted(self)
        return np.array(list(self.grams_), dtype=object)


class Meanings(_ByWord):
    """Static word vectors (vectors.py), so that a word never seen counts like those that mean something near.

    masks: names have no meaning.
    """

    def __init__(self, *, masks: bool = True) -> None:
        self.masks = masks

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn the idf of words over n texts."""
        self._learn_idf(X)
        self.forms_, self.vectors_ = load_vectors()
        return self

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """(n, 192) vectors."""
        return self._summed(X, self._meanings)

    def _meanings(self) -> sp.csr_matrix:
        place = {form: i for i, form in enumerate(self.forms_)}
        rows = [place.get(plain_form(surface), -1) for surface in self._tokenizer.surfaces]
        found = self.vectors_[rows].astype(float)
        found[np.array(rows) < 0] = 0
        return sp.csr_matrix(found)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """``meaning 0`` and so on: a dimension by itself says nothing."""
        check_is_fitted(self)
        return np.array([f"meaning {i}" for i in range(self.vectors_.shape[1])], dtype=object)


class Frames(_Block):
    """Frames: how often each is found in a statement, at most frames.MOST times; then each by frames.WAYS.

    ways: weight of the latter beside the former. What a frame tells depends on where the statement goes: a feature
    for each of the two shares what is common to all ways, and learns the rest where there is enough of it.
    masks: names are no words of the lexicon.
    min_df: features found in fewer statements are left out.
    """

    def __init__(self, *, ways: float = 0.5, masks: bool = True, min_df: int = 3) -> None:
        self.ways, self.masks, self.min_df = ways, masks, min_df

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn which frames occur in the texts."""
        texts = _texts(X)
        self.common_ = common_words(texts)
        self.lexicon_ = _lexicon()
        self.n_names_ = len(Reader(self.lexicon_).names)
        self.kept_ = np.arange((1 + len(WAYS)) * self.n_names_)
        found, df = np.unique(self.transform(texts).indices, return_counts=True)
        self.kept_ = found[df >= self.min_df].astype(np.int64)
        return self

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """(n, features) counts."""
        check_is_fitted(self)
        tokenizer, reader = Tokenizer(self.common_, masks=self.masks), Reader(self.lexicon_)
        texts = _texts(X)
        parts = [self._counts(tokenizer, reader, texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)]
        counts = sp.vstack(parts).tocsr() if parts else sp.csr_matrix((0, (1 + len(WAYS)) * self.n_names_))
        return counts[:, self.kept_].tocsr()

    def _counts(self, tokenizer: Tokenizer, reader: Reader, texts: Sequence[str]) -> sp.csr_matrix:
        """Column f for frame f, and ``names * (1 + way) + f`` for it in a statement that goes this way."""
        tokens = tokenizer.encode(texts)
        described = np.array([reader.describe(surface) for surface in tokenizer.surfaces], np.int64)
        found: Readings = reader.read(tokens, described).counted()
        rows, values = np.tile(found.rows, 2), np.append(found.values, self.ways * found.values)
        columns = np.append(found.features, found.features + self.n_names_ * (1 + found.ways))
        counts = sp.csr_matrix((values, (rows, columns)), shape=(len(texts), (1 + len(WAYS)) * self.n_names_))
        counts.eliminate_zeros()
        return counts

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names as in frames.Reader, and with one of frames.WAYS behind them."""
        check_is_fitted(self)
        names = Reader(self.lexicon_).names
        by_way = [f"{name} {way}" for way in WAYS for name in names]
        return np.array(names + by_way, dtype=object)[self.kept_]


class Sentences(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Sentence vectors of an encoder (encoder.py), so that what is said counts beyond its single words.

    encoder: name or folder of the model. Every text is encoded once in a process: cross-validation asks for the
    same texts again and again, and an encoder does some hundred a second. What it was taught (tuning.py) it is not
    asked: the answers to that lie beside it.
    """

    def __init__(self, *, encoder: str = "") -> None:
        self.encoder = encoder

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Load the encoder; there is nothing to learn."""
        self.encoder_ = describe_encoder(self.encoder)
        return self

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """(n, dimensions) vectors."""
        check_is_fitted(self)
        texts, memo = _texts(X), _vectors(self.encoder)
        keys = [text_key(text) for text in texts]
        if new := {key: text for key, text in zip(keys, texts, strict=True) if key not in memo}:
            memo.update(zip(new, Encoder(self.encoder_)([*new.values()]), strict=True))
        return sp.csr_matrix(np.array([memo[key] for key in keys]).reshape(len(texts), self.encoder_["dimensions"]))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """``sentence 0`` and so on: a dimension by itself says nothing."""
        check_is_fitted(self)
        return np.array([f"sentence {i}" for i in range(self.encoder_["dimensions"])], dtype=object)


@cache
def _vectors(encoder: str) -> dict[bytes, npt.NDArray[np.float32]]:
    """What an encoder said so far, by text_key; of what it was taught, what is to be taken for that."""
    return read_answers(encoder)


class Trends(_Block):
    """Words with the direction of the nearest word that rises or falls, as tf-idf of length one, and trends.HEAT.

    masks: names have no direction.
    min_df: features found in fewer statements are left out.
    """

    def __init__(self, *, masks: bool = True, min_df: int = 2) -> None:
        self.masks, self.min_df = masks, min_df

    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn vocabulary and idf from n texts."""
        self.directions_, self.things_ = read_directions(), read_things()
        tokens, numbers = self._learn(X)
        rows, keys, heat = self._occurrences(tokens, numbers)
        found, df = _frequencies(heat.rows.astype(np.int32), heat.features)
        self.heat_ = found[df >= self.min_df]
        found, df = _frequencies(rows, keys)
        neither = [self.words_[form] for form in self.directions_["neither"] if form in self.words_]
        kept = (df >= self.min_df) & ~np.isin(found // 2, neither)
        self.keys_ = found[kept]
        self.idf_ = _idf(df[kept], tokens.n)
        return self

    def transform(self, X: Iterable[str]) -> sp.csr_matrix:
        """(n, features) vectors."""
        tokens, numbers = self._encode(X)
        rows, keys, heat = self._occurrences(tokens, numbers)
        words = _tf_idf(tokens.n, rows, keys, self.keys_, self.idf_)
        shape = (tokens.n, len(HEAT))
        sums = sp.csr_matrix((HEAT_WEIGHT * heat.values, (heat.rows, heat.features)), shape=shape)
        return sp.hstack([words, sums[:, self.heat_]]).tocsr()

    def _occurrences(self, tokens: Tokens, numbers: Ints) -> tuple[npt.NDArray[np.int32], Ints, Readings]:
        """Statement and key of every word with a direction: ``2 * word``, and 1 more when it rises; the heat."""
        follower = Follower(self.directions_ | self.things_)
        described = np.array([follower.describe(surface) for surface in self._tokenizer.surfaces], np.int8)
        found = follower.follow(tokens, described)
        known = numbers[found.at] < len(self.words_)
        keys = 2 * numbers[found.at] + found.rising
        return tokens.rows[found.at][known], keys[known], follower.heat(tokens, described)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Stems, with ``falling`` or ``rising`` after them, then the names of trends.HEAT with a ``*`` before them."""
        check_is_fitted(self)
        words = list(self.words_)
        names = [f"{words[key // 2]} {NAMES[key % 2]}" for key in self.keys_.tolist()]
        return np.array(names + [f"*{HEAT[i]}" for i in self.heat_.tolist()], dtype=object)


@cache
def _lexicon() -> Lexicon:
    return read_lexicon()
