"""What explaining costs: ``python benchmarks/explaining.py``. Both ways as JSON Lines, from text to the last byte.

Processor time of this process for the articles in examples/, the best of some rounds.
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

    scoring, explaining = (1e6 * seconds(work) / n for work in (score, explain))
    print(
        f"{n:,} statements: scored {scoring:.0f} µs each, explained {explaining:.0f} µs: {explaining / scoring:.1f} x"
    )


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the quickest round."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
