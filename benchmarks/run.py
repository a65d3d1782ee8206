"""Starts and speed of stance on this machine: the section "speed" of benchmarks/README.md.

python benchmarks/run.py [--rounds 5] [--into FOLDER]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from page import ROOT, into, keep, machine, statements_of, table, write_section

STANCE = [sys.executable, "-m", "stance.cli"]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--statements", type=int, default=20_000, help="To score in memory.")
    into(parser)
    options = parser.parse_args()
    found = {**commands(options.rounds), **in_memory(statements_of(20, options.statements), options.rounds)}
    found["model"] = (ROOT / "src" / "stance" / "model" / "default.npz").stat().st_size / 1e6
    keep(options.into, "speed", found)
    text = table(
        ("what", "measured"),
        [
            ("`import sklearn.linear_model`", f"{found['sklearn']:.0f} ms"),
            ("`stance --help`", f"{found['help']:.0f} ms"),
            ("cold `stance score` of an article", f"{found['score']:.0f} ms"),
            ("in memory, statements of 20 words", f"{found['rate']:,.0f}/s"),
            ("words and pairs by scikit-learn's CountVectorizer", f"{found['counted']:,.0f}/s"),
            ("documents to attributed, scored statements", f"{found['documents']:,.0f}/s"),
            ("default table", f"{found['model']:.2f} MB"),
        ],
    )
    print(text)
    head = f"{machine('stance', 'numpy', 'scikit-learn')}; one core, medians of {options.rounds} rounds taken in turn."
    write_section(options.into, "speed", f"{head}\n\n{text}")


def rounds(n: int, *works: Callable[[], object]) -> list[float]:
    """Median seconds of each work, done in turn; a first round warms up."""
    times: list[list[float]] = [[] for _ in works]
    for i in range(n + 1):
        for work, seconds in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            if i:
                seconds.append(time.perf_counter() - start)
    return [statistics.median(seconds) for seconds in times]


def commands(n: int) -> dict[str, float]:
    """Milliseconds of cold starts, and of the import of scikit-learn's linear models."""

    def process(*words: str) -> Callable[[], object]:
        return lambda: subprocess.run(words, check=True, capture_output=True)

    article = str(ROOT / "examples" / "strait.txt")
    seconds = rounds(
        n,
        process(sys.executable, "-c", "import sklearn.linear_model"),
        process(*STANCE, "--help"),
        process(*STANCE, "score", article, "--format", "jsonl"),
    )
    return dict(zip(("sklearn", "help", "score"), (1000 * s for s in seconds), strict=True))


def in_memory(texts: list[str], n: int) -> dict[str, float]:
    """Statements a second: scored, counted by CountVectorizer, and from whole documents with speakers."""
    from sklearn.feature_extraction.text import CountVectorizer

    from stance.analysis import analyse
    from stance.model.table import Table
    from stance.statement import Document

    table, counts = Table.load(), CountVectorizer(ngram_range=(1, 2)).fit(texts)
    documents = [Document("\n".join(texts[i : i + 20]), str(i)) for i in range(0, len(texts), 20)]
    seconds = rounds(
        n, lambda: table.score(texts), lambda: counts.transform(texts), lambda: list(analyse(documents, table))
    )
    return dict(zip(("rate", "counted", "documents"), (len(texts) / s for s in seconds), strict=True))


if __name__ == "__main__":
    main()
