"""How time and memory grow with the corpus, how a killed run ends, and what one huge document does.

    python benchmarks/growth.py [--least 3] [--most 6] [--jobs 2] [--kill [POWER]] [--skew [N]] [--into FOLDER]

Scores synthetic corpora of 10^LEAST to 10^MOST statements, drawn with a seed from data/corpus, by the command
`stance score --unit line --jobs N --out FOLDER`, and takes time and memory of all its processes; small ones several
times. --kill ends a run on 10^POWER statements (the largest corpus) half-way by `kill -9`, resumes it and compares the
files; --skew puts one document of 50 MB among N small ones. Writes section "growth" of benchmarks/README.md and
growth.svg. 10^7 with --kill and --skew takes some 50 minutes of two idle cores and 6 GB of disk; what is measured is
kept after each step.
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
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from page import corpus_texts, into, keep, machine, table, write_section

SEED = 1
SMALL = 10**5
"""Statements of a corpus that is scored several times, because chance and the start weigh much there."""
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
    parser.add_argument("--rounds", type=int, default=3, help=f"Runs on each corpus of up to {SMALL:,} statements.")
    parser.add_argument("--kill", type=int, nargs="?", const=0, metavar="POWER", help="Corpus to be killed on [MOST].")
    parser.add_argument("--skew", type=int, nargs="?", const=10**6, metavar="N", help="[1,000,000]")
    parser.add_argument("--megabytes", type=float, default=50, help="Size of the document among them.")
    parser.add_argument("--scratch", type=Path, help="Folder for corpora and scores [a temporary one].")
    into(parser)
    options = parser.parse_args()
    found: dict[str, Any] = {"jobs": options.jobs, "runs": []}
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        base = Path(folder)
        for power in range(options.least, options.most + 1):
            rounds = options.rounds if 10**power <= SMALL else 1
            found["runs"].append(asdict(grow(10**power, base, options.jobs, rounds)))
            keep(options.into, "growth", found)
        if options.kill is not None:
            whole = found["runs"][(options.kill or options.most) - options.least]
            found["killed"] = killed(Measured(**whole), base, options.jobs)
            keep(options.into, "growth", found)
        if options.skew:
            found["skewed"] = skewed(base, options.jobs, options.skew, options.megabytes)
            keep(options.into, "growth", found)
    found["time"] = growth([Measured(**run) for run in found["runs"]])
    keep(options.into, "growth", found)
    show(found, options.into)


def grow(n: int, base: Path, jobs: int, rounds: int) -> Measured:
    """Score a corpus of n statements, once or several times; medians."""
    corpus, out = base / f"{n}.jsonl", base / f"{n}"
    write(corpus, rows(n))
    runs = []
    for _ in range(rounds):
        shutil.rmtree(out, ignore_errors=True)
        runs.append(run(n, command(corpus, out, jobs)))
    found = Measured(n, *(statistics.median(getattr(r, name) for r in runs) for name in ("seconds", "cpu", "peak")))
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


def run(n: int, words: list[str], look: Callable[[], object] | None = None) -> Measured:
    """Run a command to its end, and ``look`` now and then; what it took."""
    start, before, peak = time.perf_counter(), spent(), 0.0
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        if look:
            look()
        # Looking takes time too, which is little in a long run.
        time.sleep(0.25 if look else min(2.0, 0.25 + (time.perf_counter() - start) / 100))
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


def growth(measured: list[Measured]) -> dict[str, dict[str, float]]:
    """How seconds by the clock and of processor grow: the plain slope, and fit `a + b n^k` without the fixed cost."""
    n = np.array([m.statements for m in measured], float)
    times = {name: np.array([getattr(m, name) for m in measured]) for name in ("seconds", "cpu")}
    return {name: fitted(n, t) for name, t in times.items()} if len(n) > 3 else {}


def fitted(n: np.ndarray, t: np.ndarray) -> dict[str, float]:
    """Least squares of the relative errors of t = a + b n^k, and the slope of log t over log n.

    >>> found = fitted(np.array([1e3, 1e4, 1e5, 1e6]), 2 + np.array([1.0, 10.0, 100.0, 1000.0]))
    >>> {name: round(x, 3) for name, x in found.items()}
    {'slope': 0.85, 'fixed': 2.0, 'exponent': 1.0}
    """
    from scipy.optimize import curve_fit

    x, y = np.log(n), np.log(t)
    first = (t.min() / 2, np.log(t.max() / n.max()), 1.0)
    bounds = ([0, -np.inf, 0], [t.min(), np.inf, 3])
    (fixed, _, exponent), _ = curve_fit(
        lambda x, a, b, k: np.logaddexp(np.log(a), b + k * x), x, y, first, bounds=bounds
    )
    return {"slope": float(np.polyfit(x, y, 1)[0]), "fixed": float(fixed), "exponent": float(exponent)}


def told(time_: dict[str, dict[str, float]]) -> str:
    """How time grows, in words."""
    if not time_:
        return "Too few corpora to tell how time grows."
    said = [
        f"{name}: a = {f['fixed']:.1f} s, k = {f['exponent']:.3f}, plain slope {f['slope']:.3f}"
        for name, f in (("of processor", time_["cpu"]), ("by the clock", time_["seconds"]))
    ]
    return (
        f"Time as a + b n^k, fitted to all sizes by the least relative errors; {'; '.join(said)}. a is the start of "
        "the processes, which weighs most in small runs; k is how time grows without it, and the plain slope of log "
        "time over log n is what it looks like with it. Other work on the machine changes time of processor least."
    )


def cost(largest: Measured) -> str:
    """Processor time and money for 100 million statements at the rate of the largest run."""
    hours, rate = largest.cpu / largest.statements * 1e8 / 3600, largest.statements / largest.cpu
    return (
        f"100 million statements take {hours:,.1f} hours of one core at the {rate:,.0f}/s of the largest run; at "
        f"{PRICE:.2f} a core and hour, {hours * PRICE:,.2f}."
    )


def killed(whole: Measured, base: Path, jobs: int) -> dict[str, Any] | None:
    """Score a corpus again, kill the run half-way, resume it, and compare the files byte by byte."""
    n = whole.statements
    corpus, out = base / f"{n}.jsonl", base / "killed"
    start = time.perf_counter()
    process = subprocess.Popen(command(corpus, out, jobs), stderr=subprocess.DEVNULL)
    while safe(out) < n / 2 and time.perf_counter() - start < whole.seconds / 2:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    if process.wait() != -signal.SIGKILL:
        print("the run ended before it could be killed", file=sys.stderr)
        return None
    before = safe(out)
    resumed = run(n, command(corpus, out, jobs, "--resume"))
    same = digests(out) == digests(base / f"{n}")
    print(f"killed with {before:,} safe, resumed: {'same' if same else 'DIFFERENT'}", flush=True)
    return {"statements": n, "safe": before, "seconds": resumed.seconds, "files": len(digests(out)), "same": same}


def safe(out: Path) -> int:
    """Statements that a run has safe on the disk."""
    note = out / "_run.json"
    return int(json.loads(note.read_text())["statements"]) if note.exists() else 0


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def skewed(base: Path, jobs: int, n: int, megabytes: float) -> dict[str, Any]:
    """One large document after the first tenth of n small ones; wait: the longest time without any new output."""
    corpus, out = base / "skew.jsonl", base / "skew.jsonl.out.jsonl"
    texts, draw = [text for text in corpus_texts() if max(text) < "\U00010000"], random.Random(SEED)
    paragraphs: list[str] = []
    size = 0
    while size < megabytes * 1e6:
        paragraphs.append(" ".join(draw.choices(texts, k=5)))
        size += len(paragraphs[-1].encode()) + 2
    found = rows(n)
    with corpus.open("w", encoding="utf-8") as file:
        for row in [*islice(found, n // 10), {"id": "large", "text": "\n\n".join(paragraphs)}]:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
    watch = Watch(out.with_name(f".{out.name}.part"))
    took = run(n, [word for word in command(corpus, out, jobs) if word not in ("--unit", "line")], watch)
    statements = json.loads(out.with_name(f"{out.name}.run.json").read_text())["statements"]
    print(f"skewed: {statements:,} statements in {took.seconds:.0f} s, {took.peak:.0f} MB", flush=True)
    kept = {"documents": n, "megabytes": megabytes, "statements": statements, "wait": watch.longest}
    return kept | {"seconds": took.seconds, "peak": took.peak}


class Watch:
    """Looks at a file that grows; longest: the most seconds, from its first byte on, in which it did not."""

    def __init__(self, path: Path) -> None:
        self._path, self._size, self._since, self.longest = path, 0, 0.0, 0.0

    def __call__(self) -> None:
        now, size = time.perf_counter(), self._path.stat().st_size if self._path.exists() else 0
        if size > self._size:
            self._size, self._since = size, now
        elif self._size:
            self.longest = max(self.longest, now - self._since)


def show(found: dict[str, Any], folder: Path) -> None:
    """Print and write the section and the picture."""
    measured = [Measured(**run) for run in found["runs"]]
    notes = [told(found["time"]), cost(measured[-1])]
    if k := found.get("killed"):
        alike = "identical byte for byte to" if k["same"] else "DIFFERENT from"
        notes.append(
            f"Of {k['statements']:,} statements, killed by `kill -9` with {k['safe']:,} safe on the disk and resumed "
            f"in {k['seconds']:.0f} s: {k['files']} files, {alike} those of the unbroken run."
        )
    if s := found.get("skewed"):
        notes.append(
            f"One document of {s['megabytes']:g} MB among {s['documents']:,} of one sentence: {s['statements']:,} "
            f"statements in {s['seconds']:.0f} s ({s['statements'] / s['seconds']:,.0f}/s), peak {s['peak']:.0f} MB; "
            f"the longest wait for new output was {s['wait']:.1f} s."
        )
    head = ("statements", "seconds", "of processor", "statements/s", "peak memory")
    rows = [
        (
            f"{m.statements:,}",
            f"{m.seconds:,.1f}",
            f"{m.cpu:,.1f}",
            f"{m.statements / m.seconds:,.0f}",
            f"{m.peak:.0f} MB",
        )
        for m in measured
    ]
    draw(measured, folder / "growth.svg")
    what = f"`stance score --unit line --jobs {found['jobs']}`, memory of all processes."
    first = f"{machine('stance', 'numpy', 'joblib', 'pyarrow')}; {what}"
    text = "\n\n".join([first, table(head, rows), *notes, "![time and memory against statements](growth.svg)"])
    print(text)
    write_section(folder, "growth", text)


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
