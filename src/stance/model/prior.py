"""Label shares: a table for a corpus whose mix of labels is not that of the training.

Under prior shift (the statements of a label look alike everywhere, only their shares differ) the probabilities of
another mix are ``p * new / old``, normalised (Saerens, Latinne and Decaestecker, Neural Computation 2002): in a
table of logits, a bias of ``log(new / old)``.

The shares must be known, from a labelled sample say. Estimating them on unlabelled text by expectation maximisation,
as the same authors do, was tried (experiments/080-calibration): on text unlike the training it gave wrong shares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from stance.errors import UsageError
from stance.model.table import Table

ROUNDING = 0.00501
"""How far each share may be off: it may have been rounded to two decimal places."""

LEAST = 1e-4
"""No label is ruled out: the least share that one can get."""


def trained_prior(header: Mapping[str, Any]) -> dict[str, float]:
    """Share of each label that the table takes for granted: even when training balanced them, else that of its rows."""
    labels = header["labels"]
    counts = header.get("counts")
    if header.get("params", {}).get("class_weight", "balanced") == "balanced" or not counts:
        return dict.fromkeys(labels, 1 / len(labels))
    return {label: counts[label] / sum(counts.values()) for label in labels}


def parse_shares(text: str) -> dict[str, float]:
    """Label -> share, of text like ``hawkish=0.2,neutral=0.8``. Raises UsageError for any other text.

    >>> parse_shares("hawkish=0.2, neutral=0.8")
    {'hawkish': 0.2, 'neutral': 0.8}
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        label, _, share = part.rpartition("=")
        try:
            if not label.strip() or label.strip() in shares:
                raise ValueError
            shares[label.strip()] = float(share)
        except ValueError:
            what = f"{part.strip()!r} is no label with its share, or is said twice"
            raise UsageError(what, place="--prior", remedy="write it like hawkish=0.2,neutral=0.8") from None
    return shares


def shifted(table: Table, shares: Mapping[str, float]) -> Table:
    """The table for a corpus of other shares: a new one that differs in its bias and in header["prior"].

    shares: label -> share above 0; they sum to 1, up to the rounding of each to two decimal places. Raises UsageError
    for other labels or shares.

    >>> table = shifted(Table.load(), {"conciliatory": 0.1, "hawkish": 0.1, "neutral": 0.8})
    >>> bool(table.score(["Perhaps."]).probabilities[0, 2] > Table.load().score(["Perhaps."]).probabilities[0, 2])
    True
    """
    if set(shares) != set(table.labels):
        raise UsageError(
            f"names {', '.join(sorted(shares)) or 'no label'}",
            place="--prior",
            remedy=f"give the share of each label, such as {_even(table.labels)}",
        )
    if not all(share > 0 and math.isfinite(share) for share in shares.values()):
        raise UsageError("a share is not above 0", place="--prior", remedy="give shares such as 0.25")
    total = sum(shares.values())
    if abs(total - 1) > ROUNDING * len(shares):
        remedy = f"give parts of 1, such as {_even(table.labels)}"
        raise UsageError(f"the shares add up to {total:.4g}, not to 1", place="--prior", remedy=remedy)
    old = table.header.get("prior") or trained_prior(table.header)
    new = {label: max(shares[label] / total, LEAST) for label in table.labels}
    bias = table.arrays["bias"].copy()
    bias[: len(table.labels)] += [math.log(new[label] / old[label]) for label in table.labels]
    return Table({**table.header, "prior": new}, {**table.arrays, "bias": bias})


def _even(labels: Sequence[str]) -> str:
    """
    >>> _even(["hawkish", "neutral", "mixed"])
    'hawkish=0.33,neutral=0.33,mixed=0.34'
    """
    share = round(1 / len(labels), 2)
    shares = [share] * (len(labels) - 1)
    return ",".join(f"{label}={s:.2g}" for label, s in zip(labels, [*shares, 1 - sum(shares)], strict=True))
