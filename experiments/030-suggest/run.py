"""Do 100 suggested labels beat 100 random ones? ``python experiments/030-suggest/run.py [SEEDS]``, some 5 minutes.

Writes curves.csv and curves.svg beside this file, and prints the table. The corpus plays the pool, its labels are
revealed when asked for; what is learnt is judged on scenarios kept aside. Real sentences are pools too, where a
checkout of them lies beside the repository: three quarters to label from, the others to judge by.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from threadpoolctl import threadpool_limits

from stance.improve.suggest import choose, uncertainty, vectors
from stance.model.corpus import digest, read_labelled, split
from stance.model.features import Words

HERE = Path(__file__).parent
BATCH, ROUNDS = 50, 4
STRATEGIES = ("random", "suggest", "margin alone", "diversity alone")
POOLS = {"even pool": (200, None), "pool with 80 % neutral": (100, 0.8)}
"""Name -> labels to start with, and share of neutral statements (None as in the corpus)."""
ROOT = HERE.parents[1]
SHARED = Path(os.environ.get("STANCE_SHARED", ROOT.parent / "shared"))
REAL = {"news sentences": SHARED / "pentacode" / "news.csv", "central banks": SHARED / "fomc" / "sentences.csv"}
"""Name -> file of real sentences; 100 labels to start with."""


class Bench:
    """Labelled statements as vectors: a pool to label from, and groups kept aside to judge by."""

    def __init__(self, frame: pd.DataFrame, share: float = 0.15) -> None:
        pool, test = split(frame, share)
        words = Words()
        self.pool = words.fit_transform(pool["text"].tolist()).astype(np.float32)
        self.test = words.transform(test["text"].tolist()).astype(np.float32)
        self.space = vectors(pool["text"].tolist())
        self.truth, self.wanted = pool["label"].to_numpy(str), test["label"].to_numpy(str)
        self.about = f"{len(pool):,} in the pool, {len(test):,} to judge by, digest {digest(frame)[:12]}"

    def draw(self, rng: np.random.Generator, neutral: float | None) -> Any:
        """Rows of a pool in random order, with a share of neutral ones."""
        rows = rng.permutation(len(self.truth))
        if neutral is None:
            return rows
        is_neutral = self.truth[rows] == "neutral"
        others = rows[~is_neutral][: int(is_neutral.sum() * (1 - neutral) / neutral)]
        return rng.permutation(np.concatenate([rows[is_neutral], others]))

    def curve(self, strategy: str, start: int, neutral: float | None, seed: int) -> Iterator[float]:
        """Macro-F1 after each batch of labels."""
        rng = np.random.default_rng(seed)
        rows = self.draw(rng, neutral)
        known, rest = rows[:start], rows[start:]
        for step in range(ROUNDS + 1):
            model = LogisticRegression(C=3, class_weight="balanced", max_iter=300, tol=1e-3)
            model.fit(self.pool[known], self.truth[known])
            yield float(f1_score(self.wanted, model.predict(self.test), average="macro"))
            if step < ROUNDS:
                picked = self.pick(strategy, model, rest, rng, seed)
                known, rest = np.concatenate([known, rest[picked]]), np.delete(rest, picked)

    def pick(self, strategy: str, model: Any, rest: Any, rng: np.random.Generator, seed: int) -> Any:
        """Which statements of the rest to label next."""
        if strategy == "random":
            return rng.permutation(len(rest))[:BATCH]
        doubt = uncertainty(model.predict_proba(self.pool[rest]))
        if strategy == "margin alone":
            return np.argsort(-doubt, kind="stable")[:BATCH]
        if strategy == "diversity alone":
            doubt = rng.permutation(len(rest)).astype(float)
        return choose(doubt, self.space[rest], BATCH, seed=seed)


def main() -> None:
    """Run all, write the figures."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    bench, curves = Bench(read_labelled([ROOT / "data" / "corpus"])), {}
    about = [f"corpus: {bench.about}"]
    for pool, (start, neutral) in POOLS.items():
        curves |= run(bench, pool, start, neutral, seeds)
    write_csv(curves)
    draw(curves)
    for pool, path in REAL.items():
        if path.exists():
            bench = Bench(read_real(path), 0.25)
            about.append(f"{pool}: {bench.about}")
            curves |= run(bench, pool, 100, None, seeds)
    print("\n".join([*table(curves), "", f"Means of {seeds} seeds. Statements: {'; '.join(about)}."]))


def read_real(path: Path) -> pd.DataFrame:
    """Texts and labels; codes of events as what they are about."""
    frame = pd.read_csv(path)
    if "code" in frame:
        frame["label"] = frame["code"].map(
            {0: "neither", **dict.fromkeys((1, 2), "cooperation"), 3: "conflict", 4: "conflict"}
        )
    return frame


def run(bench: Bench, pool: str, start: int, neutral: float | None, seeds: int) -> dict[tuple[str, str], Any]:
    """(seeds, rounds + 1) macro-F1 for each strategy."""
    curves = {}
    for strategy in STRATEGIES:
        curves[pool, strategy] = np.array([[*bench.curve(strategy, start, neutral, seed)] for seed in range(seeds)])
        print(pool, strategy, curves[pool, strategy].mean(axis=0).round(3), file=sys.stderr)
    return curves


def half(values: Any) -> float:
    """Half of the 95 % interval of a mean over seeds (normal)."""
    return float(1.96 * values.std(ddof=1) / np.sqrt(len(values)))


def table(curves: dict[tuple[str, str], Any]) -> Iterator[str]:
    """Macro-F1 and its gain over random choice at the same seeds, as Markdown."""
    yield "| pool | strategy | at the start | after 100 labels | gain over random (95 %) | after 200 | gain (95 %) |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for (pool, strategy), runs in curves.items():
        cells = [f"{runs[:, 0].mean():.3f}"]
        for step in (100 // BATCH, 200 // BATCH):
            gain = runs[:, step] - curves[pool, "random"][:, step]
            cells += [
                f"{runs[:, step].mean():.3f}",
                "" if strategy == "random" else f"{gain.mean():+.3f} ± {half(gain):.3f}",
            ]
        yield f"| {pool} | {strategy} | {' | '.join(cells)} |"


def write_csv(curves: dict[tuple[str, str], Any]) -> None:
    """Every point of every seed."""
    with (HERE / "curves.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["pool", "strategy", "seed", "labels", "macro_f1"])
        for (pool, strategy), runs in curves.items():
            for seed, run in enumerate(runs):
                for step, f1 in enumerate(run):
                    writer.writerow([pool, strategy, seed, POOLS[pool][0] + step * BATCH, f"{f1:.4f}"])


def draw(curves: dict[tuple[str, str], Any]) -> None:
    """The curves, a panel a pool, with the interval of the mean shaded."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "stance"  # the same picture, byte for byte
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    for axes, (pool, (start, _)) in zip(figure.subplots(1, 2), POOLS.items(), strict=True):
        x = start + BATCH * np.arange(ROUNDS + 1)
        for strategy in STRATEGIES:
            runs = curves[pool, strategy]
            mean, margin = runs.mean(axis=0), np.array([half(runs[:, i]) for i in range(runs.shape[1])])
            (line,) = axes.plot(x, mean, marker="o", markersize=3, label=strategy)
            axes.fill_between(x, mean - margin, mean + margin, color=line.get_color(), alpha=0.15)
        axes.set(xlabel="labels", ylabel="macro-F1 on scenarios kept aside", title=pool)
        axes.legend()
    figure.savefig(HERE / "curves.svg", metadata={"Date": None})


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
