"""What was measured against what was promised: the section "targets" of benchmarks/README.md.

    python benchmarks/targets.py [--into FOLDER]

Judges the figures that run.py, peers.py and growth.py kept in measured.json; what none has measured yet is left open.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from page import into, measured, table, write_section

OURS = ("stance", "stance, words alone", "stance, speakers too")


class Target(NamedTuple):
    """What was promised, what was measured, and whether that keeps it."""

    what: str
    promised: str
    found: str
    kept: bool


def main() -> None:
    """Judge, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    into(parser)
    folder = parser.parse_args().into
    kept = measured(folder)
    judges = {"speed": speed, "peers": peers, "growth": growth}
    targets = chain.from_iterable(judge(kept[name]) for name, judge in judges.items() if name in kept)
    text = table(
        ("what", "target", "measured", "kept"),
        [(*target[:3], "yes" if target.kept else "**no**") for target in targets],
    )
    if missing := [name for name in judges if name not in kept]:
        text += f"\n\nNot measured yet: {', '.join(missing)}."
    print(text)
    write_section(folder, "targets", text)


def speed(f: dict[str, float]) -> Iterator[Target]:
    """Starts as shares of an import, scoring beside counting: ratios, because machines differ."""
    base = "`import sklearn.linear_model`"
    for name, what, most in (("help", "`stance --help`", 0.25), ("score", "cold `stance score` of an article", 0.5)):
        share = f[name] / f["sklearn"]
        yield Target(f"{what}, ratio to {base}", f"<= {most}", f"{share:.2f}", share <= most)
    ratio = f["rate"] / f["counted"]
    yield Target("scoring, ratio to CountVectorizer's words and pairs", ">= 1.0", f"{ratio:.2f}", ratio >= 1)
    yield Target("default table", "<= 8 MB", f"{f['model']:.2f} MB", f["model"] <= 8)


def peers(f: dict[str, dict[str, Any]]) -> Iterator[Target]:
    """Speed and accuracy beside others."""
    measured = {name: found for name, found in f.items() if "failed" not in found}
    for name, least in (("stance", 30_000), ("stance, words alone", 70_000)):
        if name in measured:
            rate = measured[name]["rate"]
            yield Target(f"{name}: statements/s of one core", f">= {least:,}", f"{rate:,.0f}", rate >= least)
    if "stance" not in measured:
        return
    if behind := measured.get("fastText", {}).get("behind"):
        found = "{:+.3f} ({:+.3f} to {:+.3f})".format(*behind)
        yield Target("macro-F1 above fastText's", "interval above 0", found, behind[1] > 0)
    others = {name: found for name, found in measured.items() if name not in OURS}
    for name in ("stance", "stance, words alone"):
        if ours := measured.get(name):
            better = [o for o, t in others.items() if t["rate"] >= ours["rate"] and t["f1"] >= ours["f1"]]
            yield Target(
                f"peers both faster and more accurate than {name}", "none", ", ".join(better) or "none", not better
            )
    missing = [name for name, found in f.items() if "failed" in found]
    yield Target(
        "peers that could be measured", "all", f"all but {', '.join(missing)}" if missing else "all", not missing
    )


def growth(f: dict[str, Any]) -> Iterator[Target]:
    """Time, memory and ends of long runs."""
    runs, jobs = f["runs"], f["jobs"]
    largest = runs[-1]
    n, rate = largest["statements"], largest["statements"] / largest["seconds"]
    found = f"{n:,} in {largest['seconds']:,.0f} s ({rate:,.0f}/s)"
    yield Target(f"largest corpus scored with {jobs} jobs", "10,000,000", found, n >= 10**7)
    peak = max(run["peak"] for run in (*runs, *([f["skewed"]] if "skewed" in f else [])))
    yield Target(f"peak memory of all processes, {jobs} jobs", "<= 600 MB", f"{peak:.0f} MB", peak <= 600)
    if time := f.get("time", {}).get("cpu"):
        k = time["exponent"]
        yield Target("exponent of time over statements", "0.95 to 1.05", f"{k:.3f}", 0.95 <= k <= 1.05)
    if killed := f.get("killed"):
        found = f"{'same' if killed['same'] else 'other'} bytes, {killed['statements']:,} statements"
        yield Target("killed by `kill -9` and resumed", "same bytes", found, killed["same"])
    if skewed := f.get("skewed"):
        # A batch takes a second or so; a document scored whole would hold up everything for a minute.
        what = f"longest wait for output, {skewed['megabytes']:g} MB among {skewed['documents']:,} documents"
        yield Target(what, "<= 15 s", f"{skewed['wait']:.1f} s", skewed["wait"] <= 15)


if __name__ == "__main__":
    main()
