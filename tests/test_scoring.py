"""`stance score --out`: a corpus of any size on the command line, with progress, rejects and exit codes."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from stance.scaling import Progress, Talk

STANCE = [sys.executable, "-m", "stance.cli", "score"]
ROWS = "".join(json.dumps({"id": i, "text": f"We will talk on day {i}. They will not."}) + "\n" for i in range(300))


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "rows.jsonl").write_text(ROWS)
    return tmp_path / "rows.jsonl"


def score(*arguments, **options):
    return subprocess.run([*STANCE, *map(str, arguments)], check=False, capture_output=True, text=True, **options)


def test_the_file_is_what_the_command_would_have_printed(corpus, tmp_path):
    out = tmp_path / "out.jsonl"
    done = score(corpus, "--out", out, "--jobs", 2, "--min-confidence", 0.7)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"600 statements of 300 documents in {out} (")
    assert done.stderr.count("\n") == 1
    assert out.read_text() == score(corpus, "--min-confidence", 0.7, "--format", "jsonl").stdout


def test_what_was_rejected_is_counted_and_makes_the_exit_code(corpus, tmp_path):
    corpus.write_text(ROWS + "no JSON\n")
    done = score(corpus, "--out", tmp_path / "out.csv")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == f"1 rejected: see {tmp_path / 'out.csv.rejects.jsonl'}"
    again = score(corpus, "--out", tmp_path / "out.csv", "--resume")
    assert again.returncode == 3
    assert again.stderr.startswith(f"600 statements of 300 documents in {tmp_path / 'out.csv'}\n")


def test_standard_input_can_be_scored_into_parts(tmp_path):
    done = score("-", "--out", tmp_path / "out", input=ROWS)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "part-000000.parquet").exists()


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--jobs", "2"], "--jobs: goes with --out only: add --out"),
        (["--resume"], "--resume: goes with --out only: add --out"),
        (["--engine", "spark"], "--engine: goes with --out only: add --out"),
        (["--out", "o.csv", "--master", "local"], "--master: goes with --engine only"),
        (["--out", "o", "--engine", "spark", "--jobs", "2"], "--engine: does not go with --jobs"),
        (["--out", "o.csv", "--summary", "speaker"], "--out: does not go with --summary"),
        (["--out", "o.csv", "--format", "csv"], "--out: does not go with --format"),
        (["--out", "o.doc"], "--out o.doc: neither .jsonl nor .csv nor a folder: name a file that ends in"),
        (["--out", "o.csv", "--engine", "spark"], "--out o.csv: Spark writes a new folder: name one"),
    ],
)
def test_options_that_do_not_go_together_are_refused(corpus, tmp_path, options, what):
    done = score(corpus, *options, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"stance: {what}")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [corpus]


def test_a_run_that_is_interrupted_ends_with_its_processes_and_can_go_on(tmp_path):
    path, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    path.write_text(
        "".join(json.dumps({"text": f"We will talk on day {i}. They will not."}) + "\n" for i in range(20_000))
    )
    words = [*STANCE, str(path), "--out", str(out), "--jobs", "2"]
    run = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    part = out.with_name(".out.jsonl.part")
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    said = run.communicate(timeout=60)[1]  # ends when the last process that holds the stream has ended
    assert run.returncode == 130
    assert said == "stance: stopped: go on with --resume\n"
    assert not out.exists()
    assert score(path, "--out", out, "--jobs", 2, "--resume").returncode == 0
    assert out.read_text().count("\n") == 40_000


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_told_on_one_line_of_a_terminal_and_seldom_elsewhere(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    terminal, file = Terminal(), io.StringIO()
    with Talk(terminal) as one, Talk(file) as other:
        for second in range(1, 62):
            clock[0] = float(second)
            for talk in (one, other):
                talk(Progress(second * 1000, 0, float(second), second / 100))
    assert terminal.getvalue().count("\n") == 0
    assert "\r61,000 statements, 1,000/s, 61% of the corpus, 39 s left" in terminal.getvalue()
    assert file.getvalue().splitlines() == [
        "30,000 statements, 1,000/s, 30% of the corpus, 1 min 10 s left",
        "60,000 statements, 1,000/s, 60% of the corpus, 40 s left",
    ]


def test_what_is_read_is_never_written_over(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<p>We offer talks.</p>")
    for read in (page, tmp_path, tmp_path / "*.html"):
        done = score(read, "--html", page)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"stance: --html {page}: is the data itself: name another file\n"
    drawing = tmp_path / "text.svg"
    drawing.write_text("We offer talks.")
    assert score(drawing, "--summary", "document", "--plot", drawing).returncode == 2
    assert page.read_text() == "<p>We offer talks.</p>"
    assert drawing.read_text() == "We offer talks."
