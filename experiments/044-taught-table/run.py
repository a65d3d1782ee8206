"""What soft labels of a slow model add: ``python experiments/044-taught-table/run.py``, some four minutes.

Fits the recipe of data/params.toml on the training side, with the variations and what the teacher says of them beside
the labelled statements, and prints a Markdown table. Gold dev is read from ../shared (or STANCE_SHARED); without it
its columns are empty.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.class_weight import compute_class_weight
from threadpoolctl import threadpool_limits
from variations import varied

from stance.model.compiling import Pipeline, compile_table
from stance.model.contrast import contrast
from stance.model.corpus import groups, read_labelled
from stance.model.encoder import read_answers, text_key
from stance.model.evaluation import evaluate_table
from stance.model.params import Params
from stance.model.regression import fit_shares
from stance.model.search import make_blocks, smooth, unevenness
from stance.model.table import Table
from stance.model.training import describe, sides

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOLD = Path(os.environ.get("STANCE_SHARED", ROOT.parent / "shared")) / "gold" / "dev.csv"
PARAMS = Params.read(ROOT / "data" / "params.toml")
SETTLED = ("shape_weight", "meaning_weight", "frame_weight", "trend_weight", "sentence_weight")
WEIGHTS = (None, 0.0, 0.3, 1.0)
"""What an answered text counts beside a labelled one; None leaves the texts out, with 0 only their words are met."""


def main() -> None:
    """One row for each weight."""
    frame = read_labelled([ROOT / "data" / "corpus"])
    learn, test = sides(frame.assign(group=groups(frame)))
    texts, answers = answered(learn["text"].tolist())
    print("| weight of an answered text | test | log loss | contrast rows / groups | gold dev (95 %) | log loss |")
    print("|---|---|---|---|---|---|")
    for weight in WEIGHTS:
        table = fit(learn, *((texts, answers, weight) if weight is not None else ([], answers[:0], 0.0)))
        found = evaluate_table(table, test)
        pairs = contrast(table, sorted((ROOT / "data" / "contrast").glob("*.tsv")))
        cells = [f"{found.macro_f1:.3f}", f"{found.log_loss:.3f}", f"{pairs.accuracy:.3f} / {pairs.groups_right:.3f}"]
        if GOLD.exists():
            real = evaluate_table(table, read_labelled([GOLD]))
            low, high = real.macro_f1_interval
            cells += [f"{real.macro_f1:.3f} ({low:.3f}-{high:.3f})", f"{real.log_loss:.3f}"]
        else:
            cells += ["-", "-"]
        print(f"| {'no texts' if weight is None else weight} | {' | '.join(cells)} |", flush=True)
    print(f"\n{len(texts):,} answered texts beside {len(learn):,} labelled ones.")


def answered(statements: list[str]) -> tuple[list[str], Any]:
    """The variations that the teacher was asked about, and its (n, labels) probabilities."""
    known = read_answers(str(HERE))
    texts = [text for text in dict.fromkeys(varied(statements)) if text_key(text) in known]
    shares = np.array([known[text_key(text)] for text in texts], float)
    return texts, shares / shares.sum(axis=1, keepdims=True)


def fit(learn: pd.DataFrame, texts: list[str], answers: Any, weight: float) -> Table:
    """The recipe's table, taught labels and answers; as search.fit_classifier where there are no answers."""
    truth, ratio, labels = learn["label"].to_numpy(str), PARAMS.ratio[0], sorted(set(learn["label"]))
    union = make_blocks(PARAMS, {name: getattr(PARAMS, name)[0] for name in SETTLED})
    X = union.fit_transform([*learn["text"], *texts]).astype(np.float32)
    weights = (1 - ratio + ratio * unevenness(X[: len(truth)], truth)).astype(np.float32)
    balance = compute_class_weight("balanced", classes=np.array(labels), y=truth)
    targets = np.vstack([smooth(truth, PARAMS.smoothing), weight * answers]) * balance
    with threadpool_limits(1):
        classifier = fit_shares(X.multiply(weights).tocsr(), targets, np.array(labels), PARAMS.C[0])
    classifier.coef_ = classifier.coef_ * weights
    pipeline = Pipeline(union, classifier, None, 1.0, labels)
    return compile_table(pipeline, describe(pipeline, PARAMS, len(learn)))


if __name__ == "__main__":
    main()
