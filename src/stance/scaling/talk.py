"""What a run tells who waits for it."""

from __future__ import annotations

import time
from typing import IO, Self

from stance.numerals import counted
from stance.scaling.runs import Progress


class Talk:
    """Says how far a run is: on a terminal on one line that renews itself, else a line every half minute."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._terminal = file, file.isatty()
        self._every = 0.5 if self._terminal else 30.0
        self._last = time.perf_counter()
        self.progress: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Hear of a batch, and say something if it is time."""
        self.progress, now = progress, time.perf_counter()
        if now - self._last >= self._every:
            self._last = now
            line = told(progress)
            print(f"\r{line}\033[K" if self._terminal else line, end="" if self._terminal else "\n", file=self._file)
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Leave the line, if there is one; say that a run that was interrupted is not lost."""
        if self._terminal:
            print("\r\033[K", end="", file=self._file, flush=True)
        if kind is KeyboardInterrupt:
            print("stance: stopped: go on with --resume", file=self._file, flush=True)

    @property
    def speed(self) -> str:
        """The time that all took, and the rate; nothing if nothing was to do."""
        p = self.progress
        return f" ({duration(p.seconds)}, {p.rate:,.0f}/s)" if p else ""


def told(progress: Progress) -> str:
    """One line about how far a run is.

    >>> told(Progress(statements=1_200_000, rejected=3, seconds=100.0, share=0.4))
    '1,200,000 statements, 12,000/s, 40% of the corpus, 2 min 30 s left, 3 rejected'
    >>> told(Progress(statements=10, rejected=0, seconds=2.0, share=0.0))
    '10 statements, 5/s'
    """
    parts = [counted(progress.statements, "statement"), f"{progress.rate:,.0f}/s"]
    if progress.share:
        parts.append(f"{progress.share:.0%} of the corpus")
    if progress.left is not None:
        parts.append(f"{duration(progress.left)} left")
    if progress.rejected:
        parts.append(f"{progress.rejected:,} rejected")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds for people.

    >>> duration(7.4), duration(95), duration(3600), duration(200_000)
    ('7 s', '1 min 35 s', '1 h 0 min', '55 h 33 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
