"""`stance serve`. Nothing heavy is imported before it runs."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stance.errors import UsageError
from stance.options import ModelOption, Negative, Positive

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from stance.service.guard import Guard
    from stance.service.live import Live

SHORTEST_KEY = 16


def serve(
    model: ModelOption = None,
    positive: Positive = None,
    negative: Negative = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; by default this machine alone can ask.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, max=64, help="Processes.")] = 1,
    api_key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File with the key that requests must carry.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Name the service may be called by (repeatable).")
    ] = None,
    cors_origin: Annotated[
        list[str] | None, typer.Option(metavar="ORIGIN", help="Site whose pages may read answers (repeatable).")
    ] = None,
) -> None:
    """Serve scoring over HTTP, with a page for people at /.

    SIGHUP loads the model anew, SIGTERM ends it when the requests in flight are answered.

    Example: stance serve --port 8000
    """
    from stance.service.live import Live
    from stance.service.server import Workers, bind, run, shared_figures

    key = read_key(api_key_file)
    load = partial(Live, model, positive=positive, negative=negative)
    listener = bind(host, port)
    if workers == 1:
        run(_build(load, host, key, allow_host, cors_origin, listener), listener)
        return
    with shared_figures():
        parent = os.getpid()
        # The parent loads the model first: a wrong one is said once, and memory is shared.
        app = _build(load, host, key, allow_host, cors_origin, listener, tell=partial(os.kill, parent, signal.SIGHUP))
        Workers(partial(run, app, listener), workers).watch()


def read_key(path: Path | None) -> str | None:
    """The key in a file, white space around it left out; None without a file.

    Raises UsageError for a file that cannot be read, and for a key too short to be one.
    """
    if path is None:
        return None
    try:
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        what = f"cannot be read ({getattr(error, 'strerror', None) or 'not ASCII'})"
        raise UsageError(what, place=f"--api-key-file {path}", remedy="name a file with one key in it") from None
    if len(key) < SHORTEST_KEY or not key.isprintable() or " " in key:
        remedy = "make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        what = f"no key of {SHORTEST_KEY} characters or more"
        raise UsageError(what, place=f"--api-key-file {path}", remedy=remedy)
    return key


def _build(
    load: Callable[[], Live], host: str, key: str | None, names: list[str] | None, origins: list[str] | None,
    listener: socket.socket, *, tell: Callable[[], None] | None = None,
) -> Guard:  # fmt: skip
    """The app, and a line on stderr that says where it is."""
    from stance.service.app import create_app
    from stance.service.guard import Doors
    from stance.service.journal import open_journal

    live = load()
    open_journal()
    hosts = frozenset(name.lower() for name in [host, *(names or [])])
    address, port = listener.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    print(f"stance: serving {live.model.name.name} {live.model.name.version} on http://{shown}:{port}", file=sys.stderr)
    if key is None and not _is_local(address):
        print("stance: anybody who reaches this address may ask: add --api-key-file", file=sys.stderr)
    return create_app(live, doors=Doors(hosts, key, frozenset(origins or [])), tell=tell)


def _is_local(address: str) -> bool:
    import ipaddress

    return ipaddress.ip_address(address).is_loopback
