"""Do 100 suggested labels beat 100 random ones? ``python experiments/030-suggest/run.py [SEEDS]``, some 3 minutes.

Writes curves.csv and curves.svg beside this file, and prints the table. The corpus plays the pool, its labels are
revealed when asked for; what is learnt is judged on scenarios kept aside.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
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


class Bench:
    """The corpus as vectors: a pool to label from, and scenarios kept aside to judge by."""

    def __init__(self) -> None:
        frame = read_labelled([HERE.parents[1] / "data" / "corpus"])
        pool, test = split(frame)
        words = Words()
        self.pool = words.fit_transform(pool["text"].tolist()).astype(np.float32)
        self.test = words.transform(test["text"].tolist()).astype(np.float32)
        self.space = vectors(pool["text"].tolist())
        self.truth, self.wanted = pool["label"].to_numpy(str), test["label"].to_numpy(str)
        self.about = f"{len(pool):,} statements in the pool, {len(test):,} to judge by; corpus {digest(frame)[:12]}"

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
    bench, curves = Bench(), {}
    for pool, (start, neutral) in POOLS.items():
        for strategy in STRATEGIES:
            runs = [list(bench.curve(strategy, start, neutral, seed)) for seed in range(seeds)]
            curves[pool, strategy] = np.array(runs)
            print(pool, strategy, curves[pool, strategy].mean(axis=0).round(3), file=sys.stderr)
    write_csv(curves)
    draw(curves)
    print("\n".join([*table(curves), "", f"Means of {seeds} seeds; {bench.about}."]))


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
