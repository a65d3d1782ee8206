"""The labelling loop: by itself, and at a real terminal that is killed."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.errors import InputError, UsageError
from stance.improve.label import Answers, label, label_keys
from stance.improve.pool import Candidate
from stance.model.corpus import read_labelled

LABELS = ("conciliatory", "hawkish", "neutral")
POOL = [Candidate(f"pool.csv:{i + 2}", f"Statement number {i} of the ministry.") for i in range(8)]
RUN = "import typer; from stance.commands import register; app = typer.Typer(); register(app); app()"


def work(keys, path, pool=POOL, **options):
    """Label with these keys pressed; what was shown, and what came of it."""
    pressed, shown = iter(keys), []
    outcome = label(pool, Answers(path), LABELS, ask=lambda: next(pressed, ""), show=shown.append, **options)
    return outcome, shown


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_key_gives_the_stance_and_a_digit_the_tone(tmp_path) -> None:
    path = tmp_path / "labels.jsonl"
    outcome, _ = work("h1c7n4h\r", path)
    assert [(r["stance"], r["tone"]) for r in rows(path)] == [
        ("hawkish", -3), ("conciliatory", 3), ("neutral", 0), ("hawkish", None),
    ]  # fmt: skip
    assert [r["text"] for r in rows(path)] == [c.text for c in POOL[:4]]
    assert (outcome.labelled, outcome.now, outcome.left) == (4, 4, 4)


def test_keys_that_mean_nothing_are_passed_over(tmp_path) -> None:
    work("xH?9z3", tmp_path / "labels.jsonl")
    assert [(r["stance"], r["tone"]) for r in rows(tmp_path / "labels.jsonl")] == [("hawkish", -1)]


def test_undo_takes_back_one_after_the_other_and_asks_again(tmp_path) -> None:
    path = tmp_path / "labels.jsonl"
    _, shown = work("h1c2uun4", path)
    assert [(r["text"], r["stance"]) for r in rows(path)] == [(POOL[0].text, "neutral")]
    assert shown.count("  taken back") == 2
    assert "  nothing to undo" in work("uu", path)[1]


def test_undo_at_the_tone_asks_for_the_stance_again_and_quit_keeps_neither(tmp_path) -> None:
    path = tmp_path / "labels.jsonl"
    work("huc5hq", path)
    assert [(r["stance"], r["tone"]) for r in rows(path)] == [("conciliatory", 1)]


def test_skipped_statements_come_back_in_the_next_round(tmp_path) -> None:
    path = tmp_path / "labels.jsonl"
    outcome, _ = work("sh4", path)
    assert rows(path)[0]["text"] == POOL[1].text
    assert outcome.left == 7
    work("n4", path)
    assert [r["text"] for r in rows(path)] == [POOL[1].text, POOL[0].text]


def test_without_tone_no_tone_is_asked_for(tmp_path) -> None:
    work("hcn", tmp_path / "labels.jsonl", tone=False)
    assert [r["tone"] for r in rows(tmp_path / "labels.jsonl")] == [None] * 3


def test_the_labels_train_a_model(tmp_path) -> None:
    work("h1c7n4h1c7n4", tmp_path / "labels.jsonl")
    frame = read_labelled([tmp_path / "labels.jsonl"])
    assert frame["label"].value_counts().to_dict() == {"hawkish": 2, "conciliatory": 2, "neutral": 2}
    assert frame["tone"].tolist() == [-3, 3, 0] * 2


def test_a_line_that_was_cut_off_is_dropped_and_the_rest_kept(tmp_path) -> None:
    path = tmp_path / "labels.jsonl"
    work("h1c7", path)
    path.write_bytes(path.read_bytes()[:-5])
    work("n4", path)
    assert [(r["text"], r["stance"]) for r in rows(path)] == [(POOL[0].text, "hawkish"), (POOL[1].text, "neutral")]


def test_a_file_of_something_else_is_not_written_to(tmp_path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text('{"text": "a"}\n')
    with pytest.raises(InputError, match=r"notes\.jsonl:1: not a label"):
        Answers(path)
    assert path.read_text() == '{"text": "a"}\n'


def test_a_folder_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        work("h1", tmp_path / "nowhere" / "labels.jsonl")


def test_every_label_has_a_key_of_its_own() -> None:
    keys = label_keys(["undo", "skip", "quit", "hawkish", "hostile", "éé", "123"])
    assert len(keys) == 7
    assert not {"u", "s", "q"} & set(keys)
    with pytest.raises(UsageError, match="30 labels are too many"):
        label_keys([f"label {i}" for i in range(30)])


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="hcnusq1247\r x", max_size=60))
def test_whatever_is_pressed_the_file_holds_what_was_answered(tmp_path_factory, keys) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.jsonl"
    outcome, shown = work(keys, path)
    kept = rows(path) if path.exists() else []
    assert len({r["text"] for r in kept}) == len(kept) == outcome.labelled
    assert Answers(path).rows == kept
    assert outcome.labelled + outcome.left == len(POOL)
    assert len(shown) > 0


class Terminal:
    """`stance label` at a terminal of its own."""

    def __init__(self, *arguments):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, "label", *arguments, *(f"--label={name}" for name in LABELS)],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=self._sit_down,
        )  # fmt: skip
        os.close(slave)
        self.text = ""

    @staticmethod
    def _sit_down():
        """Take the terminal, and hear Ctrl-C even where the tests run in the background, which a shell makes deaf."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def wait_for(self, text, seconds=30):
        end = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < end, f"no {text!r} in {self.text!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                self.text += os.read(self.master, 65536).decode(errors="replace")
        self.text = self.text.split(text, 1)[1]

    def press(self, keys):
        os.write(self.master, keys.encode())

    def close(self):
        code = self.process.wait(timeout=30)
        os.close(self.master)
        return code


@pytest.fixture
def pool(tmp_path):
    path = tmp_path / "next.csv"
    path.write_text("text,stance,tone,place\n" + "".join(f"{c.text},,,{c.place}\n" for c in POOL))
    return path


def test_nothing_is_lost_when_it_is_killed_and_it_goes_on_where_it_was(pool) -> None:
    labels = pool.with_name("next.labels.jsonl")
    for done, stance in enumerate(("hawkish", "conciliatory", "neutral"), start=1):
        terminal = Terminal(str(pool))
        terminal.wait_for(f"[{done}/8] {POOL[done - 1].text}")
        terminal.press(stance[0])
        terminal.wait_for("tone?")
        terminal.press("5")
        terminal.wait_for(f"{stance}, tone +1")
        os.kill(terminal.process.pid, signal.SIGKILL)
        assert terminal.close() == -signal.SIGKILL
        assert [r["stance"] for r in rows(labels)] == ["hawkish", "conciliatory", "neutral"][:done]
        assert all(r["tone"] == 1 for r in rows(labels))


def test_a_kill_between_stance_and_tone_loses_only_that_question(pool) -> None:
    terminal = Terminal(str(pool))
    terminal.wait_for("[1/8]")
    terminal.press("h5c")  # typed ahead: every key counts
    terminal.wait_for("conciliatory; tone?")
    os.kill(terminal.process.pid, signal.SIGKILL)
    terminal.close()
    assert [r["stance"] for r in rows(pool.with_name("next.labels.jsonl"))] == ["hawkish"]


def test_control_c_stops_it_with_all_answers_kept_and_the_terminal_as_before(pool) -> None:
    terminal = Terminal(str(pool), "--no-tone")
    before = termios.tcgetattr(terminal.master)
    terminal.wait_for("[1/8]")
    terminal.press("h\x1b[An\x1bOA")  # an arrow key is no answer
    terminal.wait_for("[3/8]")
    terminal.press("c\x03h")  # what was typed before it counts
    terminal.process.wait(timeout=30)
    assert termios.tcgetattr(terminal.master)[3] == before[3]
    assert termios.tcgetattr(terminal.master)[6] == before[6]
    assert terminal.close() != 0
    assert [r["stance"] for r in rows(pool.with_name("next.labels.jsonl"))] == ["hawkish", "neutral", "conciliatory"]


def test_an_interrupt_that_another_program_sends_stops_it_too(pool) -> None:
    terminal = Terminal(str(pool), "--no-tone")
    terminal.wait_for("[1/8]")
    terminal.press("h")
    terminal.wait_for("[2/8]")
    end = time.monotonic() + 30
    while terminal.process.poll() is None and time.monotonic() < end:  # one just before the wait for a key goes unheard
        terminal.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
    assert terminal.close() != 0
    assert [r["stance"] for r in rows(pool.with_name("next.labels.jsonl"))] == ["hawkish"]


def test_the_session_in_the_docs_runs_as_it_is_shown(tmp_path) -> None:
    """In the block marked ``keys``, lines after ``>`` are pressed, the others are shown."""
    shown = re.search(r"^```keys\n(.*?)^```$", Path("docs/trust.md").read_text(encoding="utf-8"), re.M | re.S)[1]
    statements = dict(re.findall(r"^\[(\d)/3\] (.+)$", shown, re.M))
    assert len(statements) == 3
    path = tmp_path / "next.csv"
    path.write_text("text,stance,tone,place\n" + "".join(f'"{text}",,,\n' for text in statements.values()))
    terminal = Terminal(str(path))
    for line in filter(None, shown.splitlines()):
        if line.startswith("> "):
            terminal.press(line[2:])
        else:
            terminal.wait_for(line)
    assert terminal.close() == 0
    assert [(r["stance"], r["tone"]) for r in rows(tmp_path / "next.labels.jsonl")] == [("hawkish", -2), ("neutral", 0)]


def test_without_a_terminal_it_says_so() -> None:
    command = [sys.executable, "-c", RUN, "label", "examples/strait.txt"]
    done = subprocess.run(command, input="h", capture_output=True, text=True, check=False)
    assert "stance label: needs a terminal to read keys from" in done.stderr
