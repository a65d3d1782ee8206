"""Where the shipped table is wrong on real sentences: by source, stance and phenomenon; counts only, no sentence.

Needs ``shared/`` beside the repository (or ``STANCE_SHARED``). Prints Markdown.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from stance.model.corpus import read_labelled
from stance.model.table import Table
from stance.statement import Document
from stance.text.attributing import attribute
from stance.text.segmenting import segment

HERE = Path(__file__).parent
GOLD = Path(os.environ.get("STANCE_SHARED", HERE.parents[2] / "shared")) / "gold" / "dev.csv"
LONG, SURE = 35, 0.8

PHENOMENA: dict[str, Callable[[str], bool]] = {
    "negation": re.compile(r"\b(?:not?|never|nor|without|cannot)\b|n['’]t\b", re.I).search,
    "but, although, while": re.compile(r"\b(?:but|although|though|while|however|despite|yet)\b", re.I).search,
    "condition": re.compile(r"\b(?:if|unless|until|once|provided)\b", re.I).search,
    "refusing, opposing, stopping": re.compile(
        r"\b(?:reject|refus|oppos|resist|block|lift|end|halt|stop|suspend|cancel|withdr[ae]w|den[iy])\w*", re.I
    ).search,
    "first person": re.compile(r"\b(?:I|we|our|us|my)\b").search,
    "question": re.compile(r"\?").search,
    "a quotation in it": re.compile(r"[\"“”]").search,
    f"longer than {LONG} words": lambda text: len(text.split()) > LONG,
    "shorter than 12 words": lambda text: len(text.split()) < 12,
}  # type: ignore[dict-item]


def main() -> None:
    """Score, count, and print the tables."""
    if not GOLD.exists():
        sys.exit(f"{GOLD}: not there: set STANCE_SHARED to where gold/ lies")
    frame = read_labelled([GOLD])
    table = Table.load()
    p = table.score(frame["text"].tolist()).probabilities
    frame["guess"] = np.array(table.labels)[p.argmax(axis=1)]
    frame["right"] = frame["guess"] == frame["label"]
    frame["sure"] = p.max(axis=1) >= SURE
    frame["voice"] = [voice(text) for text in frame["text"]]
    wrong = (frame["sure"] & ~frame["right"]).sum()
    blocks = [
        share_table("source", {name: frame["source"] == name for name in sorted(frame["source"].unique())}, frame),
        confusions(frame),
        share_table("voice", {name: frame["voice"] == name for name in ("quote", "reported", "narration")}, frame),
        share_table(
            "phenomenon", {n: frame["text"].map(lambda t, f=f: bool(f(t))) for n, f in PHENOMENA.items()}, frame
        ),
        f"Sure (confidence {SURE} or more): {frame['sure'].sum()}, of them wrong {wrong}.",
    ]
    print("\n\n".join(blocks))


def voice(text: str) -> str:
    """Quote, reported or narration, as the text rooms say."""
    document = Document(text, id="gold")
    return attribute(document, segment(document, unit="line"))[0].voice


def share_table(name: str, masks: dict[str, pd.Series], frame: pd.DataFrame) -> str:
    """Rows, the share that is right with it and without it, and what the wrong ones are taken for."""
    lines = [
        f"| {name} | rows | right | right elsewhere | wrong: taken for a side | for the other side | for neutral |"
    ]
    lines.append("|---|---:|---:|---:|---:|---:|---:|")
    for key, mask in masks.items():
        here, there = frame[mask], frame[~mask]
        wrong = here[~here["right"]]
        kinds = [
            (wrong["label"] == "neutral").sum(),
            ((wrong["label"] != "neutral") & (wrong["guess"] != "neutral")).sum(),
            (wrong["guess"] == "neutral").sum(),
        ]
        lines.append(
            f"| {key} | {len(here)} | {here['right'].mean():.2f} | {there['right'].mean():.2f} "
            f"| {' | '.join(map(str, kinds))} |"
        )
    return "\n".join(lines)


def confusions(frame: pd.DataFrame) -> str:
    """What each label is taken for."""
    labels = sorted(frame["label"].unique())
    lines = [
        "| label | " + " | ".join(f"taken for {label}" for label in labels) + " |",
        "|---|" + "---:|" * len(labels),
    ]
    for label in labels:
        counts = [((frame["label"] == label) & (frame["guess"] == guess)).sum() for guess in labels]
        lines.append(f"| {label} | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
