"""The log of the service: one JSON object a line on stderr, with ids, sizes and times, never with words of users."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_log = logging.getLogger("stance.service")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = getattr(record, "fields", None)
        # Messages of the server below us could quote what a client sent: their name alone is kept.
        what = record.msg if fields is not None else f"{record.name}: {str(record.msg)[:200]}"
        return json.dumps({"time": when, "level": record.levelname.lower(), "what": what, **(fields or {})})


def open_journal() -> None:
    """Write the log on stderr, that of uvicorn with it (its messages without their arguments)."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_Lines())
    for name, level in (("stance.service", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [lines], False
        logger.setLevel(level)


def note(what: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Write one line."""
    if _log.isEnabledFor(level):  # `_log.log` would look for the line of code that calls, which nobody reads
        _log.handle(_log.makeRecord(_log.name, level, "", 0, what, (), None, extra={"fields": fields}))


def place_of(error: BaseException) -> str:
    """Where an unexpected error arose: its kind and the last lines of code, without its message.

    >>> try:
    ...     raise KeyError("what a user wrote")
    ... except KeyError as error:
    ...     place_of(error).startswith("KeyError at ")
    True
    """
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return f"{type(error).__name__} at " + " > ".join(f"{Path(f.filename).name}:{f.lineno}" for f in frames)
