"""What explaining costs: ``python benchmarks/explaining.py``.

Scoring, and scoring with the explanation of each statement: both from text to the last byte of JSON Lines. What the
second takes longer is the cost of explaining; it may be as much as that of scoring, so that both take twice scoring at
most. Processor time of this process for the articles in examples/, in turns, the best of some rounds.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path

from stance.analysis import analyse
from stance.model.table import Table
from stance.report import explanation, render
from stance.text.reading import read

COPIES, ROUNDS = 25, 5


def main() -> None:
    """Print microseconds a statement, and the ratio."""
    table = Table.load()
    articles = [document for path in sorted(Path("examples").glob("*.txt")) for document in read(path)] * COPIES
    n = sum(1 for _ in analyse(articles, table))

    def score() -> None:
        render.write(analyse(articles, table), io.StringIO(), form="jsonl", labels=table.labels, tone=True)

    def explain() -> None:
        explanation.write(analyse(articles, table), table, io.StringIO(), form="jsonl")

    scoring, both = (1e6 * least / n for least in seconds(score, explain))
    print(f"{n:,} statements: scored {scoring:.0f} µs each, scored and explained {both:.0f} µs: {both / scoring:.1f} x")
    print(f"the explanation itself costs {both / scoring - 1:.2f} of scoring (wanted: 1 at most)")


def seconds(*works: Callable[[], object]) -> list[float]:
    """Processor time of each one's quickest round."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, taken in zip(works, times, strict=True):
            start = time.process_time()
            work()
            taken.append(time.process_time() - start)
    return [min(taken) for taken in times]


if __name__ == "__main__":
    main()
