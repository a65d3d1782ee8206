"""What a table remembers of its own measures: the evaluations in its header, and the confidence they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stance.errors import ModelError, UsageError

if TYPE_CHECKING:
    from stance.model.evaluation import Evaluation

LEAST_ROWS = 50
"""A point of the coverage curve that rests on fewer rows is not trusted."""


def kept_evaluations(header: Mapping[str, Any]) -> dict[str, Evaluation]:
    """The evaluations that training put into a table's header, by what they were measured on.

    Empty for a table of an older stance, which kept only some figures.
    """
    from stance.model.evaluation import Evaluation

    kept = {}
    for name, measures in header.get("metrics", {}).items():
        if "coverage" in measures and "confusion" in measures:
            kept[name] = Evaluation.from_dict(measures)
    return kept


def confidence_for(header: Mapping[str, Any], accuracy: float) -> float:
    """The least confidence from which on the statements kept are right as often as wanted.

    accuracy: wanted, in (0, 1]. Read off the coverage curve of the predictions that cross-validation made for
    statements it had not trained on; a threshold counts when it and all higher ones that at least LEAST_ROWS
    rows reach are that accurate. On text unlike the training data the accuracy is lower: `stance evaluate` on
    labels of one's own gives the curve for it.

    Raises UsageError for what is no such accuracy and when no threshold is that accurate, ModelError when the table
    has no curve.

    >>> curve = [{"threshold": t, "coverage": c, "accuracy": a} for t, c, a in
    ...          [(0.0, 1.0, 0.8), (0.5, 0.9, 0.85), (0.7, 0.6, 0.91), (0.9, 0.4, 0.95), (0.99, 0.001, 0.5)]]
    >>> confidence_for({"metrics": {"cross-validation": {"n": 1000, "coverage": curve}}}, 0.9)
    0.7
    """
    if not 0 < accuracy <= 1:
        what = f"{accuracy:g} is no accuracy to want"
        raise UsageError(what, place="--target-accuracy", remedy="give a number above 0 and up to 1, such as 0.9")
    measures = header.get("metrics", {}).get("cross-validation", {})
    if not measures.get("coverage"):
        remedy = "train it again with this version, or give --min-confidence"
        raise ModelError("the model holds no coverage curve", place="--target-accuracy", remedy=remedy)
    points = [p for p in measures["coverage"] if p["accuracy"] is not None]
    points = [p for p in points if p["coverage"] * measures["n"] >= LEAST_ROWS]
    wanted = None
    for point in reversed(points):
        if point["accuracy"] < accuracy:
            break
        wanted = float(point["threshold"])
    if wanted is None:
        best = points[-1]["accuracy"] if points else 0.0  # which every threshold must keep up with
        what = f"no confidence makes the model right {accuracy:.1%} of the time"
        raise UsageError(what, place="--target-accuracy", remedy=f"ask for {int(best * 1000) / 1000:g} or less")
    return wanted
