"""What surface traits give away: how well actors, length and digits, each alone, predict the label."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from stance.model.corpus import groups

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
SHUFFLES = 5
"""Shuffled labels that chance is the mean of: a classifier with nothing to go by varies much."""

Trait = Callable[["pd.DataFrame"], list[dict[str, float]]]

# A capitalised run that does not open a sentence or quotation.
_NAME = re.compile(r"(?<!^)(?<![.!?:\"“] )\b[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*")


def predict_by_traits(frame: pd.DataFrame, seed: int = 0) -> dict[str, dict[str, float]]:
    """How well actors, length and digits, each alone, predict the label; near chance is the aim.

    Naive Bayes with even priors, cross-validated by scenario; chance is the same with the labels
    shuffled, the mean of SHUFFLES runs. Empty when the labels or scenarios are too few to cross-validate.
    """
    import numpy as np
    from sklearn.feature_extraction import DictVectorizer

    labels, per_label = np.unique(frame["label"].to_numpy(str), return_inverse=True, return_counts=True)[1:]
    ids = np.unique(groups(frame).to_numpy(str), return_inverse=True)[1]
    if len(per_label) < 2 or per_label.min() < 2 * FOLDS or ids.max() + 1 < 2 * FOLDS:
        return {}
    random = np.random.RandomState(seed)
    shuffled = [random.permutation(labels) for _ in range(SHUFFLES)]
    result = {}
    for name, trait in TRAITS.items():
        features = DictVectorizer().fit_transform(trait(frame))
        macro_f1, accuracy = _cross_validated(features, labels, ids)
        chance = np.mean([_cross_validated(features, guess, ids) for guess in shuffled], axis=0)
        result[name] = {
            "macro_f1": macro_f1,
            "chance_macro_f1": float(chance[0]),
            "accuracy": accuracy,
            "chance_accuracy": float(chance[1]),
        }
    return result


def _cross_validated(features: Any, labels: Any, ids: Any) -> tuple[float, float]:
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.naive_bayes import MultinomialNB

    predicted = cross_val_predict(MultinomialNB(fit_prior=False), features, labels, groups=ids, cv=GroupKFold(FOLDS))
    return float(f1_score(labels, predicted, average="macro")), float(accuracy_score(labels, predicted))


def _by_actors(frame: pd.DataFrame) -> list[dict[str, float]]:
    """Who is named, who first, how many: of the actors column, else the capitalised runs inside the text."""
    if "actors" in frame:
        named = [[str(a) for a in actors] if isinstance(actors, list) else [str(actors)] for actors in frame["actors"]]
    else:
        named = [_NAME.findall(text) for text in frame["text"]]
    return [
        {**dict.fromkeys(names, 1.0), f"first {names[0] if names else None}": 1.0, f"{len(names)} named": 1.0}
        for names in named
    ]


def _by_length(frame: pd.DataFrame) -> list[dict[str, float]]:
    """Words in steps of five, so that any pattern of short, middling and long shows, not only a slope."""
    return [{f"{min(len(text.split()) // 5, 12)}": 1.0} for text in frame["text"]]


def _by_digits(frame: pd.DataFrame) -> list[dict[str, float]]:
    return [{f"{min(len(re.findall(r'[0-9]+', text)), 5)}": 1.0} for text in frame["text"]]


TRAITS: Mapping[str, Trait] = {"actors": _by_actors, "length": _by_length, "digits": _by_digits}


def describe(figures: Mapping[str, float]) -> str:
    """The figures of one trait in words.

    >>> describe({"macro_f1": 0.4, "chance_macro_f1": 0.333, "accuracy": 0.41, "chance_accuracy": 0.334})
    'macro-F1 0.400 (chance 0.333), accuracy 0.410 (chance 0.334)'
    """
    macro_f1, chance = figures["macro_f1"], figures["chance_macro_f1"]
    return (
        f"macro-F1 {macro_f1:.3f} (chance {chance:.3f}), "
        f"accuracy {figures['accuracy']:.3f} (chance {figures['chance_accuracy']:.3f})"
    )
