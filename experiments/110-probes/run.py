"""Score plain invented statements, and print the share that is right by capability and half, as Markdown.

The table is the shipped one, or that of the path given.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from stance.model.table import Table
from stance.scorer import DEFAULT

HERE = Path(__file__).parent


def main() -> None:
    """Measure, and print the table."""
    table = Table.load(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT)
    with (HERE / "probes.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    guesses = table.score([row["text"] for row in rows]).probabilities.argmax(axis=1)
    right = [(row, table.labels[k] == row["stance"]) for row, k in zip(rows, guesses, strict=True)]
    print("| capability | half A: right of | half B: right of |\n|---|---|---|")
    for name in (*dict.fromkeys(row["capability"] for row in rows), "all"):
        here = [(row["half"], ok) for row, ok in right if name in (row["capability"], "all")]
        halves = ([ok for half, ok in here if half == wanted] for wanted in "AB")
        print(f"| {name} | " + " | ".join(f"{sum(oks)} of {len(oks)}" for oks in halves) + " |")


if __name__ == "__main__":
    main()
