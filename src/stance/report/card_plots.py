"""The model card as a folder: the card, and under it the plots of each evaluation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from stance.errors import UsageError
from stance.model.evaluation import Evaluation


def write_card(text: str, evaluations: Mapping[str, Evaluation], folder: Path) -> None:
    """Write card.md with links to the plots of its evaluations (reliability, coverage, confusion) beside it.

    Raises UsageError when the folder cannot be written.
    """
    from stance.report import plots

    parts = [text]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, evaluation in evaluations.items():
            place = folder / (re.sub(r"[^\w.-]+", "-", name).strip("-.") or "evaluation")
            place.mkdir(exist_ok=True)
            drawn = plots.save(evaluation, place)
            parts += [f"## Plots: {name}\n", *(f"![{p.stem} on {name}]({place.name}/{p.name})" for p in drawn), ""]
        (folder / "card.md").write_text("\n".join(parts), encoding="utf-8")
    except OSError as error:
        what = f"cannot be written ({(error.strerror or 'error').lower()})"
        raise UsageError(what, place=f"--out {folder}", remedy="name a folder you may write to") from None
