"""Labelled statements to a table: tune by cross-validation over groups, fit, calibrate, compile, test.

The estimator is logistic regression over the union of the blocks in features.py, a ridge regression on the same
vectors for tone, and one temperature (Guo and others, 2017) for the probabilities, found on predictions that
cross-validation made for statements it had not trained on.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel

from stance import __version__
from stance.model.compiling import Pipeline, compile_table
from stance.model.corpus import digest, groups, require_trainable, sliceable, split
from stance.model.evaluation import Evaluation, evaluate_table
from stance.model.matching import digest as digest_lexicon
from stance.model.params import Params
from stance.model.search import SEARCHED, Search, fit_classifier, make_blocks, make_ridge
from stance.model.table import FORMAT, Table

if TYPE_CHECKING:
    import pandas as pd


Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Training:
    """What training leaves.

    table: the model. pipeline: the fitted scikit-learn estimators that it was compiled from.
    evaluations: "cross-validation" of the training side (calibrated out-of-fold predictions) and "test", on the
    groups kept aside; no "test" when the rows are too few for one.
    chosen: the values that cross-validation picked. tried: one row per setting.
    metrics: figures of the cross-validation that are no part of an evaluation.
    """

    table: Table
    pipeline: Pipeline
    evaluations: dict[str, Evaluation]
    chosen: dict[str, float]
    tried: list[dict[str, float]]
    metrics: dict[str, float]


def train(
    frame: pd.DataFrame,
    params: Params | None = None,
    *,
    progress: Progress | None = None,
    jobs: int = 2,
    about: Mapping[str, Any] | None = None,
) -> Training:
    """Train a table on labelled rows (see corpus.read_labelled) and test it on groups kept aside.

    A hash of the group keeps some 15 % aside; on the others, cross-validation by group picks the settings and
    the temperature, and a model of these settings is tested on what was kept aside. The table is then fitted
    on all rows, unless params.refit is false.

    Deterministic: the same rows, parameters and library versions give the same table, byte for byte.
    jobs: processes for the folds. about: further entries for the table's header. progress: called with the
    steps done, the steps in all and what is being done. Raises InputError when the rows cannot train a model.
    """
    params = params or Params()
    require_trainable(frame)
    frame = frame.assign(group=groups(frame))
    learn, test = sides(frame)
    untried = len(frame) >= params.trend_rows and 0 in params.trend_weight
    sought = replace(params, trend_weight=(0.0,)) if untried else params
    settings = 1 + sum(len(getattr(sought, name)) - 1 for name in SEARCHED)
    steps = Steps(progress, settings + 4)  # tone, fitting twice, done
    with Parallel(n_jobs=1 if params.encoder else jobs) as parallel:  # an encoder uses all cores by itself
        search = Search(learn, sought, parallel, steps)
        chosen = search.choose()
    steps("fitting")
    evaluations = {"cross-validation": search.evaluation()}
    pipeline = fit(learn, chosen, params)
    if len(test):
        tested = compile_table(pipeline, describe(pipeline, params, len(learn)))
        evaluations["test"] = evaluate_table(tested, test, by=sliceable(frame))
        if params.refit:
            steps("fitting on all rows")
            pipeline = fit(frame, chosen, params)
    header = {
        **describe(pipeline, params, len(frame) if params.refit else len(learn)),
        "chosen": chosen,
        "counts": {label: int((frame["label"] == label).sum()) for label in pipeline.labels},
        "corpus": {"digest": digest(frame), "rows": len(frame), "groups": int(frame["group"].nunique())},
        "metrics": {name: _figures(e) for name, e in evaluations.items()},
        "versions": {"stance": __version__, "python": platform.python_version(), **_versions()},
        **(about or {}),
    }
    table = compile_table(pipeline, header)
    steps("done")
    return Training(table, pipeline, evaluations, chosen, search.tried, search.metrics)


def sides(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and test rows of a frame with groups; all are training rows when a side would miss a label."""
    learn, test = split(frame)
    labels = set(frame["label"])
    enough = set(test["label"]) == labels and set(learn["label"]) == labels
    return (learn, test) if enough else (frame, frame[:0])


def describe(pipeline: Pipeline, params: Params, rows: int) -> dict[str, Any]:
    """The entries of a table's header that scoring relies on, and what it was fitted with."""
    blocks = dict(pipeline.union.transformer_list)
    frames, sentences = blocks.get("frames"), blocks.get("sentences")
    return {
        "format": FORMAT,
        "labels": pipeline.labels,
        "tone": pipeline.tone is not None,
        "temperature": pipeline.temperature,
        "features": {"grams": list(params.shapes), "masks": params.masks, "negation": params.negation},
        "encoder": sentences.encoder_ if sentences else None,
        "lexicon": digest_lexicon(frames.lexicon_) if frames else None,
        "params": asdict(params),
        "rows": rows,
    }


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    """The measures that a table carries along: what thresholds, comparisons and the card need."""
    return {**evaluation.to_dict(), "calibration": list(evaluation.calibration)}


def _versions() -> dict[str, str]:
    import scipy
    import sklearn

    return {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}


class Steps:
    """Counts steps for the progress bar: each call says what is done next, the last one that all is done."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, -1

    def __call__(self, what: str) -> None:
        """Say what is done next."""
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total, what)


def fit(frame: pd.DataFrame, chosen: Mapping[str, float], params: Params) -> Pipeline:
    """The estimators fitted on all rows of a frame, with settings that a search chose."""
    union = make_blocks(params, chosen)
    X = union.fit_transform(frame["text"].tolist()).astype(np.float32)
    ratio = chosen.get("ratio", params.ratio[0])
    classifier = fit_classifier(X, frame["label"].to_numpy(dtype=str), chosen["C"], ratio, params)
    ridge = None
    if "tone_alpha" in chosen:
        tone = frame["tone"].to_numpy(float)
        known = ~np.isnan(tone)
        ridge = make_ridge(chosen["tone_alpha"]).fit(X[known], tone[known])
    return Pipeline(union, classifier, ridge, chosen["temperature"], [str(c) for c in classifier.classes_])
