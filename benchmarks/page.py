"""benchmarks/README.md: each benchmark writes its own section between two markers."""

from __future__ import annotations

import json
import platform
import re
import sys
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "benchmarks" / "README.md"


def write_section(name: str, text: str) -> None:
    """Put a text between the markers of a section, which stand in the page."""
    page = PAGE.read_text(encoding="utf-8")
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = page.partition(start)
    if not found:
        sys.exit(f"{PAGE} has no section {name}")
    PAGE.write_text(f"{before}{start}{text.strip()}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


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
