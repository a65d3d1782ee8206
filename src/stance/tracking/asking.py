"""Which version a reference means, asked of the store without MLflow, whose import takes longer than most scoring."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from stance.errors import TrackingError
from stance.tracking.store import file_of, shown

if TYPE_CHECKING:
    from stance.tracking.registry import Reference

SECONDS = 5.0
"""How long a server is waited for."""

_BY_ALIAS = """
SELECT v.version, v.source FROM model_versions v JOIN registered_model_aliases a USING (name, version)
WHERE a.name = ? AND a.alias = ?"""
_BY_VERSION = (
    "SELECT version, source FROM model_versions WHERE name = ? AND version = ? AND current_stage != 'Deleted_Internal'"
)


class Asked(NamedTuple):
    """A version of a registered model, and the source that it was made from, which never changes."""

    version: int
    source: str


def source_of(uri: str, wanted: Reference) -> Asked | None:
    """The version that is meant, with its source; None where only MLflow itself can tell, or say why not.

    Raises TrackingError when a server does not answer.
    """
    if file := file_of(uri):
        try:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=0)) as store:
                query = _BY_VERSION if wanted.alias is None else _BY_ALIAS
                rows = store.execute(query, (wanted.name, wanted.alias or wanted.version)).fetchall()
        except sqlite3.Error:
            return None
        return Asked(*rows[0]) if len(rows) == 1 and rows[0][1] else None
    return _asked(uri, wanted) if uri.startswith(("http://", "https://")) else None


def _asked(uri: str, wanted: Reference) -> Asked | None:
    """The same, of a server, by its REST API."""
    from urllib.error import HTTPError, URLError
    from urllib.parse import urlencode
    from urllib.request import Request, urlopen

    about = {"name": wanted.name} | (
        {"alias": wanted.alias} if wanted.alias is not None else {"version": str(wanted.version)}
    )
    call = "model-versions/get" if wanted.alias is None else "registered-models/alias"
    address = f"{shown(uri).rstrip('/')}/api/2.0/mlflow/{call}?{urlencode(about)}"
    try:
        with urlopen(Request(address, headers=_credentials(uri)), timeout=SECONDS) as answer:
            found = json.load(answer)["model_version"]
            return Asked(int(found["version"]), found["source"]) if found["source"] else None
    except HTTPError:
        return None
    except (URLError, OSError) as error:
        remedy = "check MLFLOW_TRACKING_URI and that the store is up"
        raise TrackingError("the tracking server does not answer", place=shown(uri), remedy=remedy) from error
    except (ValueError, KeyError, TypeError):
        return None


def _credentials(uri: str) -> dict[str, str]:
    """The header that MLflow would send: a token, or the name and password of the environment or the address."""
    from urllib.parse import unquote, urlsplit

    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        return {"Authorization": f"Bearer {token}"}
    parts = urlsplit(uri)
    name = os.environ.get("MLFLOW_TRACKING_USERNAME") or unquote(parts.username or "")
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD") or unquote(parts.password or "")
    if not name:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}
