"""A corpus through several processes into an output: in order, in flat memory, to be resumed after any end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from stance import __version__
from stance.errors import StanceError, UsageError
from stance.model.table import Table
from stance.scaling.corpus import Batch, Corpus
from stance.scaling.outputs import Note, Output, form_of
from stance.scaling.work import Done, Task, digest_of, header, schema, work
from stance.statement import Document

AHEAD = 3
"""Batches under way for each process: enough that none waits for the others, few enough for flat memory."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    statements, rejected: so far, ``before`` of the statements by a run that was stopped. seconds: of this run.
    share: of the corpus, in [0, 1], ``share_before`` by the run that was stopped; 0 where it cannot be known.
    """

    statements: int
    rejected: int
    seconds: float
    share: float
    before: int = 0
    share_before: float = 0.0

    @property
    def rate(self) -> float:
        """Statements a second of this run."""
        return (self.statements - self.before) / self.seconds if self.seconds else 0.0

    @property
    def left(self) -> float | None:
        """Seconds to go if the rest is like what is done; None while that cannot be said."""
        done = self.share - self.share_before
        return self.seconds * (1 - self.share) / done if done > 0 else None


def score_corpus(
    corpus: Corpus,
    model: Path,
    out: Path,
    *,
    jobs: int = 1,
    min_confidence: float = 0.0,
    resume: bool = False,
    progress: Callable[[Progress], object] = lambda _: None,
) -> Note:
    """Score a corpus into a file of jsonl or csv or a folder of Parquet parts, whatever its size.

    model: a table's file. jobs: processes. resume: go on where a run stopped; the output becomes the same bytes as
    without a stop. What cannot be scored stands in a file of rejects beside the output. progress: told of each batch.
    Raises UsageError for an output that cannot be, and for a run that cannot be resumed; InputError, ModelError.
    """
    if resume and not corpus.fingerprint:
        raise UsageError("standard input cannot be read again", place="--resume", remedy="write it to a file first")
    form, table = form_of(out), Table.load(model)
    task = Task(str(model), digest_of(model), corpus.unit, min_confidence, form)
    output = Output(
        out,
        form,
        about=about(corpus, task),
        head=b"" if form == "parquet" else header(table, form),
        schema=schema(table.labels) if form == "parquet" else None,
    )
    del table  # tens of megabytes; the processes have their own
    note = output.begin(resume=resume)
    if note.finished:
        return note
    watch = _Watch(corpus, note)
    rest = islice(watch.passed(corpus.batches()), note.batches, None)
    for batch, done in in_order(rest, partial(work, task), jobs):
        whole = sum(not document.offset for document in batch.documents)
        output.add(whole, done, [*batch.rejects, *done.rejects])
        progress(watch.progress(batch, output.note))
    return output.finish()


def in_order(
    batches: Iterable[Batch], task: Callable[[list[Document]], Done], jobs: int
) -> Iterator[tuple[Batch, Done]]:
    """Each batch with what a process made of its documents, in order; never more than a few under way.

    joblib's own `Parallel` would go on while nobody takes the results, and they would pile up.
    Raises StanceError when a process dies, as for want of memory.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    pool = ProcessPoolExecutor(max_workers=jobs, initializer=_end_with, initargs=(os.getpid(),))
    under_way: deque[tuple[Batch, Future[Done]]] = deque()
    try:
        for number, batch in enumerate(batches):
            with nullcontext() if number else _deaf():
                under_way.append((batch, pool.submit(task, batch.documents)))
            if len(under_way) > AHEAD * jobs:
                yield _first(under_way)
        while under_way:
            yield _first(under_way)
    except BrokenProcessPool as error:
        what, remedy = "a process was killed, as for want of memory", "give fewer --jobs, and --resume"
        raise StanceError(what, place=f"--jobs {jobs}", remedy=remedy) from error
    finally:
        for _, future in under_way:
            future.cancel()
        pool.shutdown()  # waits for the batches that processes are at, a second or so


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started meanwhile, which is at the first batch, never hear Ctrl-C: who started them ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_with(parent: int) -> None:
    """Let this process end when the one that made it does, even by `kill -9`."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _first(under_way: deque[tuple[Batch, Future[Done]]]) -> tuple[Batch, Done]:
    batch, future = under_way.popleft()
    return batch, future.result()


def about(corpus: Corpus, task: Task) -> dict[str, object]:
    """What the output depends on, and nothing else does."""
    return {
        "version": __version__,
        "model": task.digest,
        "corpus": corpus.fingerprint,
        "unit": corpus.unit,
        "text_column": corpus.text_column,
        "min_confidence": task.min_confidence,
        "form": task.form,
    }


class _Watch:
    """The time that a run takes, not counting what an earlier one had done."""

    def __init__(self, corpus: Corpus, note: Note) -> None:
        self._size, self._note = corpus.size, note
        self._start = time.perf_counter()
        self._read = 0

    def passed(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """The batches; the time begins anew behind those that an earlier run had done."""
        for number, batch in enumerate(batches):
            if number == self._note.batches:
                self._start = time.perf_counter()
            elif number < self._note.batches:
                self._read = batch.read
            yield batch

    def progress(self, batch: Batch, note: Note) -> Progress:
        """How far the run is after a batch."""
        size = self._size or 1
        return Progress(
            note.statements,
            note.rejected,
            time.perf_counter() - self._start,
            min(1.0, batch.read / size) if self._size else 0.0,
            self._note.statements,
            self._read / size,
        )
