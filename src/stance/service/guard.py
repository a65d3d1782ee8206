"""The outer wall of the service: who may ask, how much and how slowly, and what every answer carries."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import os
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from stance.service import journal
from stance.service.metrics import Metrics
from stance.service.problems import JSON, problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
SIGNED = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
"""Headers that every answer carries."""
_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Limits:
    """What one request may take.

    headers, body: bytes. arrival: seconds in which the head must have come, and then the body. work: seconds for the
    answer. stall: seconds in which a client must take some of it. waiting: requests that one process holds at a time;
    statements: in one request. explained: characters of those whose words are to be weighed, which takes longest.
    """

    headers: int = 32_000
    body: int = 2_000_000
    arrival: float = 10.0
    work: float = 30.0
    stall: float = 30.0
    waiting: int = 128
    statements: int = 5_000
    explained: int = 500_000


@dataclass(frozen=True)
class Doors:
    """Who may ask.

    hosts: names by which the service may be called, besides addresses and localhost. key: what /v1 and
    /metrics ask for; None leaves all but reloading open. origins: pages of other hosts that may read answers.
    """

    hosts: frozenset[str] = frozenset()
    key: str | None = None
    origins: frozenset[str] = frozenset()

    def knows(self, host: str) -> bool:
        """Whether a Host header is ours. An address cannot be rebound, a name could.

        >>> doors = Doors(hosts=frozenset({"stance.example"}))
        >>> [doors.knows(h) for h in ("127.0.0.1:8000", "[::1]", "localhost", "stance.example:80", "evil.example")]
        [True, True, True, True, False]
        """
        name = re.sub(r":\d{1,5}$", "", host).strip("[]").lower()
        if name == "localhost" or name in self.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def opens(self, headers: dict[bytes, bytes]) -> bool:
        """Whether a request carries the key, compared in constant time."""
        if self.key is None:
            return True
        given = headers.get(b"x-api-key") or headers.get(b"authorization", b"").removeprefix(b"Bearer ")
        return hmac.compare_digest(given, self.key.encode())


class Refusal(Exception):
    """A request that is answered before it reaches a route."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


class Guard:
    """An ASGI app around another: checks each request, reads its body whole, and signs each answer."""

    def __init__(self, app: App, *, doors: Doors, limits: Limits, metrics: Metrics) -> None:
        self.app, self.doors, self.limits, self.metrics = app, doors, limits, metrics
        self.held = 0
        self._knows = lru_cache(doors.knows)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        exchange = _Exchange(send, given if _ID.fullmatch(given) else os.urandom(16).hex(), self._cors(headers))
        scope.setdefault("state", {}).update(request_id=exchange.id, facts=exchange.facts)
        start = time.perf_counter()
        self.held += 1
        try:
            await self._serve(scope, headers, receive, exchange)
        except Refusal as refusal:
            await exchange.refuse(refusal)
        except Exception as error:
            exchange.facts["error"] = journal.place_of(error)
            if not exchange.status:
                await exchange.refuse(Refusal(500, "a fault of the service: tell its keeper the request id"))
        finally:
            self.held -= 1
            self._record(scope, exchange, time.perf_counter() - start)

    async def _serve(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, exchange: _Exchange) -> None:
        if not self._knows(headers.get(b"host", b"").decode("latin-1")):
            raise Refusal(421, "Host: not a name of this service: start it with --allow-host NAME")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self.limits.headers:
            raise Refusal(431, f"headers: more than {self.limits.headers:,} bytes: leave some out", connection="close")
        path: str = scope["path"]
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers and exchange.cors:
            await exchange.send({"type": "http.response.start", "status": 204, "headers": []})
            await exchange.send({"type": "http.response.body", "body": b""})
            return
        if path.startswith(("/v1/", "/view", "/metrics")) and not self.doors.opens(headers):
            detail = "Authorization: no valid key: send the header `Authorization: Bearer KEY`"
            raise Refusal(401, detail, **{"www-authenticate": "Bearer"})
        if scope["method"] == "POST" and self.held > self.limits.waiting:
            raise Refusal(429, "too many requests wait: try again in a second", **{"retry-after": "1"})
        body = await self._read(headers, receive)
        exchange.facts["bytes"] = len(body)
        await self.app(scope, replay(body, receive), exchange.send)

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """The whole body; a refusal if it is too long or too slow."""
        most = self.limits.body
        too_long = Refusal(413, f"body: more than {most:,} bytes: send it in parts", connection="close")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:20]) > most:
            raise too_long
        if length == b"0" and b"transfer-encoding" not in headers:
            return b""
        body = bytearray()
        try:
            async with asyncio.timeout(self.limits.arrival):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refusal(400, "body: the connection ended before it was whole")
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > most:
                        raise too_long
        except TimeoutError:
            detail = f"body: not here after {self.limits.arrival:g} s: send it faster"
            raise Refusal(408, detail, connection="close") from None
        return bytes(body)

    def _cors(self, headers: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        origin = headers.get(b"origin", b"")
        if origin.decode("latin-1") not in self.doors.origins:
            return []
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", b"authorization, content-type, x-api-key, x-request-id"),
            (b"vary", b"origin"),
        ]

    def _record(self, scope: Scope, exchange: _Exchange, seconds: float) -> None:
        # The pattern of the route, not the path: a path could hold anything.
        route = getattr(scope.get("route"), "path", "-")
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "OPTIONS") else "other"
        status = exchange.status or 499
        self.metrics.answered(method, route, status, seconds)
        journal.note(
            "request", level=40 if status >= 500 else 20, request_id=exchange.id, method=method, route=route,
            status=status, ms=round(seconds * 1000, 1), **exchange.facts,
        )  # fmt: skip


class _Exchange:
    """One answer on its way: its id, its status, and the headers that each answer has."""

    def __init__(self, send: Send, request_id: str, cors: list[tuple[bytes, bytes]]) -> None:
        self._send, self.id, self.cors = send, request_id, cors
        self.status = 0
        self.facts: dict[str, Any] = {}

    async def send(self, message: Message) -> None:
        """Pass a message on, signed."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = [(b"x-request-id", self.id.encode()), *SIGNED, *self.cors]
            kept = [*message.get("headers", [])]
            if not any(name == b"cache-control" for name, _ in kept):
                own.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*kept, *own]}
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Answer with a problem."""
        body = json.dumps(problem(refusal.status, refusal.detail, self.id)).encode()
        extra = [(name.encode(), value.encode()) for name, value in refusal.headers.items()]
        headers = [(b"content-type", JSON.encode()), (b"content-length", str(len(body)).encode()), *extra]
        await self.send({"type": "http.response.start", "status": refusal.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def replay(body: bytes, receive: Receive) -> Receive:
    """A receive that gives a body which was read already, then whatever comes."""
    waiting = [body]

    async def replayed() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replayed
