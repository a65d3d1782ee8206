"""Figures for Prometheus. Routes, methods and stances are the only labels: nothing of what users send."""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

from stance.service.messages import ModelName
from stance.service.server import SHARED
from stance.statement import ScoredStatement

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_SHARES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


class Metrics:
    """The counters of one app."""

    def __init__(self) -> None:
        self.registry = r = CollectorRegistry()
        self._one = cache(self._labelled)  # finding the figures of a route takes longer than adding to them
        route = ["method", "route"]
        self._requests = Counter("stance_requests", "Requests answered.", [*route, "status"], registry=r)
        self._seconds = Histogram(
            "stance_request_seconds", "From the first byte to the answer.", route, buckets=_SECONDS, registry=r
        )
        self._stances = Counter("stance_statements", "Statements scored.", ["stance"], registry=r)
        self._sure = Histogram("stance_confidence", "Confidence of the statements scored.", buckets=_SHARES, registry=r)
        self._reloads = Counter("stance_model_reloads", "Reloads of the model.", ["result"], registry=r)
        self._model = Gauge(
            "stance_model_info", "1 for the model in use.", ["name", "version", "digest"],
            registry=r, multiprocess_mode="livemax",
        )  # fmt: skip

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request."""
        counter, histogram = self._one(method, route, status)
        counter.inc()
        histogram.observe(seconds)

    def _labelled(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)

    def scored(self, statements: Sequence[ScoredStatement]) -> None:
        """What one request had scored."""
        for stance, n in Tally(s.stance for s in statements).items():
            self._stances.labels(stance).inc(n)
        for s in statements:
            self._sure.observe(s.confidence)

    def uses(self, model: ModelName, before: ModelName | None = None) -> None:
        """Which model is in use from now on."""
        if before:
            self._model.labels(before.name, before.version, before.digest).set(0)
        self._model.labels(model.name, model.version, model.digest).set(1)

    def reloaded(self, *, ok: bool) -> None:
        """One reload."""
        self._reloads.labels("ok" if ok else "failed").inc()

    def to_text(self) -> bytes:
        """All figures, those of the other processes of this service added."""
        if not os.environ.get(SHARED):
            return bytes(generate_latest(self.registry))
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together)
        return bytes(generate_latest(together))
