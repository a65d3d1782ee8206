"""An evaluation as pictures: confusion matrix, reliability diagram, coverage curve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stance.numerals import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from stance.model.evaluation import Evaluation


def save(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write confusion.png, reliability.png and coverage.png into ``folder``; return their paths."""
    # Figure without pyplot draws with Agg: no window, no state shared with the caller's own plots.
    from matplotlib.figure import Figure

    paths = []
    for draw in (confusion, reliability, coverage):
        size = 1.5 + 0.8 * len(evaluation.labels) if draw is confusion else 4.5
        figure = Figure(figsize=(max(size, 4.5), max(size, 4.5)))
        draw(evaluation, figure.add_subplot())
        paths.append(folder / f"{draw.__name__}.png")
        figure.savefig(paths[-1], dpi=110, bbox_inches="tight")
    return paths


def confusion(evaluation: Evaluation, axes: Axes) -> None:
    """Rows are true labels, shaded by the share of the row."""
    ticks = range(len(evaluation.labels))
    shares = [[count / max(sum(row), 1) for count in row] for row in evaluation.confusion]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for i in ticks:
        for j in ticks:
            shade = "white" if shares[i][j] > 0.5 else "black"
            axes.text(j, i, f"{evaluation.confusion[i][j]:,}", ha="center", va="center", color=shade)
    names = [_plain(label) for label in evaluation.labels]
    axes.set_xticks(ticks, names, rotation=30, ha="right")
    axes.set_yticks(ticks, names)
    axes.set(
        xlabel="predicted", ylabel="true", title=f"{counted(evaluation.n, 'row')}, accuracy {evaluation.accuracy:.3f}"
    )


def reliability(evaluation: Evaluation, axes: Axes) -> None:
    """Accuracy over confidence, a point a bin, its area the rows in it (DeGroot and Fienberg, 1983)."""
    bins = evaluation.calibration
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1, label="perfect")
    axes.plot([b["confidence"] for b in bins], [b["accuracy"] for b in bins], linewidth=1)
    axes.scatter(
        [b["confidence"] for b in bins],
        [b["accuracy"] for b in bins],
        s=[10 + 300 * b["n"] / evaluation.n for b in bins],
    )
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy")
    axes.set_title(f"reliability, ECE {evaluation.ece:.3f}")
    axes.legend()


def coverage(evaluation: Evaluation, axes: Axes) -> None:
    """Share of statements kept, and accuracy among them, over the least confidence asked for."""
    thresholds = [point["threshold"] for point in evaluation.coverage]
    for name, style in (("coverage", "--"), ("accuracy", "-")):
        # None, where no statement is that sure, ends the line.
        axes.plot(
            np.array(thresholds, float),
            np.array([point[name] for point in evaluation.coverage], float),
            style,
            label=name,
        )
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence at least", title="coverage and accuracy")
    axes.legend(loc="lower left")


def _plain(label: str) -> str:
    """A label that matplotlib does not read as mathematics."""
    return label.replace("$", r"\$")
