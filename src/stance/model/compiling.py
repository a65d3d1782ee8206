"""From fitted scikit-learn estimators to the table that scores as they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import FeatureUnion

from stance.model.features import HEAT_WEIGHT, Frames, Meanings, Shapes, Trends, Words
from stance.model.frames import WAYS
from stance.model.matching import EMPTY, Lexicon
from stance.model.table import TONE_LIMIT, Table
from stance.model.trends import HEAT, NAMES, THINGS

Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class Pipeline:
    """The scikit-learn estimators behind a table: the reference that the table must equal."""

    union: FeatureUnion
    classifier: LogisticRegression
    tone: Ridge | None
    temperature: float
    labels: list[str]

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """(n, labels) calibrated probabilities."""
        return softmax(logits(self.classifier, self.union.transform(texts)) / self.temperature)

    def predict_tone(self, texts: Sequence[str]) -> Floats | None:
        """(n,) tone within [-3, 3]; None without a tone head."""
        return (
            None
            if self.tone is None
            else np.clip(self.tone.predict(self.union.transform(texts)), -TONE_LIMIT, TONE_LIMIT)
        )


def logits(classifier: LogisticRegression, X: sp.csr_matrix) -> Floats:
    """(n, labels), the two-label case spread over both so that softmax gives the logistic probability."""
    z = np.asarray(classifier.decision_function(X), float)
    return np.column_stack([-z / 2, z / 2]) if z.ndim == 1 else z


def softmax(z: Floats) -> Floats:
    """Rows of logits to rows of probabilities."""
    odds = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def compile_table(pipeline: Pipeline, header: Mapping[str, Any]) -> Table:
    """The table that scores as the pipeline does: each feature's row is its coefficients times idf and weight."""
    classifier, t = pipeline.classifier, pipeline.temperature
    coef, bias = classifier.coef_.astype(float), classifier.intercept_.astype(float)
    if len(coef) == 1:
        coef, bias = np.vstack([-coef / 2, coef / 2]), np.array([-bias[0] / 2, bias[0] / 2])
    coef, bias = coef / t, bias / t
    if pipeline.tone is not None:
        coef, bias = np.vstack([coef, pipeline.tone.coef_]), np.append(bias, pipeline.tone.intercept_)
    blocks = dict(pipeline.union.transformer_list)
    weights = pipeline.union.transformer_weights or {}
    words: Words = blocks["words"]
    sizes = {name: len(block.get_feature_names_out()) for name, block in blocks.items()}
    ends = np.cumsum(list(sizes.values()))
    share = {
        name: coef.T[end - size : end] * weights.get(name, 1.0)
        for (name, size), end in zip(sizes.items(), ends, strict=True)
    }
    rows = share["words"] * words.idf_[:, None]
    single, n = words.keys_ >= 0, len(words.words_)
    word_weights, word_idf = np.zeros((2 * n, len(bias))), np.zeros(2 * n)
    word_weights[words.keys_[single]], word_idf[words.keys_[single]] = rows[single], words.idf_[single]
    order = np.argsort(-1 - words.keys_[~single])
    arrays = {
        "bias": bias,
        "word_weights": word_weights,
        "word_idf": word_idf,
        "pair_weights": rows[~single][order],
        "pair_idf": words.idf_[~single][order],
        "shape_idf": np.ones(n + 1),
        "gram_weights": np.zeros((0, len(bias))),
        "gram_idf": np.zeros(0),
        "meaning_weights": np.zeros((0, len(bias))),
        "frame_weights": np.zeros((0, len(bias))),
        "sentence_weights": share.get("sentences", np.zeros((0, len(bias)))),
        "trend_weights": np.zeros((0, len(bias))),
        "trend_idf": np.zeros(0),
        "heat_weights": np.zeros((0, len(bias))),
    }
    grams: list[str] = []
    if "shapes" in blocks:
        shapes: Shapes = blocks["shapes"]
        arrays["shape_idf"], arrays["gram_idf"] = shapes.word_idf_, shapes.gram_idf_
        arrays["gram_weights"] = share["shapes"]
        grams = list(shapes.grams_)
    forms: list[str] = []
    if "meanings" in blocks:
        meanings: Meanings = blocks["meanings"]
        arrays["shape_idf"], forms = meanings.word_idf_, meanings.forms_
        arrays["meaning_weights"] = meanings.vectors_ @ share["meanings"]
    lexicon = EMPTY
    if "frames" in blocks:
        frames: Frames = blocks["frames"]
        lexicon = frames.lexicon_.parts
        kept = np.zeros((1 + len(WAYS), frames.n_names_, len(bias)))
        kept.reshape(-1, len(bias))[frames.kept_] = share["frames"]
        arrays["frame_weights"] = (kept[:1] + frames.ways * kept[1:]).reshape(-1, len(bias))
    trend_lists: dict[str, list[str]] = {name: [] for name in (*NAMES, *THINGS)}
    if "trends" in blocks:
        trends: Trends = blocks["trends"]
        trend_lists = {name: (trends.directions_ | trends.things_)[name] for name in trend_lists}
        arrays["trend_weights"], arrays["trend_idf"] = np.zeros((2 * n, len(bias))), np.zeros(2 * n)
        single_trends, heat = np.split(share["trends"], [len(trends.keys_)])
        arrays["trend_weights"][trends.keys_] = single_trends * trends.idf_[:, None]
        arrays["heat_weights"] = np.zeros((len(HEAT), len(bias)))
        arrays["heat_weights"][trends.heat_] = heat * HEAT_WEIGHT
        arrays["trend_idf"][trends.keys_] = trends.idf_
    lists = {"common": words.common_, "words": list(words.words_), "grams": grams, "meanings": forms} | trend_lists
    keys = {"pair_keys": (-1 - words.keys_[~single])[order]}
    parts = {f"lexicon_{name}": lexicon[name] for name in (*Lexicon.LISTS, *Lexicon.ARRAYS)}
    return Table(header, {name: a.astype(np.float32) for name, a in arrays.items()} | keys | lists | parts)
