"""Every benchmark in its short form: it measures, keeps what it measured, and the targets are judged from that."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """Run a benchmark into a folder that all tests share; what it printed."""
    folder = tmp_path_factory.mktemp("bench")

    def bench(script, *options):
        words = [sys.executable, f"benchmarks/{script}.py", *options, "--into", str(folder)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True, timeout=300, env=environment)
        return done.stdout

    bench.folder = folder
    return bench


def kept(bench, section):
    return json.loads((bench.folder / "measured.json").read_text())[section]


def test_starts_and_speed_are_measured(bench):
    said = bench("run", "--rounds", "1", "--statements", "300")
    assert said.count("ms |") == 3
    assert min(kept(bench, "speed").values()) > 0


def test_peers_learn_the_same_and_the_reason_is_given_for_one_that_cannot(bench):
    bench("peers", "--quick", "--rounds", "1", "--only", "stance", "TF-IDF words", "SetFit")
    found = kept(bench, "peers")
    assert found["stance"]["f1"] > found["TF-IDF words"]["f1"]
    assert found["TF-IDF words"]["behind"][0] == pytest.approx(found["stance"]["f1"] - found["TF-IDF words"]["f1"])
    page = (bench.folder / "README.md").read_text()
    assert "| TF-IDF words |" in page
    assert "fastText was left out." in page
    assert ("SetFit is missing: ModuleNotFoundError" in page) == ("failed" in found["SetFit"])
    assert (bench.folder / "peers.svg").read_text().count("TF-IDF") > 0


def test_growth_is_measured_and_a_killed_run_ends_in_the_same_bytes(bench):
    said = bench("growth", "--least", "2", "--most", "3", "--rounds", "1", "--kill", "--skew", "50", "--megabytes", "1")
    found = kept(bench, "growth")
    assert [run["statements"] for run in found["runs"]] == [100, 1000]
    assert all(0 < run["peak"] < 600 and run["cpu"] > 0 for run in found["runs"])
    assert found["killed"] is None or found["killed"]["same"]
    assert found["skewed"]["statements"] > 1000
    assert "Too few corpora" in said
    assert (bench.folder / "growth.svg").exists()


def test_the_exponent_is_found_behind_a_fixed_cost():
    words = [sys.executable, "-m", "doctest", "benchmarks/growth.py"]
    subprocess.run(words, cwd=ROOT, check=True, env={**os.environ, "PYTHONPATH": str(ROOT / "benchmarks")})


def test_targets_are_judged_from_what_was_measured(bench):
    figures = {
        "growth": {
            "jobs": 2,
            "runs": [{"statements": 10**7, "seconds": 100.0, "cpu": 190.0, "peak": 700.0}],
            "time": {"cpu": {"exponent": 1.01, "slope": 0.8, "fixed": 1.0}},
            "killed": {"statements": 10**7, "same": False},
        }
    }
    (bench.folder / "measured.json").write_text(json.dumps(figures))
    said = bench("targets")
    assert "| largest corpus scored with 2 jobs | 10,000,000 | 10,000,000 in 100 s (100,000/s) | yes |" in said
    assert "| peak memory of all processes, 2 jobs | <= 600 MB | 700 MB | **no** |" in said
    assert "| exponent of time over statements | 0.95 to 1.05 | 1.010 | yes |" in said
    assert "| killed by `kill -9` and resumed | same bytes | other bytes, 10,000,000 statements | **no** |" in said
    assert "Not measured yet: speed, peers." in said
    assert said.strip() in (bench.folder / "README.md").read_text()
