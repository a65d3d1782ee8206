"""Label statements one at a time at a terminal; every answer is on the disk before the next question.

Answers go into a file of JSON Lines beside the statements, which ``stance train`` reads: a line an answer, added with
one write and an fsync. Undo cuts off the last line. So whatever stops the loop, the file holds every answer given.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stance.errors import InputError, UsageError
from stance.improve.pool import Candidate, without
from stance.numerals import counted

TONES = {str(number): number - 4 for number in range(1, 8)}
"""Key -> tone: 1 is -3 (violent), 4 is 0 (matter-of-fact), 7 is +3 (warm)."""

UNDO, SKIP, QUIT = "u", "s", "q"
NO_TONE = ("\r", "\n", " ")
# What an arrow or function key sends: an escape and letters, which must not count as keys.
_ESCAPED = re.compile(r"\x1b(?:[\[O][0-9;]*.?)?")

Ask = Callable[[], str]
"""Waits for one key and returns it; an empty string when there is no more input."""


class Answers:
    """The labels given so far, in a file of JSON Lines that is safe against interruption.

    path: the file; it is made with the first answer. A last line that is not whole (power was cut) is dropped.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        self._starts: list[int] = []
        self._end = 0
        if path.exists():
            self._read()

    def _read(self) -> None:
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise _unwritable(self.path, error) from None
        for number, line in enumerate(data.splitlines(keepends=True), start=1):
            if not line.endswith(b"\n"):
                break
            try:
                row = json.loads(line)
                row["text"], row["stance"]
            except (ValueError, KeyError, TypeError):
                remedy = "name another file with --out"
                raise InputError("not a label", place=f"{self.path}:{number}", remedy=remedy) from None
            self.rows.append(row)
            self._starts.append(self._end)
            self._end += len(line)

    def add(self, candidate: Candidate, stance: str, tone: int | None) -> None:
        """Put an answer on the disk. Raises UsageError when it cannot be written."""
        row = {"text": candidate.text, "stance": stance, "tone": tone, "place": candidate.place}
        data = (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")
        self._cut(self._end, data)
        self.rows.append(row)
        self._starts.append(self._end)
        self._end += len(data)

    def undo(self) -> str | None:
        """Take the last answer back; the text that it was for, None when there is none."""
        if not self.rows:
            return None
        self._cut(self._starts[-1])
        self._end = self._starts.pop()
        return str(self.rows.pop()["text"])

    def _cut(self, end: int, data: bytes = b"") -> None:
        """Make the file end at ``end`` and then with ``data``, on the disk."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                os.ftruncate(file, end)
                os.pwrite(file, data, end)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise _unwritable(self.path, error) from None


def _unwritable(path: Path, error: OSError) -> UsageError:
    what = f"cannot be written ({(error.strerror or 'error').lower()})"
    return UsageError(what, place=f"--out {path}", remedy="name a file in a folder you may write to")


def label_keys(labels: Sequence[str]) -> dict[str, str]:
    """Key -> label: the first letter of each label that is still free and no command.

    >>> label_keys(["conciliatory", "hawkish", "neutral"])
    {'c': 'conciliatory', 'h': 'hawkish', 'n': 'neutral'}
    >>> label_keys(["support", "stop", "none"])
    {'p': 'support', 't': 'stop', 'n': 'none'}
    """
    taken, keys = {UNDO, SKIP, QUIT}, {}
    for label in labels:
        letters = [*label.lower(), *"abcdefghijklmnopqrstuvwxyz"]
        free = (letter for letter in letters if letter.isalpha() and letter.isascii() and letter not in taken)
        key = next(free, None)
        if key is None:
            raise UsageError(f"{len(labels)} labels are too many for one key each", remedy="use at most 23")
        taken.add(key)
        keys[key] = label
    return keys


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round of labelling left: labels on the disk, of those the ones given now, and statements still open."""

    labelled: int
    now: int
    left: int

    def __str__(self) -> str:
        labels = counted(self.labelled, "label")
        return f"{labels} ({self.now:,} of them now), {counted(self.left, 'statement')} left"


def label(
    candidates: Sequence[Candidate],
    answers: Answers,
    labels: Sequence[str],
    *,
    ask: Ask,
    show: Callable[[str], None],
    tone: bool = True,
) -> Outcome:
    """Ask for the label of each statement that has none yet, until all are done or the user quits.

    labels: to choose from, a key each (see :func:`label_keys`). tone: ask for it too. ask, show: the terminal.
    A skipped statement is not asked for again in this round; it comes back in the next.
    """
    keys = label_keys(labels)
    before = len(answers.rows)
    waiting = list(without(candidates, [row["text"] for row in answers.rows]))
    total, skipped = len(waiting) + before, 0
    show(legend(keys, tone))
    while waiting:
        show(f"\n[{len(answers.rows) + 1}/{total}] {waiting[0].text}")
        answer = _choice(ask, {*keys, UNDO, SKIP, QUIT})
        if answer == QUIT:
            break
        if answer == SKIP:
            waiting.pop(0)
            skipped += 1
            show("  skipped")
        elif answer == UNDO:
            _take_back(answers, candidates, waiting, show)
        elif not _record(answers, waiting, keys[answer], ask, show, tone):
            break
    return Outcome(len(answers.rows), len(answers.rows) - before, len(waiting) + skipped)


def _record(
    answers: Answers, waiting: list[Candidate], stance: str, ask: Ask, show: Callable[[str], None], tone: bool
) -> bool:
    """Ask for the tone, then write the answer; undo at the tone asks for the stance again. False: the user quits."""
    value = None
    if tone:
        show(f"  {stance}; tone?")
        key = _choice(ask, {*TONES, *NO_TONE, UNDO, QUIT})
        if key in (UNDO, QUIT):
            return key == UNDO
        value = TONES.get(key)
    answers.add(waiting.pop(0), stance, value)
    show(f"  {stance}" + ("" if value is None else f", tone {value:+d}"))
    return True


def _take_back(
    answers: Answers, candidates: Sequence[Candidate], waiting: list[Candidate], show: Callable[[str], None]
) -> None:
    text = answers.undo()
    if text is None:
        show("  nothing to undo")
        return
    again = next((c for c in candidates if c.text == text), None)
    waiting.insert(0, again or Candidate("undone", text))
    show("  taken back")


def _choice(ask: Ask, allowed: set[str]) -> str:
    """The first key that means something; the end of input quits."""
    while True:
        key = ask()
        if key == "":
            return QUIT
        if key.lower() in allowed:
            return key.lower()


def legend(keys: dict[str, str], tone: bool) -> str:
    """What each key does.

    >>> print(legend({"h": "hawkish"}, True))
    h hawkish · u undo · s skip · q quit
    then the tone: 1 violent, 2 harsh, 3 firm, 4 matter-of-fact, 5 open, 6 friendly, 7 warm; Enter: none
    """
    line = " · ".join(f"{key} {what}" for key, what in {**keys, UNDO: "undo", SKIP: "skip", QUIT: "quit"}.items())
    names = ("violent", "harsh", "firm", "matter-of-fact", "open", "friendly", "warm")
    tones = ", ".join(f"{key} {name}" for key, name in zip(TONES, names, strict=True))
    return line + (f"\nthen the tone: {tones}; Enter: none" if tone else "")


@contextmanager
def keyboard() -> Iterator[Ask]:
    """The keys of the terminal as they are pressed, without waiting for Enter; Ctrl-C stops as ever.

    Raises UsageError when standard input is no terminal.
    """
    if not sys.stdin.isatty():
        what, remedy = "needs a terminal to read keys from", "run it by itself, or fill in the csv of `stance suggest`"
        raise UsageError(what, place="stance label", remedy=remedy)
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    keys = _pressed(terminal, before[6][termios.VINTR])
    try:
        # Not raw: output must still return to the left, Ctrl-Z still suspend. What is typed ahead stays.
        tty.setcbreak(terminal, termios.TCSADRAIN)
        # Ctrl-C comes as a key, in its turn: as a signal it would throw away what was typed before it, and would be
        # heard only after the next key when it fell between two instructions just before the wait for one.
        mode = termios.tcgetattr(terminal)
        mode[6][termios.VINTR] = bytes([os.fpathconf(terminal, "PC_VDISABLE")])
        termios.tcsetattr(terminal, termios.TCSADRAIN, mode)
        yield lambda: next(keys, "")
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _pressed(terminal: int, interrupt: bytes) -> Iterator[str]:
    while read := os.read(terminal, 64):
        typed, stop, _ = read.partition(interrupt)
        yield from _ESCAPED.sub("", typed.decode(errors="ignore"))
        if stop:
            raise KeyboardInterrupt
