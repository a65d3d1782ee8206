"""MLflow: each training a run, each registered table a version, the alias ``champion`` for the best of them.

Nothing else in stance imports MLflow, and this package only when it is asked something.
Every function raises TrackingError within seconds when the store is locked, damaged or unreachable.
"""

from stance.tracking.registry import (
    Promotion,
    Resolved,
    Version,
    check_name,
    list_versions,
    parse_reference,
    promote,
    resolve_model,
)
from stance.tracking.runs import RunRecord, record_training
from stance.tracking.store import serve_ui

__all__ = [
    "Promotion",
    "Resolved",
    "RunRecord",
    "Version",
    "check_name",
    "list_versions",
    "parse_reference",
    "promote",
    "record_training",
    "resolve_model",
    "serve_ui",
]
