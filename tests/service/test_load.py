"""The load script in its short form: no request is lost, and what is asked for is measured."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_load_script_measures_the_service_beside_an_echo(tmp_path):
    command = [sys.executable, "benchmarks/service.py", "--seconds", "0.5", "--clients", "8", "--without-mlflow"]
    out = tmp_path / "load.md"
    subprocess.run([*command, "--out", str(out)], cwd=ROOT, check=True, capture_output=True, timeout=120)
    said = out.read_text(encoding="utf-8")
    assert "- Errors: 0." in said
    assert said.count("| stance: ") == 3
