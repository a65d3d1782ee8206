"""One connection, watched where uvicorn does not: heads without end, clients that send or take nothing."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from stance.service import journal
from stance.service.guard import SIGNED, Limits
from stance.service.problems import JSON, problem

LINGER = 1.0
"""Seconds that a refused client may go on sending, unheard, before the connection is closed."""


class Wire(HttpToolsProtocol):
    """A connection that is cut off when a head is too long or too slow, or when the client stops reading."""

    def __init__(self, *given: Any, limits: Limits, **named: Any) -> None:
        super().__init__(*given, **named)
        self.limits = limits
        self._due = _Alarm(self.loop)  # by when the next head must be whole
        self._stalled = _Alarm(self.loop)  # until when the client may take nothing
        self._inside = False  # a head has begun and is not whole yet
        self._came = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first head."""
        super().connection_made(cast(asyncio.Transport, _Lingering(transport, self._is_sent_to, self.loop)))
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        super().connection_lost(exc)
        self._due.off()
        self._stalled.off()

    def data_received(self, data: bytes) -> None:
        """Take some bytes; a refusal if they are those of a head that is too long."""
        if self.transport.is_closing():  # what a refused client still sends
            return
        all_head = self._inside or self.cycle is None  # else they may begin with the body before
        super().data_received(data)
        if all_head and self._inside:
            self._came += len(data)
            if self._came > self.limits.headers and not self.transport.is_closing():
                self._refuse(431, f"headers: more than {self.limits.headers:,} bytes: leave some out")
        if self.cycle is None or self.cycle.response_complete:
            self._expect()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._inside, self._came = True, 0
        self._expect()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._inside = False
        self._due.off()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client reads more slowly than we write: see that it reads at all."""
        super().pause_writing()
        self._watch(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client has caught up."""
        super().resume_writing()
        self._stalled.off()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(400, "request: not HTTP: see /openapi.json for what can be asked")

    def _is_sent_to(self) -> bool:
        """Whether a request is on its way and not here yet as a whole."""
        return self._inside or (self.cycle is not None and self.cycle.more_body)

    def _expect(self) -> None:
        if not self._due.is_set:
            self._due.set(self.limits.arrival, self._overdue)

    def _overdue(self) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:  # it is we who keep it waiting
            self._expect()
        elif self._inside:
            self._refuse(408, f"headers: not here after {self.limits.arrival:g} s: send them faster")
        else:
            self.transport.close()

    def _watch(self, left: int) -> None:
        self._stalled.set(self.limits.stall, lambda: self._check(left))

    def _check(self, left: int) -> None:
        now = self.transport.get_write_buffer_size()
        if now < left:
            self._watch(now)
        else:
            self.transport.abort()

    def _refuse(self, status: int, detail: str) -> None:
        """Answer with a problem what never came to be a request, and hang up."""
        name = os.urandom(16).hex()
        body = json.dumps(problem(status, detail, name)).encode()
        headers = [
            *self.server_state.default_headers, (b"content-type", JSON.encode()), (b"connection", b"close"),
            (b"content-length", b"%d" % len(body)), (b"x-request-id", name.encode()), *SIGNED,
        ]  # fmt: skip
        lines = [b"%b: %b\r\n" % header for header in headers]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.transport.close()
        journal.note("no request", request_id=name, status=status)


class _Lingering:
    """A transport that does not hang up on a client that still sends before the answer can have been read.

    Closed with bytes unread a connection is reset, and the client loses what it has not read yet (RFC 9112, 9.6).
    """

    def __init__(
        self, transport: asyncio.Transport, is_sent_to: Callable[[], bool], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._transport, self._is_sent_to, self._loop = transport, is_sent_to, loop
        self._leaving = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._leaving or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        if not (self._is_sent_to() and self._transport.can_write_eof()):
            self._transport.close()
            return
        self._leaving = True
        self._transport.write_eof()
        self._transport.resume_reading()
        self._loop.call_later(LINGER, self._transport.close)


class _Alarm:
    """Something that is done after a while unless it is called off."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        return self._timer is not None

    def set(self, seconds: float, act: Callable[[], None]) -> None:
        self.off()
        self._timer = self._loop.call_later(seconds, self._ring, act)

    def off(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _ring(self, act: Callable[[], None]) -> None:
        self._timer = None
        act()
