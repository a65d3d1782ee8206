"""Registered tables kept on this machine, each once and by its digest, with what references to them last meant.

They lie in ``$XDG_CACHE_HOME/stance`` (``~/.cache/stance``): ``DIGEST.npz``, and notes that lead there.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from stance.errors import ModelError


def kept(*key: str) -> Path | None:
    """The table noted under a key (the store's address, and a source or reference); None unless it is whole."""
    try:
        digest = _noted(*key)["digest"]
        path = _folder() / f"{digest}.npz"
        return path if hashlib.sha256(path.read_bytes()).hexdigest() == digest else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(data: bytes, *key: str) -> Path:
    """Keep a table and note it under a key. Raises ModelError when it cannot be written."""
    digest = hashlib.sha256(data).hexdigest()
    path = _folder() / f"{digest}.npz"
    if not path.exists() or path.read_bytes() != data:
        _write(path, data)
    note(path, *key)
    return path


def note(path: Path, *key: str, version: int | None = None) -> None:
    """Note a kept table under one more key, and which version it was called."""
    place, content = _note(*key), json.dumps({"digest": path.stem, "version": version}).encode()
    if not place.exists() or place.read_bytes() != content:
        _write(place, content)


def version_of(*key: str) -> int | None:
    """The version noted under a key."""
    try:
        return int(_noted(*key)["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _noted(*key: str) -> Any:
    return json.loads(_note(*key).read_bytes())


def _folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stance"


def _note(*key: str) -> Path:
    return _folder() / f"{hashlib.sha256(chr(0).join(key).encode()).hexdigest()[:32]}.json"


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        what = f"cannot be written ({(error.strerror or 'error').lower()})"
        raise ModelError(what, place=str(path), remedy="set XDG_CACHE_HOME to a folder of yours") from error
