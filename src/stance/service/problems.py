"""What is answered when something is wrong: problem details (RFC 9457) in the words of the errors of stance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from stance.errors import InputError, ModelError, StanceError, TrackingError, UsageError

JSON = "application/problem+json"


class TooLarge(InputError):
    """More than one request may ask for."""


class TooSlow(StanceError):
    """The body did not arrive, or its work was not done, in time."""


_STATUS: tuple[tuple[type[StanceError], int], ...] = (
    (TooLarge, 413),
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
    """Pydantic's errors of a request as one line of ``place: what: remedy``; what the user sent is not repeated.

    >>> words([{"loc": ("body", "text", "min_confidence"), "msg": "Input should be less than 1", "type": "x"}])
    'min_confidence: input should be less than 1: see /openapi.json'
    >>> words([{"loc": ("body", "documents", "documents", 0, "text", "date"), "msg": "Bad", "type": "x"}])
    'documents.0.date: bad: see /openapi.json'
    """
    lines = [": ".join(part for part in (_place(error["loc"]), _what(error)) if part) for error in errors[:3]]
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    return "; ".join(lines) + more + ": see /openapi.json"


def too_many(errors: Sequence[Mapping[str, Any]]) -> TooLarge | None:
    """The list that is longer than one request may have it, if there is one among pydantic's errors of a request.

    >>> str(too_many([{"type": "too_long", "loc": ("body", "statements", "statements"), "ctx": {"max_length": 5000}}]))
    'statements: more than 5,000: send them in parts'
    """
    for error in errors:
        if error["type"] == "too_long":
            most = error["ctx"]["max_length"]
            return TooLarge(f"more than {most:,}", place=_place(error["loc"]), remedy="send them in parts")
    return None


def _place(loc: Sequence[str | int]) -> str:
    """The path to a field, without the tags that tell one kind of request, or of document, from another."""
    path = [str(part) for part in loc if part != "body"][1:]
    if len(path) > 2 and path[0] == "documents":
        del path[2]
    return ".".join(path)[:80]


def _what(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "unknown field"
        case "string_pattern_mismatch" | "string_too_short":
            return "no text in it"
        case "json_invalid":
            return "body: not JSON"
        case "value_error":
            return str(error["ctx"]["error"])
    message = str(error["msg"])
    return message[:1].lower() + message[1:]
