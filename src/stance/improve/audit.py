"""Labelled data looked over: labels likely wrong, near-duplicates that disagree, leaks between files, telling actors.

Labels are judged by predictions for rows that the model had not seen (cross-validation, near-duplicates on one
side), with confident learning (Northcutt, Jiang and Chuang, 2021, Journal of Artificial Intelligence Research 70,
1373-1411) as cleanlab has it.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import IO, TYPE_CHECKING, Any, Literal

from stance.model.corpus import groups, require_trainable
from stance.model.duplicates import near_duplicates
from stance.model.traits import TRAITS, describe, predict_by_traits
from stance.numerals import counted

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["label", "conflict", "leak"]

FOLDS = 5
SHOWN = 10
LEVEL = 0.05
"""Chance that any actor at all is named as telling where none is (Bonferroni)."""

_COLUMNS = ("issue", "place", "text", "stance", "suggested", "confidence", "other_place", "other_stance", "other_text")


@dataclass(frozen=True, slots=True)
class Finding:
    """One row to look at again.

    kind: "label" (likely wrong), "conflict" (a near-duplicate has another label), "leak" (a near-duplicate
    stands in another file, with the same label). place: "file:line".
    suggested: the label that the model would give, for a label; confidence: its probability out of fold.
    other_place, other_stance, other_text: the near-duplicate.
    """

    kind: Kind
    place: str
    text: str
    stance: str
    suggested: str = ""
    confidence: float | None = None
    other_place: str = ""
    other_stance: str = ""
    other_text: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The row of the csv."""
        return {
            "issue": self.kind,
            **{name: getattr(self, name) for name in _COLUMNS[1:] if name != "confidence"},
            "confidence": None if self.confidence is None else round(self.confidence, 4),
        }


@dataclass(frozen=True, slots=True)
class TellingActor:
    """A name that goes with one label: n rows name it, ``share`` of them have ``label``; of all rows, ``usual`` do.

    p_value: one-sided binomial, of so many or more when the name told nothing; not corrected.
    """

    name: str
    label: str
    n: int
    share: float
    usual: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Audit:
    """Outcome of :func:`audit`.

    n: rows. findings: labels likely wrong (the least likely label first), then conflicts, then leaks.
    accuracy: share of the labels that predictions out of fold agree with.
    traits: actors, length, digits -> how well each alone predicts the label (see stance.model.traits).
    actors: those whose name goes with one label, beyond what chance allows, the surest first.
    """

    n: int
    accuracy: float
    findings: tuple[Finding, ...]
    traits: dict[str, dict[str, float]] = field(default_factory=dict)
    actors: tuple[TellingActor, ...] = ()

    def count(self, kind: Kind) -> int:
        """How many findings of a kind there are."""
        return sum(f.kind == kind for f in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the command line."""
        return {
            "n": self.n,
            "out_of_fold_accuracy": self.accuracy,
            "counts": {kind: self.count(kind) for kind in ("label", "conflict", "leak")},
            "traits": self.traits,
            "actors": [asdict(actor) for actor in self.actors],
            "findings": [f.to_dict() for f in self.findings],
        }

    def to_text(self) -> str:
        """Figures, then the first findings of each kind."""
        heads = {
            "label": ("label", "likely wrong (or the model is: look at the first ones)"),
            "conflict": ("pair", "of near-duplicates with different labels"),
            "leak": ("pair", "of near-duplicates in different files"),
        }
        lines = [f"{counted(self.n, 'row')}; predictions out of fold agree with {self.accuracy:.1%} of the labels"]
        for kind, (noun, head) in heads.items():
            found = [f for f in self.findings if f.kind == kind]
            lines.append(f"{counted(len(found), noun)} {head}")
            lines += [f"  {line}" for line in map(_line, found[:SHOWN])]
        for name, figures in self.traits.items():
            lines.append(f"{name} alone: {describe(figures)}")
        lines += [
            f"  {a.name}: {a.share:.0%} of {a.n:,} are {a.label}, of all {a.usual:.0%}" for a in self.actors[:SHOWN]
        ]
        return "\n".join(lines)


def _line(f: Finding) -> str:
    text = f.text if len(f.text) <= 90 else f.text[:89] + "…"
    if f.kind == "label":
        return f"{f.place}: {f.stance}, rather {f.suggested} ({f.confidence:.0%}): {text}"
    return f"{f.place} ({f.stance}) and {f.other_place} ({f.other_stance}): {text}"


def audit(frame: pd.DataFrame, *, seed: int = 0) -> Audit:
    """Look over labelled rows (see stance.model.corpus); nothing is changed.

    Raises InputError when the rows are too few to cross-validate.
    """
    require_trainable(frame)
    ids = groups(frame)
    wrong, accuracy = _wrong_labels(frame, ids, seed)
    pairs = list(_pairs(frame))
    order: dict[Kind, int] = {"label": 0, "conflict": 1, "leak": 2}
    findings = sorted([*wrong, *pairs], key=lambda f: order[f.kind])
    return Audit(len(frame), accuracy, tuple(findings), predict_by_traits(frame, seed), tuple(_telling(frame)))


def _wrong_labels(frame: pd.DataFrame, ids: pd.Series[str], seed: int) -> tuple[list[Finding], float]:
    import numpy as np
    from cleanlab.filter import find_label_issues  # type: ignore[import-untyped]
    from sklearn.model_selection import cross_val_predict

    from stance.model.params import Params
    from stance.model.search import make_folds
    from stance.model.sklearn import StanceClassifier

    texts, places = frame["text"].tolist(), _places(frame)
    names, given = np.unique(frame["label"].to_numpy(str), return_inverse=True)
    folds = make_folds(names[given], ids.to_numpy(str), Params(folds=FOLDS, seed=seed))
    p = cross_val_predict(StanceClassifier(), np.array(texts, dtype=object), given, cv=folds, method="predict_proba")
    worst = find_label_issues(given, p, return_indices_ranked_by="self_confidence", n_jobs=1)
    said = p.argmax(axis=1)
    found = [
        Finding("label", places[i], texts[i], str(names[given[i]]), str(names[said[i]]), float(p[i, said[i]]))
        for i in worst
    ]
    return found, float((said == given).mean())


def _pairs(frame: pd.DataFrame) -> Iterator[Finding]:
    """Near-duplicates whose labels or files differ."""
    texts, labels, files = frame["text"].tolist(), frame["label"].tolist(), frame["file"].tolist()
    places = _places(frame)
    for a, b in sorted(near_duplicates(texts)):
        kind: Kind | None = "conflict" if labels[a] != labels[b] else "leak" if files[a] != files[b] else None
        if kind:
            yield Finding(
                kind, places[a], texts[a], labels[a],
                other_place=places[b], other_stance=labels[b], other_text=texts[b],
            )  # fmt: skip


def _telling(frame: pd.DataFrame) -> list[TellingActor]:
    """Actors named in rows of one label more often than chance allows."""
    from scipy.special import bdtrc

    labels = frame["label"].tolist()
    usual = {label: n / len(labels) for label, n in Counter(labels).items()}
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for label, named in zip(labels, TRAITS["actors"](frame), strict=True):
        for name in named:
            if not name.startswith("first ") and not name.endswith(" named"):
                seen[name][label] += 1
    found = []
    for name, counts in seen.items():
        label, k = counts.most_common(1)[0]
        n = counts.total()
        p = float(bdtrc(k - 1, n, usual[label]))
        if p < LEVEL / len(seen) / len(usual):
            found.append(TellingActor(name, label, n, k / n, usual[label], p))
    return sorted(found, key=lambda actor: actor.p_value)


def _places(frame: pd.DataFrame) -> list[str]:
    return [f"{file}:{line}" for file, line in zip(frame["file"], frame["line"], strict=True)]


def write_review(findings: Sequence[Finding], file: IO[str]) -> None:
    """Write the findings as a csv to review, a row each."""
    writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(f.to_dict() for f in findings)
