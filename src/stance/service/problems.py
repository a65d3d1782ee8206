"""What is answered when something is wrong: problem details (RFC 9457) in the words of the errors of stance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from stance.errors import InputError, ModelError, StanceError, TrackingError, UsageError

JSON = "application/problem+json"


class TooLarge(InputError):
    """More than one request may ask for."""


class TooBusy(StanceError):
    """More requests wait than can be answered in good time."""


class TooSlow(StanceError):
    """The body did not arrive, or its work was not done, in time."""


_STATUS: tuple[tuple[type[StanceError], int], ...] = (
    (TooLarge, 413),
    (TooBusy, 429),
    (TooSlow, 422),
    (InputError, 422),
    (UsageError, 422),
    (ModelError, 409),
    (TrackingError, 409),
)


def status_of(error: StanceError) -> int:
    """The status that an error is answered with.

    >>> status_of(TooLarge("too long")), status_of(InputError("no text"))
    (413, 422)
    """
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def problem(status: int, detail: str, request_id: str) -> dict[str, Any]:
    """The object of a problem.

    >>> problem(404, "no such path", "a1")["title"]
    'Not Found'
    """
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, "request_id": request_id}


def words(errors: Sequence[Mapping[str, Any]]) -> str:
    """Pydantic's errors as one line of ``place: what``; what the user sent is not repeated.

    >>> words([{"loc": ("body", "text", "min_confidence"), "msg": "Input should be less than 1", "type": "x"}])
    'min_confidence: input should be less than 1'
    """
    lines = []
    for error in errors[:3]:
        place = [str(part) for part in error["loc"] if part != "body"][1:]
        what = "unknown field" if error["type"] == "extra_forbidden" else _lower(str(error["msg"]))
        lines.append(": ".join([*([".".join(place)[:80]] if place else []), what]))
    if len(errors) > 3:
        lines.append(f"and {len(errors) - 3} more")
    return "; ".join(lines)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
