"""Where runs and models are kept: the store's address, and MLflow on it, quiet and quick to give up.

The store is ``MLFLOW_TRACKING_URI``, else ``mlflow.db`` in the current folder with ``mlartifacts`` beside it.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import sqlite3
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn

from stance.errors import TrackingError, UsageError

LOCK_SECONDS = 2.0
"""How long a locked sqlite store is waited for."""

_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
_PING = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}


@contextmanager
def connected(*, create: bool = True) -> Iterator[tuple[Any, str]]:
    """MLflow on the store, quiet and quick to give up; its failures become TrackingErrors."""
    uri = address()
    _require_sqlite(uri, create=create)
    with _environment({name: os.environ.get(name, value) for name, value in _SETTINGS.items()}), _silence():
        import mlflow
        from sqlalchemy.exc import SQLAlchemyError

        with _hushed("mlflow", "alembic", "sqlalchemy", "urllib3"):
            before = os.environ.get("MLFLOW_TRACKING_URI")
            mlflow.set_tracking_uri(uri)
            try:
                with _environment(_PING):
                    mlflow.MlflowClient().search_experiments(max_results=1)
                yield mlflow, uri
            except (mlflow.MlflowException, SQLAlchemyError, OSError) as error:
                raise _failure(uri, str(error)) from error
            finally:
                mlflow.set_tracking_uri(before)


def address() -> str:
    """The store's URI; of a sqlite one with the absolute path."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    file = file_of(uri)
    # Absolute, so that the store stays the same one when the caller changes folder.
    return f"sqlite:///{file}" if file else uri


def file_of(uri: str) -> Path | None:
    """The absolute path of a sqlite store, None for any other."""
    return Path(uri.removeprefix("sqlite:///")).absolute() if uri.startswith("sqlite:///") else None


def artifacts(uri: str) -> Path:
    """The folder of the artifacts: beside a sqlite store, else in the current folder."""
    return (file_of(uri) or Path.cwd() / "mlflow.db").with_name("mlartifacts")


def is_server(uri: str) -> bool:
    """Whether the store is a server, which knows where its artifacts belong and has its own UI."""
    return uri.startswith(("http://", "https://", "databricks"))


def shown(uri: str) -> str:
    """A store's address without the password it may hold."""
    return re.sub(r"//[^/@]*@", "//", uri)


def _failure(uri: str, reason: str) -> TrackingError:
    what = shown(reason.strip().partition("\n")[0])[:300] or "the tracking store failed"
    remedy = "check MLFLOW_TRACKING_URI and that the store is up, or work without it (--no-track)"
    if "Max retries exceeded" in reason:
        what = "the tracking server does not answer"
    if "locked" in reason:
        what = "the tracking store is locked by another program"
        remedy = "wait for it or stop it, then run again"
    return TrackingError(what, place=shown(uri), remedy=remedy)


def _require_sqlite(uri: str, *, create: bool) -> None:
    """Fail within seconds where MLflow would wait for minutes, and before it is imported."""
    file = file_of(uri)
    if file is None:
        return
    if not create and not file.exists():
        remedy = "train with `stance train --register NAME` first, or set MLFLOW_TRACKING_URI"
        raise TrackingError("no tracking store", place=str(file), remedy=remedy)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=LOCK_SECONDS)) as store:
            store.execute("BEGIN IMMEDIATE" if create else "BEGIN")
            store.execute("SELECT count(*) FROM sqlite_master")
            store.rollback()
    except (sqlite3.Error, OSError) as error:
        raise _failure(uri, str(error)) from error


def _require_port(port: int) -> None:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            what = "no such port" if isinstance(error, OverflowError) else f"port {port} is taken or not allowed"
            raise UsageError(what, place="--port", remedy="choose another, as --port 5001") from error


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _silence() -> Iterator[None]:
    """MLflow and what it imports warn of their own deprecations, which no user of stance can mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _hushed(*names: str) -> Iterator[None]:
    """Errors reach the user as a TrackingError, not as a traceback on the log."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def serve_ui(port: int = 5000) -> NoReturn:
    """Replace this process by the MLflow UI on the store, on 127.0.0.1 only, until it is interrupted.

    Raises UsageError if the port is taken, or if the store is a server, which has its own UI.
    """
    uri = address()
    if is_server(uri):
        raise UsageError("the store is a server", place=shown(uri), remedy="open its address in a browser")
    _require_port(port)
    _require_sqlite(uri, create=True)
    # Without jobs and with one worker MLflow starts 2 processes (0.5 GB) instead of 10 (1.8 GB).
    light = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    quiet = {"MLFLOW_LOGGING_LEVEL": "WARNING", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "mlflow", "ui", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", uri, "--default-artifact-root", str(artifacts(uri))]
    command += ["--workers", "1", "--uvicorn-opts", "--log-level warning"]
    print(f"MLflow UI of {shown(uri)}: http://127.0.0.1:{port} (stop with Ctrl-C)", file=sys.stderr, flush=True)
    os.execve(sys.executable, command, {**quiet, **os.environ, **light})
