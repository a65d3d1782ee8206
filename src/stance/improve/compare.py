"""Two tables on the same labelled rows: which is better, is it chance, and where do they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from stance.errors import ModelError
from stance.model.corpus import require_labels
from stance.model.evaluation import Comparison, compare

if TYPE_CHECKING:
    import pandas as pd

    from stance.model.table import Table


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that two models see differently.

    a, b: predicted labels; p_a, p_b: label -> probability; distance: total variation, in [0, 1].
    """

    place: str
    text: str
    truth: str
    a: str
    b: str
    p_a: Mapping[str, float]
    p_b: Mapping[str, float]
    distance: float


@dataclass(frozen=True, slots=True)
class TableComparison:
    """Model B against model A (see :class:`stance.model.evaluation.Comparison`) and the rows they differ on most."""

    comparison: Comparison
    differences: tuple[Difference, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the command line."""
        measures = self.comparison.to_dict()
        del measures["differing"]
        return {**measures, "differing": [asdict(d) for d in self.differences]}

    def to_text(self) -> str:
        """The comparison in a few lines, then the rows that the models differ on most."""
        c = self.comparison
        right = f"right only by A: {c.only_a:,}, only by B: {c.only_b:,}"
        lines = [str(c), f"{right}; B is {c.verdict}"]
        for d in self.differences:
            right = {d.a: "A is right", d.b: "B is right"}.get(d.truth, "neither is right")
            right = "both are right" if d.a == d.b == d.truth else right
            text = d.text if len(d.text) <= 100 else d.text[:99] + "…"
            lines.append(f"{d.place}: {d.truth}; A {d.a} {d.p_a[d.a]:.0%}, B {d.b} {d.p_b[d.b]:.0%}, {right}: {text}")
        return "\n".join(lines)


def compare_tables(a: Table, b: Table, frame: pd.DataFrame, *, top: int = 10, seed: int = 0) -> TableComparison:
    """Score labelled rows with both tables and compare them: paired bootstrap of macro-F1, McNemar's test.

    top: how many of the rows that they differ on most to keep.
    Raises ModelError when the tables have different labels, InputError for a label that they do not know.
    """
    if set(a.labels) != set(b.labels):
        what = f"the models have different labels ({', '.join(a.labels)}; {', '.join(b.labels)})"
        raise ModelError(what, place="compare", remedy="compare models of the same labels")
    require_labels(frame, a.labels)
    texts, truth = frame["text"].tolist(), frame["label"].tolist()
    p_b = b.score(texts).probabilities
    p_a = a.score(texts).probabilities[:, [a.labels.index(label) for label in b.labels]]
    comparison = compare(truth, p_a, p_b, b.labels, top=top, seed=seed)
    files, lines = frame["file"].tolist(), frame["line"].tolist()
    differences = []
    for found in comparison.differing:
        i = found["row"]
        said = [{label: round(float(p), 4) for label, p in zip(b.labels, q[i], strict=True)} for q in (p_a, p_b)]
        seen = (found["truth"], found["a"], found["b"], said[0], said[1], found["distance"])
        differences.append(Difference(f"{files[i]}:{lines[i]}", texts[i], *seen))
    return TableComparison(comparison, tuple(differences))
