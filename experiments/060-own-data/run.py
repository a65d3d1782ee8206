"""How good is `stance train` on somebody else's labels? ``python experiments/060-own-data/run.py``, some 5 minutes.

Reads ../shared/fomc and ../shared/pentacode (or STANCE_SHARED), which are not part of this repository, and prints the
table. Where they are absent, nothing is done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from stance.model.corpus import read_labelled
from stance.model.params import Params
from stance.model.training import train

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("STANCE_SHARED", HERE.parents[2] / "shared"))
SPLITS = ("split_5768", "split_78516", "split_944601")
CLASSES = {"0": "neutral", "1": "cooperative", "2": "cooperative", "3": "conflictual", "4": "conflictual"}
RECIPES = {"defaults": Params(), "without trends": replace(Params(), trend_weight=(0.0,))}
RESAMPLES = 500


@dataclass
class Task:
    """A labelled frame, and pairs of row numbers to learn from and to be judged by."""

    name: str
    frame: pd.DataFrame
    sides: list[tuple[Any, Any]]


def tasks() -> Iterator[Task]:
    """FOMC in the three splits that were published, news by event class in five folds."""
    fomc = read_labelled([SHARED / "fomc" / "sentences.csv"])
    learn = [(fomc[name] == "train").to_numpy() for name in SPLITS]
    yield Task("FOMC, three splits", fomc, [(np.flatnonzero(side), np.flatnonzero(~side)) for side in learn])
    news = read_labelled([SHARED / "pentacode" / "news.csv"], label_column="code")
    news["label"] = news["label"].map(CLASSES)
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(news, news["label"])
    yield Task("news events, five folds", news, list(folds))


def judge(task: Task, params: Params) -> tuple[list[dict[str, Any]], list[dict[str, float]]]:
    """For each side what was said of its rows, and the settings that training chose."""
    said, chosen = [], []
    for learn, test in task.sides:
        training = train(task.frame.iloc[learn], params)
        rows = task.frame.iloc[test]
        best = training.table.score(rows["text"].tolist()).probabilities.argmax(axis=1)
        said.append({"truth": rows["label"].to_numpy(str), "guess": np.array(training.table.labels)[best]})
        chosen.append(training.chosen)
    return said, chosen


def figure(said: list[dict[str, Any]]) -> str:
    """Mean weighted F1 over the sides, a 95 % bootstrap interval over rows, and each side's own."""
    rng = np.random.default_rng(0)
    own = [weighted_f1(**side) for side in said]
    means = []
    for _ in range(RESAMPLES):
        picks = [rng.integers(0, len(side["truth"]), len(side["truth"])) for side in said]
        means.append(
            np.mean([weighted_f1(side["truth"][p], side["guess"][p]) for side, p in zip(said, picks, strict=True)])
        )
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{np.mean(own):.3f} ({low:.3f}-{high:.3f}) | {', '.join(f'{f1:.3f}' for f1 in own)}"


def weighted_f1(truth: Any, guess: Any) -> float:
    """F1 of each label, averaged by how many rows truly bear it."""
    return float(f1_score(truth, guess, average="weighted"))


def results() -> str:
    """A Markdown table of all recipes on both tasks."""
    lines = ["| task | recipe | weighted F1, mean (95 %) | each | C, trend weight |", "|---|---|---|---|---|"]
    for task in tasks():
        for name, params in RECIPES.items():
            print(" ", task.name, name, file=sys.stderr)
            said, chosen = judge(task, params)
            settings = ", ".join(f"{c['C']:g} {c['trend_weight']:g}" for c in chosen)
            lines.append(f"| {task.name} ({len(task.frame):,} rows) | {name} | {figure(said)} | {settings} |")
            print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    if not (SHARED / "fomc").exists() or not (SHARED / "pentacode").exists():
        print(f"  skipped: no fomc and pentacode in {SHARED}", file=sys.stderr)
        return
    print(results())


if __name__ == "__main__":
    main()
