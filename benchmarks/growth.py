"""How time and memory grow with the corpus, and whether a killed run ends as an unbroken one.

    python benchmarks/growth.py [--least 3] [--most 6] [--jobs 2] [--kill] [--skew]

Scores synthetic corpora of 10^LEAST to 10^MOST statements, drawn with a seed from data/corpus, by the command
`stance score --unit line --jobs N --out FOLDER`, and takes time and memory of all its processes. --kill ends a
run by `kill -9` half-way and resumes it; --skew puts one document of 50 MB among 100,000 small ones. Writes
section "growth" of benchmarks/README.md and growth.svg.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from page import ROOT, corpus_texts, machine, write_section

SEED = 1
NOTES = ROOT / "benchmarks" / "growth.json"
PRICE = 0.05
"""Of one core for one hour, in whatever money: what many clouds take for one in dollars."""


@dataclass(frozen=True)
class Measured:
    """A run of all its processes: statements, seconds by the clock and of processor, megabytes (PSS) at the peak."""

    statements: int
    seconds: float
    cpu: float
    peak: float


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--least", type=int, default=3, help="Smallest corpus, as a power of ten.")
    parser.add_argument("--most", type=int, default=6, help="Largest corpus.")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--skew", action="store_true")
    parser.add_argument("--scratch", type=Path, help="Folder for corpora and scores [a temporary one].")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        base = Path(folder)
        for power in range(options.least, options.most + 1):
            found = grow(10**power, base, options.jobs)
            note(f"{power}", asdict(found))
            if options.kill and power == options.most:
                note("killed", killed(found, base, options.jobs))
        if options.skew:
            note("skewed", skewed(base, options.jobs))
    show(options.jobs)


def note(name: str, found: object) -> None:
    """Keep what was found, so that another call can add to it."""
    kept = json.loads(NOTES.read_text()) if NOTES.exists() else {}
    NOTES.write_text(json.dumps({**kept, name: found}, indent=1, sort_keys=True) + "\n")


def grow(n: int, base: Path, jobs: int) -> Measured:
    """Score a corpus of n statements."""
    corpus, out = base / f"{n}.jsonl", base / f"{n}"
    if not corpus.exists():
        write(corpus, rows(n))
    shutil.rmtree(out, ignore_errors=True)
    found = run(n, command(corpus, out, jobs))
    print(f"{n:>10,} statements  {found.seconds:8.1f} s  {n / found.seconds:8,.0f}/s  {found.peak:5.0f} MB", flush=True)
    return found


def rows(n: int) -> Iterator[dict[str, object]]:
    """n rows of one statement each, drawn from the corpus."""
    texts, draw = corpus_texts(), random.Random(SEED)
    return ({"id": i, "text": draw.choice(texts)} for i in range(n))


def write(path: Path, found: Iterator[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found)


def command(corpus: Path, out: Path, jobs: int, *more: str) -> list[str]:
    words = [sys.executable, "-m", "stance.cli", "score", str(corpus), "--unit", "line"]
    return [*words, "--jobs", str(jobs), "--out", str(out), *more]


def run(n: int, words: list[str]) -> Measured:
    """Run a command to its end; what it took."""
    start, before, peak = time.perf_counter(), spent(), 0.0
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        time.sleep(min(2.0, 0.25 + (time.perf_counter() - start) / 100))  # looking takes time too
    seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(process.communicate()[1])
    return Measured(n, seconds, spent() - before, peak)


def spent() -> float:
    """Seconds of processor of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def memory(pid: int) -> float:
    """Megabytes of a process and all below it; pages that several share are counted once."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parents[int(entry)] = int(Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    family, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in family} - family
        family, grown = family | more, bool(more)
    return sum(map(share, family))


def share(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def linearity(measured: list[Measured]) -> str:
    """The exponent of processor time, which other work on the machine changes little, over statements."""
    start = measured[0].cpu
    large = [m for m in measured if m.statements >= 10**5]
    if len(large) < 2:
        return "Too few corpora to tell how time grows."
    x, y = np.log([m.statements for m in large]), np.log([m.cpu - start for m in large])
    peaks = [m.peak for m in large]
    return (
        f"Time of processor grows with the power {np.polyfit(x, y, 1)[0]:.3f} of the statements (from 10^5 on, less "
        f"the {start:.1f} s of a run of 1,000); peak memory from 10^5 on: {min(peaks):.0f} to {max(peaks):.0f} MB."
    )


def cost(largest: Measured) -> str:
    """Processor time and money for 100 million statements at the rate of the largest run."""
    hours = largest.cpu / largest.statements * 1e8 / 3600
    return (
        f"100 million statements take {hours:,.1f} hours of one core at this rate; at {PRICE:.2f} a core and hour, "
        f"{hours * PRICE:,.2f}."
    )


def killed(whole: Measured, base: Path, jobs: int) -> str:
    """Score a corpus again, kill the run half-way, resume it, and compare the outputs byte by byte."""
    n = whole.statements
    corpus, out = base / f"{n}.jsonl", base / "killed"
    process = subprocess.Popen(command(corpus, out, jobs), stderr=subprocess.DEVNULL)
    safe = 0
    while safe < n / 2:
        time.sleep(0.1)
        with suppress(OSError):
            safe = json.loads((out / "_run.json").read_text())["statements"]
    process.send_signal(signal.SIGKILL)
    process.wait()
    resumed = run(n, command(corpus, out, jobs, "--resume"))
    same = digests(out) == digests(base / f"{n}")
    alike = "identical byte for byte to" if same else "DIFFERENT from"
    return (
        f"Of {n:,} statements, killed by `kill -9` with {safe:,} safe on the disk and resumed in "
        f"{resumed.seconds:.0f} s: {len(digests(out))} files, {alike} those of the unbroken run."
    )


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def skewed(base: Path, jobs: int) -> str:
    """One document of 50 MB after the first tenth of 100,000 small ones."""
    texts, draw = [text for text in corpus_texts() if max(text) < "\U00010000"], random.Random(SEED)
    large = ""
    paragraphs = []
    while len(large.encode()) < 5e7:
        paragraphs += [" ".join(draw.choices(texts, k=5)) for _ in range(2000)]
        large = "\n\n".join(paragraphs)
    found = list(rows(100_000))
    found.insert(10_000, {"id": "large", "text": large})
    write(base / "skew.jsonl", iter(found))
    words = [word for word in command(base / "skew.jsonl", base / "skew", jobs) if word not in ("--unit", "line")]
    took = run(100_001, words)
    statements = json.loads((base / "skew" / "_run.json").read_text())["statements"]
    return (
        f"One document of 50 MB among 100,000 of one sentence: {statements:,} statements in {took.seconds:.0f} s "
        f"({statements / took.seconds:,.0f}/s), peak {took.peak:.0f} MB."
    )


def show(jobs: int) -> None:
    kept = json.loads(NOTES.read_text())
    measured = sorted((Measured(**m) for m in kept.values() if isinstance(m, dict)), key=lambda m: m.statements)
    notes = [linearity(measured), cost(measured[-1]), *(kept[name] for name in ("killed", "skewed") if name in kept)]
    lines = ["| statements | seconds | of processor | statements/s | peak memory |", "|---|---|---|---|---|"]
    lines += [
        f"| {m.statements:,} | {m.seconds:,.1f} | {m.cpu:,.1f} | {m.statements / m.seconds:,.0f} | {m.peak:.0f} MB |"
        for m in measured
    ]
    draw(measured, ROOT / "benchmarks" / "growth.svg")
    what = f"`stance score --unit line --jobs {jobs}`, memory of all processes."
    head = f"{machine('stance', 'numpy', 'joblib', 'pyarrow')}; {what}"
    text = "\n\n".join([head, "\n".join(lines), *notes, "![time and memory against statements](growth.svg)"])
    print(text)
    write_section("growth", text)


def draw(measured: list[Measured], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "stance"
    from matplotlib import pyplot

    n = [m.statements for m in measured]
    figure, (time_, space) = pyplot.subplots(1, 2, figsize=(9, 3.8))
    time_.loglog(n, [m.seconds for m in measured], "o-", color="tab:red")
    last = measured[-1]
    time_.loglog(n, [last.seconds * x / last.statements for x in n], ":", color="0.6", label="linear")
    time_.set(xlabel="statements", ylabel="seconds")
    time_.legend(frameon=False)
    space.semilogx(n, [m.peak for m in measured], "o-", color="tab:red")
    space.axhline(600, ls=":", color="0.6")
    space.set(xlabel="statements", ylabel="peak memory, MB, all processes", ylim=(0, 700))
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
