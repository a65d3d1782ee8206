"""The model in use: loaded, named, and swapped for another while requests are answered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from stance.model.evaluation import Evaluation
from stance.model.table import DEFAULT, Table
from stance.report.card import card
from stance.report.summary import POLES, Poles, poles_of
from stance.scorer import find_model
from stance.service.messages import ModelCard, ModelName

LANES = 2
"""Threads that score: one for short requests, one for long ones, so that short ones need not wait."""


@dataclass(frozen=True)
class Model:
    """One model, whole: a request takes it once and keeps it to the end.

    tables: one for each lane. A table learns word types as it reads, so no two threads may share one.
    registered: name and version in the registry, if it comes from there. poles: the labels at the ends of the index.
    """

    reference: str
    tables: tuple[Table, ...]
    digest: str
    registered: tuple[str, int] | None = None
    poles: Poles = POLES

    @classmethod
    def load(cls, reference: str | None, positive: str | None = None, negative: str | None = None) -> Model:
        """Raises ModelError, UsageError or TrackingError where there is no such model, or it has no such labels."""
        path, registered = find_model(reference)
        table = Table.load(path)
        poles = poles_of(table.labels, positive, negative)
        twins = [Table(table.header, table.arrays) for _ in range(LANES - 1)]
        for one in (table, *twins):
            one.score(["The first statement that is scored loads what a table leaves for later."])
        return cls(reference or str(DEFAULT.name), (table, *twins), table.digest, registered, poles)

    @property
    def header(self) -> dict[str, Any]:
        """What the table says of itself."""
        return self.tables[0].header

    @cached_property
    def name(self) -> ModelName:
        """Name, version and digest. A version is the registered number, else the digest's first twelve digits."""
        name, version = self.registered or (self.header.get("name", "unnamed"), self.digest[:12])
        return ModelName(
            name=str(name),
            version=str(version),
            digest=self.digest,
            labels=list(self.tables[0].labels),
        )

    @cached_property
    def card(self) -> ModelCard:
        """Everything there is to say of the model."""
        metrics = self.header.get("metrics", {})
        evaluations = {name: found for name, one in metrics.items() if (found := _evaluation(one))}
        return ModelCard(
            **self.name.model_dump(),
            reference=self.reference,
            tone=self.tables[0].has_tone,
            metrics=metrics,
            card=card(self.header, evaluations, digest=self.digest),
        )


class Live:
    """Holds the model in use. Swapping it is one assignment: nobody ever sees half a model."""

    def __init__(
        self, reference: str | None = None, *, positive: str | None = None, negative: str | None = None
    ) -> None:
        """positive, negative: the labels at +1 and -1 of the index, for a model with labels of its own."""
        self._load = partial(Model.load, reference, positive, negative)
        self.model = self._load()

    def reload(self) -> Model:
        """Load the model anew and put it to use; if that fails the old one stays and the error is raised."""
        self.model = self._load()
        return self.model


def _evaluation(measures: Any) -> Evaluation | None:
    try:
        return Evaluation.from_dict(measures)
    except (TypeError, KeyError, ValueError):  # a header may hold a few figures only
        return None
