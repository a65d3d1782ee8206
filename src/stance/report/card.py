"""The model card (Mitchell and others, FAccT 2019): what a table was made of, how good it is, its uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stance.model.evaluation import Evaluation
from stance.numerals import counted
from stance.report.measures import shown
from stance.statement import STANCES

THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""The points of the coverage curve that the card shows."""

_LIMITS = (
    "Each statement is read alone: who answers whom, irony and what everybody knows are lost on it.",
    "It adds up features of words: several clauses in one sentence, negation at a distance and words in an "
    "unusual sense mislead it.",
    "Intervals take rows as independent. Those of one document are not, so the intervals are too narrow.",
)
_DIPLOMACY = {
    "Intended uses": (
        "Sorting English news, speeches and statements about relations between states, armed groups and "
        "international bodies, so that an analyst reads the telling ones first.",
        "Indices over many statements, with their intervals, by actor, pair or month.",
        "A start for labels of one's own (`stance train`).",
    ),
    "Excluded uses": (
        "Decisions about persons, sanctions or force; anything where nobody reads the statement itself.",
        "Judging whether a statement is true or meant, or what a government will do.",
        "Languages other than English; other matters, such as home politics, sport or prices.",
        "Single statements below the confidence that the table of coverage shows to be good enough.",
    ),
    "Known limits": (
        "Stance's own corpus was written for the purpose. Measures on it, cross-validation among them, "
        "flatter the model: only an evaluation on real text says how it does on real text.",
        *_LIMITS,
    ),
}
_ANY_LABELS = {
    "Intended uses": ("Texts of the kind it was trained on, with labels meant as in its training data.",),
    "Excluded uses": (
        "Texts of another kind or language; decisions about persons; anything where nobody reads the text.",
    ),
    "Known limits": _LIMITS,
}


def card(header: Mapping[str, Any], evaluations: Mapping[str, Evaluation], *, digest: str | None = None) -> str:
    """The card of a table as Markdown; the same input gives the same text.

    header: the table's (`Table.header`). Of its entries labels is needed; name, counts, corpus, chosen,
    temperature, tone and versions are shown when there. evaluations: by what was measured on
    ("cross-validation", "test"), in the order to show. digest: the table's (`Table.digest`).
    """
    labels = tuple(header["labels"])
    texts = _DIPLOMACY if set(labels) == set(STANCES) else _ANY_LABELS
    parts = [f"# Model card: {_cell(header.get('name', 'stance'))}", _purpose(labels, header), *_data(header)]
    if evaluations:
        parts += [*_measures(evaluations), *_slices(evaluations), *_calibration(evaluations)]
    for title, lines in texts.items():
        parts += [f"## {title}", "\n".join(f"- {line}" for line in lines)]
    parts += [*_details(header, digest)]
    return "\n\n".join(parts) + "\n"


def _purpose(labels: Sequence[str], header: Mapping[str, Any]) -> str:
    names = ", ".join(f"`{label}`" for label in labels)
    tone = " and a tone from -3 (violent) to +3 (warm)" if header.get("tone") else ""
    return f"Gives each statement a probability of {names}{tone}. A table of weights, scored by adding them up."


def _data(header: Mapping[str, Any]) -> list[str]:
    counts = header.get("counts")
    if not counts:
        return []
    total = sum(counts.values())
    rows = [(label, f"{n:,}", f"{n / total:.1%}") for label, n in counts.items()]
    return [
        "## Data",
        f"Trained on {counted(total, 'labelled statement')}.",
        _table(("label", "statements", "share"), rows),
    ]


def _measures(evaluations: Mapping[str, Evaluation]) -> list[str]:
    head = ("measured on", "n", "macro-F1", "95 % interval", "accuracy", "weighted F1", "log loss", "ECE")
    rows = []
    for name, e in evaluations.items():
        figures = (e.accuracy, e.weighted_f1, e.log_loss, e.ece, e.tone_spearman, e.tone_mae)
        rows.append((name, f"{e.n:,}", _f(e.macro_f1), shown(e.macro_f1_interval), *map(_f, figures)))
    classes = [
        (name, label, *(_f(row[measure]) for measure in ("precision", "recall", "f1")), f"{row['n']:,}")
        for name, e in evaluations.items()
        for label, row in e.per_class.items()
    ]
    return [
        "## Measures",
        _table((*head, "tone Spearman", "tone error"), rows),
        "Intervals are percentile bootstraps over rows. Tone error is the mean absolute one.",
        _table(("measured on", "label", "precision", "recall", "F1", "n"), classes),
    ]


def _slices(evaluations: Mapping[str, Evaluation]) -> list[str]:
    rows = []
    for name, e in evaluations.items():
        for column, values in e.slices.items():
            for value, row in values.items():
                figures = (_f(row["accuracy"]), _f(row["macro_f1"]), shown(row["macro_f1_interval"]))
                rows.append((name, column, value, f"{row['n']:,}", *figures))
    head = ("measured on", "column", "value", "n", "accuracy", "macro-F1", "95 % interval")
    return ["### By slice", _table(head, rows)] if rows else []


def _calibration(evaluations: Mapping[str, Evaluation]) -> list[str]:
    head = (
        "confidence at least",
        *(f"{name}: {what}" for name in evaluations for what in ("coverage", "accuracy")),
    )
    curves = [{point["threshold"]: point for point in e.coverage} for e in evaluations.values()]
    rows = [
        (f"{t:.2f}", *(_f(curve[t][what]) for curve in curves for what in ("coverage", "accuracy")))
        for t in THRESHOLDS
        if all(t in curve for curve in curves)
    ]
    bins = [
        (name, f"{b['confidence']:.2f}", f"{b['accuracy']:.2f}", f"{b['n']:,}")
        for name, e in evaluations.items()
        for b in e.calibration
    ]
    parts = [
        "## Calibration",
        "What is left, and how much of it is right, when less sure statements are set aside:",
    ]
    parts.append(_table(head, rows))
    if bins:
        parts += ["Mean confidence and accuracy in bins of equal width:"]
        parts.append(_table(("measured on", "confidence", "accuracy", "n"), bins))
    return parts


def _details(header: Mapping[str, Any], digest: str | None) -> list[str]:
    rows: list[tuple[str, str]] = [("table", f"`{digest}`")] if digest else []
    for name in ("corpus", "chosen", "temperature", "versions"):
        rows += _flat(name, header[name]) if name in header else []
    return ["## Digests, settings and versions", _table(("what", "value"), rows)] if rows else []


def _flat(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [row for key, inner in value.items() for row in _flat(f"{name} {key}", inner)]
    return [(name, f"{value:.4g}" if isinstance(value, float) else f"`{value}`")]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: Any) -> str:
    """Text that stays within its cell and is no mark-up.

    >>> _cell("a|b\\n<b>")
    'a\\\\|b &lt;b>'
    """
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def _f(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
