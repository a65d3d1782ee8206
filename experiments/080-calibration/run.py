"""Temperature and label shares, judged on real sentences, as Markdown.

The recipe is trained once on data/corpus; out-of-fold logits of cross-validation by scenario give the temperatures.
Needs ``shared/`` beside the repository (or ``STANCE_SHARED``).
"""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

from stance.model.compiling import logits, softmax
from stance.model.corpus import groups, read_labelled
from stance.model.evaluation import evaluate
from stance.model.params import Params
from stance.model.search import Search, fit_temperature, smooth
from stance.model.training import fit

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOLD = Path(os.environ.get("STANCE_SHARED", ROOT.parent / "shared")) / "gold" / "dev.csv"
MIXES = ((0.1, 0.2, 0.7), (0.15, 0.15, 0.7), (0.3, 0.6, 0.1))
DRAWN = 2000
PARAMS = Params()
"""Smoothing is a calibration by itself: experiments/081-smoothing."""


def main() -> None:
    """Train, calibrate in several ways, and print the tables."""
    if not GOLD.exists():
        sys.exit(f"{GOLD}: not there: set STANCE_SHARED to where gold/ lies")
    frame = read_labelled([ROOT / "data" / "corpus"])
    frame = frame.assign(group=groups(frame))
    with Parallel(n_jobs=2) as parallel:
        search = Search(frame, PARAMS, parallel, lambda what: None)
        chosen = search.choose()
    held_out = search.held_out()
    pipeline = fit(frame, chosen, PARAMS)
    gold = read_labelled([GOLD])
    z = logits(pipeline.classifier, pipeline.union.transform(gold["text"].tolist()))
    ways = calibrations(frame, held_out, pipeline)
    blocks = [
        calibration_table(ways, z, gold, pipeline.labels),
        prior_table(softmax(ways["hard rows"](z)), gold, pipeline),
    ]
    print("\n\n".join(blocks))


def calibrations(frame: Any, held_out: Any, pipeline: Any) -> dict[str, Any]:
    """Name -> logits to calibrated logits: one temperature found on several parts, or vector scaling."""
    truth, hard = frame["label"].to_numpy(str), frame["hard"].to_numpy(bool)
    rows = [row for path in sorted((ROOT / "data" / "contrast").glob("*.tsv")) for row in read_contrast(path)]
    contrast = logits(pipeline.classifier, pipeline.union.transform([row["text"] for row in rows]))
    temperatures = {
        "all rows": fit_temperature(held_out, smooth(truth, 0)),
        "hard rows": fit_temperature(held_out[hard], smooth(truth[hard], 0)),
        "contrast set": fit_temperature(contrast, smooth(np.array([row["stance"] for row in rows]), 0)),
    }
    ways: dict[str, Any] = {"none": lambda z: z}
    ways |= {name: lambda z, t=t: z / t for name, t in temperatures.items()}
    scaling = LogisticRegression(C=100, max_iter=1000).fit(held_out[hard], truth[hard])
    return {**ways, "hard rows, vector scaling": scaling.decision_function}


def read_contrast(path: Path) -> list[dict[str, str]]:
    """Rows of a contrast file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def calibration_table(ways: dict[str, Any], z: Any, gold: Any, labels: list[str]) -> str:
    """Measures on gold of each way, and what is kept of it above a confidence."""
    head = "| calibrated on | macro-F1 | ECE | ECE of a perfect one | log loss | kept at 0.6: share, right | at 0.8 |"
    lines = [head, "|---|---:|---:|---:|---:|---:|---:|"]
    truth = gold["label"].to_numpy(str)
    for name, way in ways.items():
        p = softmax(way(z))
        found = evaluate(labels, truth.tolist(), p)
        right, sure = np.array(labels)[p.argmax(axis=1)] == truth, p.max(axis=1)
        kept = [f"{(sure >= c).mean():.2f}, {right[sure >= c].mean():.2f}" for c in (0.6, 0.8)]
        measures = f"{found.macro_f1:.3f} | {found.ece:.3f} | {perfect_ece(p, labels):.3f} | {found.log_loss:.3f}"
        lines.append(f"| {name} | {measures} | {' | '.join(kept)} |")
    return "\n".join(lines)


def perfect_ece(p: Any, labels: list[str]) -> float:
    """The mean ECE on so many rows of these probabilities, were each label drawn by them: what chance alone makes."""
    random = np.random.RandomState(0)
    draws = [[random.choice(labels, p=row / row.sum()) for row in p] for _ in range(50)]
    return float(np.mean([evaluate(labels, drawn, p, samples=1).ece for drawn in draws]))


def prior_table(p: Any, gold: Any, pipeline: Any) -> str:
    """Accuracy on gold drawn anew in other shares: as it is, with the true shares, and with shares found by EM."""
    labels, truth, random = np.array(pipeline.labels), gold["label"].to_numpy(str), np.random.RandomState(0)
    old = np.full(len(labels), 1 / len(labels))
    shares = ", ".join(labels)
    lines = [
        f"| shares of {shares} | found by EM | accuracy, macro-F1: as it is | true shares | EM |",
        "|---|---|---|---|---|",
    ]
    for mix in MIXES:
        parts = zip(labels, mix, strict=True)
        drawn = [random.choice(np.flatnonzero(truth == label), int(DRAWN * share)) for label, share in parts]
        rows = np.concatenate(drawn)
        found = expectation_maximisation(p[rows], old)
        cells = []
        for new in (old, np.array(mix), found):
            guess = labels[(p[rows] * new / old).argmax(axis=1)]
            cells.append(
                f"{accuracy_score(truth[rows], guess):.2f}, {f1_score(truth[rows], guess, average='macro'):.2f}"
            )
        lines.append(f"| {list(mix)} | {found.round(2).tolist()} | {' | '.join(cells)} |")
    return "\n".join(lines)


def expectation_maximisation(p: Any, old: Any) -> Any:
    """Shares of the labels in unlabelled text (Saerens, Latinne and Decaestecker, 2002)."""
    new = old
    for _ in range(500):
        weighed = p * (new / old)
        new = (weighed / weighed.sum(axis=1, keepdims=True)).mean(axis=0)
    return new


if __name__ == "__main__":
    main()
