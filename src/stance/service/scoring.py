"""From a request to its answer, in threads that each own a table, within limits of size and time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from stance.analysis import analyse
from stance.model.table import Table
from stance.report.explanation import rows
from stance.report.summary import summarize
from stance.service.guard import Limits
from stance.service.live import LANES, Live, Model
from stance.service.messages import (
    DocumentOut,
    HtmlRequest,
    PageDocument,
    ScoreAnswer,
    ScoreRequest,
    Statement,
    Summary,
)
from stance.service.metrics import Metrics
from stance.service.problems import TooLarge, TooSlow
from stance.statement import Document, ScoredStatement
from stance.text.quoting import lines
from stance.text.segmenting import Unit, segment

SHORT = 50_000
"""Bytes up to which a request takes the short lane."""

T = TypeVar("T")


class Scoring:
    """Answers requests with the model in use."""

    def __init__(self, live: Live, limits: Limits, metrics: Metrics) -> None:
        self.live, self.limits, self.metrics = live, limits, metrics
        self._lanes = [ThreadPoolExecutor(1, thread_name_prefix=f"lane-{i}") for i in range(LANES)]

    def close(self) -> None:
        """End the threads, once they have done what they were given."""
        for lane in self._lanes:
            lane.shutdown()

    async def run(self, size: int, work: Callable[[Model, Table], T]) -> T:
        """Do the work for a request of so many bytes with one model from beginning to end.

        Raises TooSlow when it takes longer than a request may.
        """
        model, lane = self.live.model, int(size > SHORT)
        done = asyncio.get_running_loop().run_in_executor(self._lanes[lane], work, model, model.tables[lane])
        try:
            return await asyncio.wait_for(asyncio.shield(done), self.limits.work)
        except TimeoutError:
            what = f"not done after {self.limits.work:g} s"
            raise TooSlow(what, place="body", remedy="send it in parts") from None

    def scored(self, request: ScoreRequest, table: Table) -> tuple[list[Document], list[ScoredStatement]]:
        """The documents of a request and their scored statements.

        Raises InputError for a document without text, TooLarge for too many statements.
        """
        documents = request.to_documents()
        require_few(documents, request.unit, self.limits.statements)
        scored = list(analyse(documents, table, unit=request.unit, min_confidence=request.min_confidence))
        self.metrics.scored(scored)
        return documents, scored

    def answer(self, request: ScoreRequest, model: Model, table: Table) -> tuple[bytes, int]:
        """The JSON of a ScoreAnswer, and how many statements it holds."""
        documents, scored = self.scored(request, table)
        found = rows(scored, table) if request.explain else (s.to_dict() for s in scored)
        answer = ScoreAnswer(
            model=model.name,
            documents=_documents(request, documents),
            statements=[Statement.model_validate(row) for row in found],
        )
        if request.summary:
            dates = {document.id: document.date for document in documents}
            answer.summary = [Summary.of(one) for one in summarize(scored, request.summary, dates=dates)]
        return answer.model_dump_json(exclude_unset=True).encode(), len(scored)


def require_few(documents: Sequence[Document], unit: Unit, most: int) -> None:
    """Raise TooLarge for documents of more than so many statements, before any work is done for them."""
    # A statement takes two characters at least, one of them a blank: most requests need no count.
    if sum(len(document.text) // 2 + 1 for document in documents) <= most:
        return
    n = 0
    for document in documents:
        n += sum(1 for _ in islice(lines(document.text), most + 1))
        if n > most:
            break
    else:
        n = sum(len(segment(document, unit=unit)) for document in documents)
    if n > most:
        raise TooLarge(f"more than {most:,} statements", place="body", remedy="send it in parts")


def _documents(request: ScoreRequest, documents: Sequence[Document]) -> list[DocumentOut]:
    sent = getattr(request, "documents", [request] * len(documents))
    return [
        DocumentOut(
            id=d.id, title=d.title, date=d.date, source=d.source, speaker=d.speaker,
            text=d.text if isinstance(one, HtmlRequest | PageDocument) else None,
        )
        for one, d in zip(sent, documents, strict=True)
    ]  # fmt: skip
