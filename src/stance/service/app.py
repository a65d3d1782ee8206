"""The service over HTTP: scoring, the model, health, figures, and the page for people."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from stance import __version__
from stance.errors import StanceError
from stance.report import html
from stance.service import journal
from stance.service.examples import SCORE
from stance.service.guard import Doors, Guard, Limits, Receive, Refusal, Scope, Send, replay
from stance.service.live import Live
from stance.service.messages import Health, ModelCard, ModelName, Problem, ScoreAnswer, ScoreRequest
from stance.service.metrics import CONTENT_TYPE, Metrics
from stance.service.problems import JSON, problem, status_of, too_many, words
from stance.service.scoring import Scoring

ABOUT = """Reads diplomatic text and says, statement by statement, who said it, whether it moves toward accommodation
or confrontation, how harshly it is said, and how sure the model is. Nothing that is sent is kept or passed on."""

SCORE_PATH = "/v1/score"
UNREADABLE = "body: JSON that goes too deep, or a number too long: send no more than what /openapi.json asks for"
_REQUEST: TypeAdapter[ScoreRequest] = TypeAdapter(ScoreRequest)

_SAID = {
    400: "The body is not whole.",
    401: "The key is missing or wrong.",
    403: "Not without a key.",
    408: "The body came too slowly.",
    409: "The model cannot be loaded; the one in use stays.",
    413: "The body, or the number of its statements, is too large.",
    415: "The body is not JSON.",
    421: "The Host header names another service.",
    422: "The body cannot be used: the detail says what and where.",
    429: "Too many requests wait.",
}


def create_app(
    live: Live,
    *,
    doors: Doors | None = None,
    limits: Limits | None = None,
    tell: Callable[[], None] | None = None,
) -> Guard:
    """The ASGI app.

    live: the model in use. tell: called after a reload was asked for over HTTP, to make sister processes reload.
    """
    doors, limits, metrics = doors or Doors(), limits or Limits(), Metrics()
    scoring = Scoring(live, limits, metrics)
    reload = _Reload(live, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        metrics.uses(live.model.name)  # here, since the processes of a service start from one app
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "SIGHUP"):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload.start)
        yield
        scoring.close()

    app = FastAPI(
        title="stance", version=__version__, description=ABOUT, lifespan=lifespan,
        docs_url=None, redoc_url=None, separate_input_output_schemas=False,
    )  # fmt: skip
    _answer_errors(app)
    _add_scoring(app, scoring, keyed=doors.key is not None)
    _add_model(app, live, reload, tell, keyed=doors.key is not None)
    _add_watching(app, metrics)
    _add_page(app, scoring)
    return Guard(_ShortWay(app, scoring), doors=doors, limits=limits, metrics=metrics)


def _problems(*statuses: int, keyed: bool = False) -> dict[int | str, dict[str, Any]]:
    content = {"content": {JSON: {"schema": Problem.model_json_schema()}}}
    return {n: {"description": _SAID[n], **content} for n in sorted({*statuses, 421, *([401] if keyed else [])})}


def _secured(keyed: bool) -> dict[str, Any]:
    return {"security": [{"key": []}]} if keyed else {}


def _add_scoring(app: FastAPI, scoring: Scoring, *, keyed: bool) -> None:
    @app.post(
        SCORE_PATH,
        response_model=ScoreAnswer,
        response_model_exclude_unset=True,
        responses=_problems(400, 408, 413, 415, 422, 429, keyed=keyed),
        openapi_extra=_secured(keyed),
    )
    async def score(request: Request, body: Annotated[ScoreRequest, Body(openapi_examples=SCORE)]) -> Response:
        """Score one text, one HTML page, a list of statements, or several documents."""
        facts = request.state.facts
        content, facts["statements"] = await scoring.answer(body, facts["bytes"])
        return Response(content, media_type="application/json")


def _add_model(app: FastAPI, live: Live, reload: _Reload, tell: Callable[[], None] | None, *, keyed: bool) -> None:
    @app.get("/v1/model", responses=_problems(keyed=keyed), openapi_extra=_secured(keyed))
    async def model() -> ModelCard:
        """Name, version, digest, labels and measures of the model in use, and its card."""
        return live.model.card

    @app.post("/v1/model/reload", responses=_problems(403, 409, 429, keyed=keyed), openapi_extra=_secured(keyed))
    async def reload_model() -> ModelName:
        """Load the model anew. Requests under way are answered by the one they began with."""
        if not keyed:
            raise HTTPException(403, "reloading needs a key: start with --api-key-file, or send SIGHUP")
        name = await reload()
        if tell:
            tell()
        return name

    if keyed:
        _name_key(app)


def _add_watching(app: FastAPI, metrics: Metrics) -> None:
    @app.get("/healthz", responses=_problems())
    async def healthz() -> Health:
        """The process lives."""
        return Health(status="ok")

    @app.get("/readyz", responses=_problems())
    async def readyz() -> Health:
        """A model is loaded and requests are taken."""
        return Health(status="ok")

    @app.get("/metrics", include_in_schema=False)
    async def figures() -> Response:
        return Response(metrics.to_text(), media_type=CONTENT_TYPE)


def _add_page(app: FastAPI, scoring: Scoring) -> None:
    @app.get("/", include_in_schema=False)
    async def index() -> HTMLResponse:
        model = scoring.live.model
        page = html.page(model.tables[0].labels, model.poles)
        return HTMLResponse(page, headers={"cache-control": "no-cache"})

    @app.get("/static/{name}", include_in_schema=False)
    async def static(name: str) -> Response:
        kind, content = html.asset(name)
        if content is None:
            raise HTTPException(404, "no such file")
        return Response(content, media_type=kind, headers={"cache-control": "no-cache"})

    @app.post("/view", include_in_schema=False)
    async def view(request: Request, body: ScoreRequest) -> HTMLResponse:
        """The article as the page shows it."""
        facts = request.state.facts
        content, facts["statements"] = await scoring.view(body, facts["bytes"])
        return HTMLResponse(content)


def _answer_errors(app: FastAPI) -> None:
    def answer(request: Request, status: int, detail: str, headers: Any = None) -> JSONResponse:
        content = problem(status, detail, request.state.request_id)
        return JSONResponse(content, status, headers=headers, media_type=JSON)

    @app.exception_handler(StanceError)
    async def stance_error(request: Request, error: StanceError) -> JSONResponse:
        return answer(request, status_of(error), str(error))

    @app.exception_handler(RequestValidationError)
    async def unusable(request: Request, error: RequestValidationError) -> JSONResponse:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return answer(request, 415, "Content-Type: not JSON: send the header `Content-Type: application/json`")
        errors = error.errors()
        crowd = too_many(errors)
        return answer(request, status_of(crowd), str(crowd)) if crowd else answer(request, 422, words(errors))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 400:  # FastAPI's, for JSON that Python will not read; a body is always whole here
            return answer(request, 422, UNREADABLE)
        return answer(request, error.status_code, str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> JSONResponse:
        return answer(request, 500, "a fault of the service: tell its keeper the request id")


def _name_key(app: FastAPI) -> None:
    """Say in the OpenAPI document how the key is sent."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
        schemes["key"] = {"type": "http", "scheme": "bearer"}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending it


class _ShortWay:
    """Takes a request for scores that is in order straight to the scorer: FastAPI's layers would cost a quarter more.

    All others go through FastAPI, whose route is the one that is described, and says what is wrong with them.
    """

    def __init__(self, app: FastAPI, scoring: Scoring) -> None:
        self.app, self.scoring = app, scoring
        self.route = next(route for route in app.routes if getattr(route, "path", "") == SCORE_PATH)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, its body read whole by the guard."""
        if scope.get("path") != SCORE_PATH or scope.get("method") != "POST" or _kind(scope) != b"application/json":
            await self.app(scope, receive, send)
            return
        message = await receive()
        try:
            request = _REQUEST.validate_json(message["body"])
        except ValidationError:
            await self.app(scope, replay(message["body"], receive), send)
            return
        scope["route"] = self.route
        facts = scope["state"]["facts"]
        try:
            content, facts["statements"] = await self.scoring.answer(request, facts["bytes"])
        except StanceError as error:
            raise Refusal(status_of(error), str(error)) from None
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def _kind(scope: Scope) -> bytes:
    found: bytes = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return found


class _Reload:
    """Reloads one after the other, off the event loop."""

    def __init__(self, live: Live, metrics: Metrics) -> None:
        self.live, self.metrics, self.turn = live, metrics, asyncio.Lock()
        self.tasks: set[asyncio.Task[ModelName]] = set()

    def start(self) -> None:
        """Reload in the background, as a signal asks."""
        task = asyncio.create_task(self(quiet=True))
        self.tasks.add(task)  # the loop alone would forget it
        task.add_done_callback(self.tasks.discard)

    async def __call__(self, *, quiet: bool = False) -> ModelName:
        """The name of the model now in use. Quiet: an error is written down, not raised."""
        async with self.turn:
            before = self.live.model.name
            try:
                model = await asyncio.to_thread(self.live.reload)
            except StanceError as error:
                self.metrics.reloaded(ok=False)
                journal.note("reload failed, the model in use stays", level=30, error=str(error))
                if not quiet:
                    raise
                return before
            self.metrics.reloaded(ok=True)
            self.metrics.uses(model.name, before)
            journal.note("reloaded", model=model.name.name, version=model.name.version, digest=model.digest)
            return model.name
