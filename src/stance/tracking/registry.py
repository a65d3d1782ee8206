"""Registered tables: found, fetched, and the best of them made champion."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from stance.errors import ModelError, TrackingError, UsageError
from stance.model.evaluation import Comparison, compare
from stance.tracking import cache
from stance.tracking.asking import source_of
from stance.tracking.store import address, connected, shown

if TYPE_CHECKING:
    from stance.model.table import Table

CHALLENGER, CHAMPION = "challenger", "champion"

TABLE = "table.npz"
"""The table's file name among the artifacts of a logged model."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Promotion:
    """Whether the alias ``champion`` moved to ``version``, and why.

    champion: the version that was champion before, None if there was none. comparison: of the two on the
    data given, None where none was needed or possible.
    """

    promoted: bool
    reason: str
    name: str
    version: int
    champion: int | None = None
    comparison: Comparison | None = None

    def __str__(self) -> str:
        """One line for people."""
        verdict = "is now champion" if self.promoted else "is not promoted"
        return f"models:/{self.name}/{self.version} {verdict}: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able object with the names of the fields."""
        comparison = self.comparison.to_dict() if self.comparison else None
        return {**vars(self), "comparison": comparison}


class Reference(NamedTuple):
    """``models:/name@alias`` or ``models:/name/version``, taken apart."""

    name: str
    alias: str | None
    version: int | None


def parse_reference(reference: str) -> Reference:
    """Take apart the name of a registered model; UsageError if it is not one.

    >>> parse_reference("models:/stance@champion")
    Reference(name='stance', alias='champion', version=None)
    >>> parse_reference("models:/stance/3").version
    3
    """
    found = re.fullmatch(r"models:/([^/:@]+)(?:@([\w-]+)|/([1-9]\d{0,8}))", reference)
    if not found:
        remedy = "write models:/NAME@ALIAS (as models:/stance@champion) or models:/NAME/VERSION"
        raise UsageError("not a reference to a registered model", place=reference, remedy=remedy)
    name, alias, number = found.groups()
    return Reference(name, alias, int(number) if number else None)


def check_name(name: str) -> None:
    """UsageError unless MLflow takes ``name`` for a registered model: ask before training, not after."""
    if not name.strip() or re.search(r"[/:@]", name):
        remedy = "choose a name without / : @, as stance"
        raise UsageError(f"{name!r} cannot name a registered model", place="--register", remedy=remedy)


def register_version(mlflow: Any, name: str, model: Any, run_id: str) -> int:
    """Make a logged model the newest version under a name, and the challenger; return its number."""
    client = mlflow.MlflowClient()
    try:
        client.create_registered_model(name)
    except mlflow.MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    made = client.create_model_version(name, model.model_uri, run_id=run_id, model_id=model.model_id)
    client.set_registered_model_alias(name, CHALLENGER, made.version)
    return int(made.version)


def promote(
    texts: Sequence[str],
    truth: Sequence[str],
    reference: str = f"models:/stance@{CHALLENGER}",
    *,
    places: Sequence[str] | None = None,
) -> Promotion:
    """Make the model that ``reference`` names champion if it is better on these statements.

    Better: the whole 95 % interval of the paired difference of macro-F1 lies above zero (`compare`). The
    first model to be promoted under a name needs no comparison. places: of each row, for error messages.

    Raises ModelError when the reference names nothing, InputError for labels it does not know, TrackingError.
    """
    wanted = parse_reference(reference)
    with connected(create=False) as (mlflow, uri):
        client = mlflow.MlflowClient()
        challenger = _find(client, wanted, uri)
        champion = _champion(client, wanted.name)
        old = int(champion.version) if champion else None
        comparison = None
        if champion is None:
            promoted, reason = True, "there was no champion"
        elif old == int(challenger.version):
            promoted, reason = False, "it is the champion already"
        else:
            before, after = _open(mlflow, champion, uri), _open(mlflow, challenger, uri)
            promoted, reason, comparison = _judge(before, after, texts, truth, places)
        if promoted:
            client.set_registered_model_alias(wanted.name, CHAMPION, challenger.version)
        client.set_model_version_tag(wanted.name, challenger.version, "promotion", reason)
    return Promotion(promoted, reason, wanted.name, int(challenger.version), old, comparison)


class Resolved(NamedTuple):
    """A registered table: the version that a reference named, and its local file."""

    name: str
    version: int
    path: Path


def resolve_model(reference: str) -> Resolved:
    """A registered table: ``models:/name@alias`` or ``models:/name/version``.

    Each table is fetched once (see `stance.tracking.cache`). The store is asked which version is meant, without
    MLflow where that can be; while it is locked or unreachable, the version it last named is used, with a warning on
    the log of this module.

    Raises ModelError when there is no such model, version or table in it, UsageError for a malformed
    reference, TrackingError when the store does not answer and never did.
    """
    wanted, uri = parse_reference(reference), address()
    try:
        asked = source_of(uri, wanted)
        path = cache.kept(shown(uri), asked.source) if asked else None
        if asked and path:
            resolved = Resolved(wanted.name, asked.version, path)
        else:
            with connected(create=False) as (mlflow, _):
                found = _find(mlflow.MlflowClient(), wanted, uri)
                resolved = Resolved(wanted.name, int(found.version), _fetch(mlflow, found, uri))
    except TrackingError as error:
        known = _remembered(uri, reference, wanted.name)
        if known is None:
            raise
        _log.warning("%s: using %s as last fetched", error.what, reference)
        return known
    cache.note(resolved.path, uri, reference, version=resolved.version)
    return resolved


def _remembered(uri: str, reference: str, name: str) -> Resolved | None:
    path, version = cache.kept(uri, reference), cache.version_of(uri, reference)
    return Resolved(name, version, path) if path and version else None


def _find(client: Any, wanted: Reference, uri: str) -> Any:
    """The version that a reference names."""
    from mlflow import MlflowException

    try:
        if wanted.alias is not None:
            return client.get_model_version_by_alias(wanted.name, wanted.alias)
        return client.get_model_version(wanted.name, str(wanted.version))
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        which = f"@{wanted.alias}" if wanted.alias else f"/{wanted.version}"
        remedy = f"see what {shown(uri)} holds with `stance ui`, or train with --register {wanted.name}"
        raise ModelError("no such model", place=f"models:/{wanted.name}{which}", remedy=remedy) from error


def _champion(client: Any, name: str) -> Any | None:
    aliases = client.get_registered_model(name).aliases
    return client.get_model_version_by_alias(name, CHAMPION) if CHAMPION in aliases else None


def _judge(
    champion: Table,
    challenger: Table,
    texts: Sequence[str],
    truth: Sequence[str],
    places: Sequence[str] | None,
) -> tuple[bool, str, Comparison | None]:
    if set(champion.labels) != set(challenger.labels):
        return False, f"its labels differ from the champion's ({', '.join(champion.labels)})", None
    order = [champion.labels.index(label) for label in challenger.labels]
    old, new = champion.score(texts).probabilities[:, order], challenger.score(texts).probabilities
    comparison = compare(truth, old, new, challenger.labels, places=places)
    return comparison.better, f"{comparison.verdict}: {comparison}", comparison


def _open(mlflow: Any, found: Any, uri: str) -> Table:
    from stance.model.table import Table

    return Table.load(_fetch(mlflow, found, uri))


def _fetch(mlflow: Any, found: Any, uri: str) -> Path:
    """The table of a model version, from the cache or into it."""
    # The source names the logged model, which never changes; a version's number may be used again.
    if path := cache.kept(shown(uri), found.source):
        return path
    address = f"models:/{found.name}/{found.version}/artifacts/{TABLE}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            file = mlflow.artifacts.download_artifacts(address, dst_path=folder)
        except (mlflow.MlflowException, OSError) as error:
            what = f"its table cannot be fetched ({str(error).partition(chr(10))[0][:200]})"
            remedy = "name a model that `stance train --register` made, whose artifacts are still there"
            raise ModelError(what, place=f"models:/{found.name}/{found.version}", remedy=remedy) from error
        return cache.keep(Path(file).read_bytes(), shown(uri), found.source)


@dataclass(frozen=True)
class Version:
    """A version of a registered model. aliases: names it goes by; metrics: of its run; made: ISO date and time, UTC."""

    name: str
    version: int
    aliases: tuple[str, ...]
    made: str
    metrics: dict[str, float]
    corpus: str | None = None
    promotion: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able object with the names of the fields."""
        return {**vars(self), "aliases": list(self.aliases)}


def list_versions(name: str | None = None) -> list[Version]:
    """All versions in the store, or those of one model; the newest first. Raises ModelError when there is no such."""
    with connected(create=False) as (mlflow, uri):
        client = mlflow.MlflowClient()
        models = {m.name: m for m in client.search_registered_models()}
        if name is not None and name not in models:
            remedy = f"there are {', '.join(sorted(models))}" if models else "train with --register"
            raise ModelError("no such model", place=f"{name} in {shown(uri)}", remedy=remedy)
        return [
            _described(client, models[one], found)
            for one in sorted(models if name is None else [name])
            for found in sorted(_pages(client, one), key=lambda v: -int(v.version))
        ]


def _pages(client: Any, name: str) -> Iterator[Any]:
    token = None
    while True:
        page = client.search_model_versions(f"name='{name}'", page_token=token)
        yield from page
        if not (token := page.token):
            return


def _described(client: Any, model: Any, found: Any) -> Version:
    from mlflow import MlflowException

    try:
        data = client.get_run(found.run_id).data if found.run_id else None
    except MlflowException:  # the run was deleted, its model was not
        data = None
    aliases = sorted(alias for alias, version in model.aliases.items() if int(version) == int(found.version))
    made = datetime.fromtimestamp(found.creation_timestamp / 1000, UTC).isoformat(timespec="seconds")
    return Version(
        found.name,
        int(found.version),
        tuple(aliases),
        made,
        dict(data.metrics) if data else {},
        data.tags.get("corpus.digest") if data else None,
        found.tags.get("promotion"),
    )
