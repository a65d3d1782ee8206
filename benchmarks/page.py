"""benchmarks/README.md: each benchmark writes its own section between two markers."""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
HERE = ROOT / "benchmarks"


def into(parser: argparse.ArgumentParser) -> None:
    """The option that a trial writes elsewhere with."""
    parser.add_argument("--into", type=Path, default=HERE, metavar="FOLDER", help="Where to write [benchmarks].")


def write_section(folder: Path, name: str, text: str) -> None:
    """Put a text between the markers of a section, which stand in the page; a folder without one gets a copy."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "README.md"
    content = (page if page.exists() else HERE / "README.md").read_text(encoding="utf-8")
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = content.partition(start)
    if not found:
        sys.exit(f"{page} has no section {name}")
    page.write_text(f"{before}{start}{text.strip()}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def measured(folder: Path) -> dict[str, Any]:
    """What was measured: section -> figures, from which the targets are judged."""
    kept = folder / "measured.json"
    return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}  # type: ignore[no-any-return]


def keep(folder: Path, section: str, found: object) -> None:
    """Keep what was measured of a section, instead of what was before."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**measured(folder), section: found}, indent=1, sort_keys=True)
    (folder / "measured.json").write_text(text + "\n", encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def machine(*packages: str) -> str:
    """The date, the machine, and versions of what is installed."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) if sys.platform == "linux" else None
    versions = [f"{name} {found}" for name in packages if (found := _version(name))]
    return (
        f"{date.today()}, {cpu[1] if cpu else platform.processor()}, Python {platform.python_version()}, "
        + ", ".join(versions)
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def corpus_texts() -> list[str]:
    """All texts of data/corpus, in order."""
    files = sorted((ROOT / "data" / "corpus").glob("*.jsonl"))
    return [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def statements_of(words: int, n: int = 20_000) -> list[str]:
    """n statements of about so many words from the corpus, repeated as needed."""
    near = [text for text in corpus_texts() if abs(len(text.split()) - words) <= 2]
    return (near * (n // len(near) + 1))[:n]
