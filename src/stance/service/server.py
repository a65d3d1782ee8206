"""Processes that serve: one, or several on one socket that a parent watches over."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from stance.errors import UsageError
from stance.service import journal

if TYPE_CHECKING:  # it would import prometheus_client, which must see the folder of figures first
    from stance.service.guard import Guard

GRACE = 30
"""Seconds that requests in flight have to finish after a signal to stop."""

BACKLOG = 2048

_OURS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP} if hasattr(signal, "SIGHUP") else set()

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable: folder in which the processes of one service add up their figures."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises UsageError where host or port cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        place = f"--host {host} --port {port}"
        raise UsageError(
            f"cannot listen there ({error.strerror or error})", place=place, remedy="choose another"
        ) from None
    # asyncio sets this on sockets it made itself alone; without it every answer waits 40 ms for the client's receipt.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def run(app: Guard, listener: socket.socket) -> None:
    """Serve in this process until SIGINT or SIGTERM; requests in flight finish."""
    import uvicorn

    from stance.service.wire import Wire

    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, date_header=True, lifespan="on", loop="auto",
        http=cast(Any, partial(Wire, limits=app.limits)),
        timeout_graceful_shutdown=GRACE, timeout_keep_alive=15, proxy_headers=False, ws="none",
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[listener])


class Workers:
    """n processes that answer from one socket. A dead one is replaced; SIGHUP goes to each of them."""

    def __init__(self, serve: Callable[[], None], n: int) -> None:
        if not hasattr(os, "fork"):
            raise UsageError("needs a system that can fork", place="--workers", remedy="leave it out")
        self.serve, self.n = serve, n
        self.children: set[int] = set()
        self.stopping = False
        self.lifeline = os.pipe()  # read by the children: it ends when the parent does, however that came about

    def watch(self) -> None:
        """Start them, and stay until SIGINT or SIGTERM ended them all."""
        with _signals({signal.SIGTERM: self._stop, signal.SIGINT: self._stop, signal.SIGHUP: self._pass_on}):
            for _ in range(self.n):
                self._start()
            while self.children:
                with contextlib.suppress(ChildProcessError):
                    child, _ = os.wait()
                    self._bury(child)

    def _start(self) -> None:
        # A signal between the fork and the note of it would miss the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)
        child = 0 if self.stopping else os.fork()
        if self.stopping or child:
            self.children |= {child} - {0}
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)
            return
        status = 1
        try:
            for number in _OURS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _OURS)
            os.close(self.lifeline[1])
            threading.Thread(target=self._follow, daemon=True).start()
            self.serve()
            status = 0
        except BaseException as error:  # nothing may run on into the parent's code
            journal.note("worker failed", level=40, error=journal.place_of(error))
        finally:
            os._exit(status)

    def _follow(self) -> None:
        """Stop when the parent is gone."""
        os.read(self.lifeline[0], 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _bury(self, child: int) -> None:
        from prometheus_client import multiprocess

        self.children.discard(child)
        multiprocess.mark_process_dead(child)
        if not self.stopping:
            journal.note("worker died, another takes its place", level=40, process=child)
            time.sleep(0.5)  # one that cannot start must not use up the machine
            self._start()

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.stopping = True
        self._pass_on(signal.SIGTERM, None)

    def _pass_on(self, number: int, _: FrameType | None) -> None:
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)


@contextlib.contextmanager
def shared_figures() -> Iterator[None]:
    """A folder for the figures of several processes, named in the environment before prometheus_client is imported."""
    folder = tempfile.mkdtemp(prefix="stance-metrics-")
    os.environ[SHARED] = folder
    try:
        yield
    finally:
        del os.environ[SHARED]
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _signals(handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
