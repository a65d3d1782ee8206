"""From a request to its answer, in threads that each own a table, within limits of size and time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby, islice
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar, cast

from pydantic_core import to_json

from stance.analysis import attributed, cuts, judge
from stance.model.table import Table
from stance.report import html
from stance.report.explanation import rows
from stance.report.summary import summarize
from stance.service.guard import Limits
from stance.service.live import LANES, Live, Model
from stance.service.messages import HtmlRequest, PageDocument, PdfRequest, ScoreRequest
from stance.service.metrics import Metrics
from stance.service.problems import TooLarge, TooSlow
from stance.statement import Document, ScoredStatement
from stance.statement import Statement as Cut
from stance.text.quoting import lines
from stance.text.segmenting import Unit

SHORT = 50_000
"""Bytes up to which a request takes the short lane, unless it is a PDF file, which may hold far more."""

TOGETHER = 32
"""Requests that are scored together at most."""

T = TypeVar("T")

Finish = Callable[[Model, Table, list[Document], list[ScoredStatement]], T]
"""What is made of a request's documents and scored statements."""


@dataclass(eq=False)
class _Job(Generic[T]):
    """A request of so many bytes on its way through a lane, with the model that answers it."""

    request: ScoreRequest
    size: int
    model: Model
    finish: Finish[T]
    done: asyncio.Future[T]
    documents: list[Document] = field(default_factory=list)
    statements: list[Cut] = field(default_factory=list)
    outcome: T | Exception | None = None

    def settle(self) -> None:
        """Hand the outcome to who waits for it, if anybody still does."""
        if self.done.done():
            return
        if isinstance(self.outcome, Exception):
            self.done.set_exception(self.outcome)
        else:
            self.done.set_result(cast(T, self.outcome))


class Lane:
    """A thread with a table of its own. What waits is scored together: a look-up for many costs hardly more."""

    def __init__(self, number: int, limits: Limits) -> None:
        self.number, self.limits = number, limits
        self.waiting: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self.thread: threading.Thread | None = None

    def put(self, job: _Job[Any]) -> None:
        """Have a request done. The first one starts the thread: one started before a fork would not be there after."""
        self.waiting.put(job)
        if self.thread is None:
            self.thread = threading.Thread(target=self._run, name=f"lane-{self.number}", daemon=True)
            self.thread.start()

    def close(self) -> None:
        """End the thread once all that waits is done."""
        if self.thread:
            self.waiting.put(None)
            self.thread.join()

    def _run(self) -> None:
        while (first := self.waiting.get()) is not None:
            jobs = [first, *self._more(first.size)]
            ready = [job for job in jobs if not job.done.done() and self._prepare(job)]  # some may be given up by now
            for _, alike in groupby(ready, key=lambda job: (id(job.model), job.request.min_confidence)):
                self._score(list(alike))
            # Waking the loop costs more than a small request, so it is woken once for all.
            for loop, answered in groupby(jobs, key=lambda job: job.done.get_loop()):
                with suppress(RuntimeError):  # the loop has ended, and with it those who waited
                    loop.call_soon_threadsafe(_settle, list(answered))

    def _more(self, size: int) -> Iterator[_Job[Any]]:
        """Jobs that wait already, as many as go together with one of so many bytes."""
        for _ in range(TOGETHER - 1):
            if size > SHORT:
                return
            try:
                job = self.waiting.get_nowait()
            except Empty:
                return
            if job is None:  # the end, once these are done
                self.waiting.put(None)
                return
            size += job.size
            yield job

    def _prepare(self, job: _Job[Any]) -> bool:
        """Read, cut and attribute; whether that went well."""
        try:
            job.documents = job.request.to_documents()
            if job.request.attribute:
                cut = cut_all(job.documents, job.request.unit, self.limits.statements)
                job.statements = [statement for parts in cut for statement in attributed(parts)]
            else:  # as `Scorer.score` has it
                job.statements = [Cut(d.id, 0, d.text, 0, len(d.text), 0, len(d.text)) for d in job.documents]
            if job.request.explain and sum(len(s.text) for s in job.statements) > self.limits.explained:
                what = f"more than {self.limits.explained:,} characters to explain"
                raise TooLarge(what, place="explain", remedy="send them in parts")
        except Exception as error:
            job.outcome = error
            return False
        return True

    def _score(self, jobs: Sequence[_Job[Any]]) -> None:
        """Score jobs of one model and one confidence; a fault in one must not spoil the others."""
        table, least = jobs[0].model.tables[self.number], jobs[0].request.min_confidence
        try:
            # `analyse` begins with small batches, for those who wait for the first statement; here nobody does.
            judged = list(judge([s for job in jobs for s in job.statements], table, min_confidence=least))
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].outcome = error
            else:
                for job in jobs:
                    self._score([job])
            return
        rest = iter(judged)
        for job in jobs:
            scored = list(islice(rest, len(job.statements)))
            try:
                job.outcome = job.finish(job.model, table, job.documents, scored)
            except Exception as error:
                job.outcome = error


def _settle(jobs: Sequence[_Job[Any]]) -> None:
    for job in jobs:
        job.settle()


class Scoring:
    """Answers requests with the model in use."""

    def __init__(self, live: Live, limits: Limits, metrics: Metrics) -> None:
        self.live, self.limits, self.metrics = live, limits, metrics
        self._lanes = [Lane(number, limits) for number in range(LANES)]

    def close(self) -> None:
        """End the threads, once they have done what they were given."""
        for lane in self._lanes:
            lane.close()

    async def run(self, request: ScoreRequest, size: int, finish: Finish[T]) -> T:
        """Score a request of so many bytes with one model from beginning to end, and finish it in the same thread.

        The statements are those of `analysis.analyse`. Raises InputError for a document without text, TooLarge for
        too many statements, TooSlow when it takes longer than a request may.
        """
        job = _Job(request, size, self.live.model, finish, asyncio.get_running_loop().create_future())
        self._lanes[int(size > SHORT or isinstance(request, PdfRequest))].put(job)
        try:
            async with asyncio.timeout(self.limits.work):
                return cast(T, await job.done)
        except TimeoutError:
            what = f"not done after {self.limits.work:g} s"
            raise TooSlow(what, place="body", remedy="send it in parts") from None

    async def answer(self, request: ScoreRequest, size: int) -> tuple[bytes, int]:
        """The JSON of a ScoreAnswer, and how many statements it holds."""

        def finish(
            model: Model, table: Table, documents: list[Document], scored: list[ScoredStatement]
        ) -> tuple[bytes, int]:
            self.metrics.scored(scored)
            return answer_of(request, model, table, documents, scored), len(scored)

        return await self.run(request, size, finish)

    async def view(self, request: ScoreRequest, size: int) -> tuple[str, int]:
        """The article as the page shows it, and how many statements it holds."""

        def finish(
            model: Model, table: Table, documents: list[Document], scored: list[ScoredStatement]
        ) -> tuple[str, int]:
            self.metrics.scored(scored)
            return html.view(documents, scored, table, model.poles), len(scored)

        return await self.run(request, size, finish)


def answer_of(
    request: ScoreRequest, model: Model, table: Table, documents: list[Document], scored: list[ScoredStatement]
) -> bytes:
    """A ScoreAnswer as JSON, with what the request asks for.

    Made of plain objects: passing each statement through its message would take longer than scoring it. That they
    are what the message says is for the tests to prove.
    """
    answer: dict[str, Any] = {
        "model": model.name,
        "documents": _documents(request, documents),
        "statements": list(rows(scored, table)) if request.explain else [s.to_dict() for s in scored],
    }
    if request.summary:
        dates = {document.id: document.date for document in documents}
        summed = summarize(scored, request.summary, dates=dates, poles=model.poles)
        answer["summary"] = [one.to_dict() for one in summed]
    return to_json(answer)


def cut_all(documents: Sequence[Document], unit: Unit, most: int) -> list[list[tuple[Document, list[Cut]]]]:
    """What `analysis.cuts` gives for each document; raises TooLarge for more than so many statements together."""
    # Counting lines spares the work of cutting what is too much anyway. Each is a statement, or part of a sentence
    # that runs over a few.
    n = sum(1 for document in documents for _ in islice(lines(document.text), 4 * (most + 1)) if not document.row)
    n = n if unit == "line" else n // 4
    found = [list(cuts(document, unit)) for document in documents] if n <= most else []
    if max(n, sum(len(statements) for parts in found for _, statements in parts)) > most:
        raise TooLarge(f"more than {most:,} statements", place="body", remedy="send it in parts")
    return found


def _documents(request: ScoreRequest, documents: Sequence[Document]) -> list[dict[str, str | None]]:
    sent = getattr(request, "documents", [request] * len(documents))
    return [
        {
            "id": d.id, "title": d.title, "date": d.date, "source": d.source, "author": d.author,
            "speaker": d.speaker,
            "text": d.text if isinstance(one, HtmlRequest | PdfRequest | PageDocument) else None,
        }
        for one, d in zip(sent, documents, strict=True)
    ]  # fmt: skip
