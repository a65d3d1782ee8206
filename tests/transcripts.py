"""The transcripts of README.md and docs/: checked by test_docs.py; run this file to renew them.

A transcript is a fenced block marked ``console``: lines that begin with ``$ `` are commands, the lines below each are
what it printed on both streams. A line of just ``...`` stands for any lines. A block runs in one fresh folder that
holds examples/ and data/ of the repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Transcript:
    """One block: where it stands, and its commands with what they are said to print."""

    place: str
    steps: tuple[tuple[str, str], ...]

    def replay(self) -> list[str]:
        """What the commands print now."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("examples", "data"):
                (Path(folder) / name).symlink_to(ROOT / name)
            return [run(command, Path(folder)) for command, _ in self.steps]


def documents() -> list[Path]:
    """The files that hold transcripts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def transcripts(path: Path) -> Iterator[Transcript]:
    """The transcripts of one file."""
    text = path.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        yield Transcript(f"{path.relative_to(ROOT)}:{line}", tuple(steps(block[1])))


def steps(block: str) -> Iterator[tuple[str, str]]:
    """Commands and outputs of a block."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = f"{command}\n{more}"
        yield command, output


def run(command: str, folder: Path) -> str:
    """Both streams of a command, in a narrow terminal without colours."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "XDG_CACHE_HOME": f"{folder}/.cache",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=600,
    )
    return tidy(done.stdout)


def tidy(output: str) -> str:
    """Without spaces at the ends of lines, which no editor keeps."""
    return "".join(f"{line.rstrip()}\n" for line in output.splitlines())


def matches(said: str, printed: str) -> bool:
    """Whether an output is what the text says, ``...`` standing for any lines.

    >>> matches("a\\n...\\nd\\n", "a\\nb\\nc\\nd\\n"), matches("a\\n", "b\\n")
    (True, False)
    """
    pattern = "".join(r"(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in tidy(said).splitlines())
    return re.fullmatch(pattern, printed) is not None


def renew(path: Path) -> None:
    """Write what the commands print now into a file, except where it says ``...``."""
    text = path.read_text(encoding="utf-8")
    for transcript, block in zip(transcripts(path), list(BLOCK.finditer(text)), strict=True):
        body = ""
        for (command, said), printed in zip(transcript.steps, transcript.replay(), strict=True):
            body += f"$ {command}\n{said if '...' in said.splitlines() else printed}"
        text = text.replace(block[0], f"```console\n{body}```", 1)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for document in documents():
        renew(document)
