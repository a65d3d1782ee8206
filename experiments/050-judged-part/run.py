"""Judge quotations by several parts of their statement, and print how often each part is right, as Markdown.

Each text is one statement, attributed as a line is. Gold is read where the real sentences lie beside the repository
(or in ``STANCE_SHARED``).
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

from stance.analysis import told
from stance.model.corpus import read_labelled
from stance.model.table import Table
from stance.scorer import DEFAULT
from stance.statement import Document, Statement

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
GOLD = Path(os.environ.get("STANCE_SHARED", ROOT.parent / "shared")) / "gold" / "dev.csv"
Row = tuple[str, str, str]  # group, text, stance


def content(s: Statement) -> str:
    """The words quoted, of a quotation that stands before its cue; of any other statement, all."""
    return s.text[: s.content_end - s.start] if s.judged_end else s.text


def main() -> None:
    """Measure, and print the table."""
    table = Table.load(DEFAULT)
    tails = tab_separated(HERE / "tails.tsv")
    sets = {
        "tails": tails,
        "contrast": [row for p in sorted(ROOT.glob("data/contrast/*.tsv")) for row in tab_separated(p)],
    }
    if GOLD.exists():
        gold = read_labelled([GOLD])
        sets["gold"] = list(zip(gold.id, gold.text, gold.label, strict=True))
    lines = [
        "| texts | n | with a tail | part judged | accuracy | macro-F1 | groups wholly right |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, rows in sets.items():
        statements = [whole(text) for _, text, _ in rows]
        cut = sum(s.judged_end is not None for s in statements)
        for part, probabilities in judged(table, statements).items():
            guess = [table.labels[k] for k in probabilities.argmax(axis=1)]
            lines.append(f"| {name} | {len(rows)} | {cut} | {part} | {' | '.join(figures(rows, guess))} |")
    print("\n".join(lines))


def tab_separated(path: Path) -> list[Row]:
    """Group, text and stance of the rows of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        found = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row["group"], row["text"], row["stance"]) for row in found]


def whole(text: str) -> Statement:
    """A text as one statement."""
    [statement] = told(Document(text, "", row=True), unit="line")
    return statement


def judged(table: Table, statements: list[Statement]) -> dict[str, np.ndarray]:
    """Name of the part judged -> probabilities (statements, labels)."""

    def by(part: Callable[[Statement], str]) -> np.ndarray:
        return table.score([part(s) for s in statements]).probabilities

    found = {
        "whole statement": by(lambda s: s.text),
        "content alone": by(content),
        "content and cue": by(lambda s: s.judged),
    }
    mean = np.log(found["whole statement"]) + np.log(found["content alone"])
    return found | {"whole and content, weighted evenly": mean}


def figures(rows: list[Row], guess: list[str]) -> list[str]:
    """Accuracy, macro-F1, and the share of groups of more than one row with each row right."""
    truth = [stance for _, _, stance in rows]
    groups: dict[str, list[bool]] = defaultdict(list)
    for (group, _, stance), label in zip(rows, guess, strict=True):
        groups[group].append(stance == label)
    right = [all(group) for group in groups.values() if len(group) > 1]
    accuracy = float(np.mean([a == b for a, b in zip(truth, guess, strict=True)]))
    macro = f1_score(truth, guess, average="macro")
    return [f"{accuracy:.3f}", f"{macro:.3f}", f"{np.mean(right):.3f}" if right else "-"]


if __name__ == "__main__":
    main()
