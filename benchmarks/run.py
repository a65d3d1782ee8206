"""Measure speed on this machine and write benchmarks/README.md. Run with `make bench`."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from page import ROOT, machine, statements_of, write_section

STANCE = [sys.executable, "-m", "stance.cli"]
ROUNDS = 5


def main() -> None:
    """Measure, print, write."""
    texts = statements_of(20)
    rows = [*commands(), *in_memory(texts), model_size()]
    width = max(len(row[0]) for row in rows)
    table = "\n".join(f"| {what.ljust(width)} | {figure} | {target} |" for what, figure, target in rows)
    text = f"{machine('stance', 'numpy', 'scikit-learn')}\n\n| what | measured | target |\n|---|---|---|\n{table}"
    write_section("speed", text)
    print(table)


def rounds(*works: Callable[[], object], n: int = ROUNDS) -> list[float]:
    """Median seconds of each work, done in turn; a first round warms up."""
    times: list[list[float]] = [[] for _ in works]
    for i in range(n + 1):
        for work, seconds in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            if i:
                seconds.append(time.perf_counter() - start)
    return [statistics.median(seconds) for seconds in times]


def commands() -> list[tuple[str, str, str]]:
    """Cold starts, beside the import of scikit-learn's linear models."""

    def process(*words: str) -> Callable[[], object]:
        return lambda: subprocess.run(words, check=True, capture_output=True)

    article = str(ROOT / "examples" / "strait.txt")
    base, help_, score = rounds(
        process(sys.executable, "-c", "import sklearn.linear_model"),
        process(*STANCE, "--help"),
        process(*STANCE, "score", article, "--format", "jsonl"),
    )
    return [
        ("`import sklearn.linear_model`", f"{base * 1e3:.0f} ms", ""),
        ("`stance --help`, ratio to it", f"{help_ / base:.2f} ({help_ * 1e3:.0f} ms)", "<= 0.25"),
        ("cold `stance score` of an article, ratio to it", f"{score / base:.2f} ({score * 1e3:.0f} ms)", "<= 0.5"),
    ]


def in_memory(texts: list[str]) -> list[tuple[str, str, str]]:
    """Statements scored per second beside CountVectorizer's words and pairs, and whole documents."""
    from sklearn.feature_extraction.text import CountVectorizer

    from stance.analysis import analyse
    from stance.model.table import Table
    from stance.statement import Document

    table, counts = Table.load(), CountVectorizer(ngram_range=(1, 2)).fit(texts)
    documents = [Document("\n".join(texts[i : i + 20]), str(i)) for i in range(0, len(texts), 20)]
    ours, theirs, whole = rounds(
        lambda: table.score(texts), lambda: counts.transform(texts), lambda: list(analyse(documents, table)), n=3
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    n = len(texts)
    return [
        ("in memory, statements of 20 words, one core", f"{n / ours:,.0f}/s", ">= 40,000/s"),
        ("the same, ratio to CountVectorizer of words and pairs", f"{theirs / ours:.2f}", ">= 1.0"),
        ("documents to attributed, scored statements", f"{n / whole:,.0f}/s", ""),
        ("memory of this process", f"{memory:.0f} MB", ""),
    ]


def model_size() -> tuple[str, str, str]:
    """The default table."""
    size = (ROOT / "src" / "stance" / "model" / "default.npz").stat().st_size
    return ("default table", f"{size / 1e6:.2f} MB", "<= 8 MB")


if __name__ == "__main__":
    main()
