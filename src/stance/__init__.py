"""Stance and tone of diplomatic statements: conciliatory, hawkish or neutral, and why.

>>> import stance
>>> model = stance.load()
>>> said = model.score(["We are ready to meet at any time.", "We will answer any attack with force."])
>>> [s.stance for s in said]
['conciliatory', 'hawkish']
>>> said.to_frame()["stance"].tolist()
['conciliatory', 'hawkish']
>>> model.explain("We will answer any attack with force.").stance
'hawkish'

Importing this package loads nothing else: each name is fetched from its room when it is first asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, whose import would cost more than all that stands here
if TYPE_CHECKING:
    import os

    from stance.errors import StanceError
    from stance.model.explanation import Contribution, Explanation
    from stance.scorer import ScoredStatements, Scorer
    from stance.statement import STANCES, UNCERTAIN, Document, ScoredStatement, Statement

__version__ = "0.1.0"

__all__ = [
    "STANCES",
    "UNCERTAIN",
    "Contribution",
    "Document",
    "Explanation",
    "ScoredStatement",
    "ScoredStatements",
    "Scorer",
    "StanceError",
    "Statement",
    "load",
]

_ROOMS = {
    "statement": ("STANCES", "UNCERTAIN", "Document", "ScoredStatement", "Statement"),
    "errors": ("StanceError",),
    "scorer": ("ScoredStatements", "Scorer"),
    "model.explanation": ("Contribution", "Explanation"),
}


def load(model: str | os.PathLike[str] | None = None) -> Scorer:
    """A model, ready to score: the default one, that of a file, or a registered one.

    model: path of a table that ``stance train --out`` wrote, or ``models:/NAME@ALIAS``; None is the default.
    Raises ModelError when there is no such model, or what is there is none.

    >>> load().labels
    ('conciliatory', 'hawkish', 'neutral')
    """
    from stance.scorer import Scorer, open_table

    return Scorer(open_table(model))


def __getattr__(name: str) -> object:
    from importlib import import_module

    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f"stance.{room}"), name)
    raise AttributeError(f"module 'stance' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
