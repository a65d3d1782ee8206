"""README and docs say what the program does: their transcripts are run, their Python too, their links exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from transcripts import ROOT, documents, matches, transcripts

TEXTS = [*documents(), ROOT / "CHANGELOG.md", ROOT / "data" / "README.md", *sorted(ROOT.glob("experiments/**/*.md"))]
ALL = [transcript for document in documents() for transcript in transcripts(document)]
PYTHON = [
    pytest.param(block[1], id=f"{document.name}:{document.read_text(encoding='utf-8')[: block.start()].count(chr(10))}")
    for document in documents()
    for block in re.finditer(r"^```python\n(.*?)^```$", document.read_text(encoding="utf-8"), re.M | re.S)
]


@pytest.mark.parametrize("transcript", ALL, ids=lambda t: t.place)
def test_transcripts_show_what_the_commands_print(transcript):
    for (command, said), printed in zip(transcript.steps, transcript.replay(), strict=True):
        assert matches(said, printed), f"{transcript.place}: {command} printed\n{printed}"


@pytest.mark.parametrize("code", PYTHON)
def test_python_in_the_docs_runs_and_prints_what_it_says(code, tmp_path):
    """Lines ``# -> text`` say what the line above printed."""
    said = re.findall(r"# -> (.*)", code)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == said


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path}: {target}"


def test_the_readme_names_every_make_target():
    targets = set(re.findall(r"^(\w+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {t for t in targets if f"make {t}" not in readme} <= {"help", "clean", "setup"}
