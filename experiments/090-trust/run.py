"""Do the promises of the trust commands hold? ``python experiments/090-trust/run.py``, some two minutes.

Prints the tables. Rows on real text need the real sentences (../shared, STANCE_SHARED).
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from stance.improve.audit import audit
from stance.improve.domain import Domain
from stance.model.calibration import confidence_for
from stance.model.corpus import read_labelled, read_texts
from stance.model.evaluation import evaluate_table
from stance.model.explanation import explain
from stance.model.table import Table

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SHARED = Path(os.environ.get("STANCE_SHARED", ROOT.parent / "shared"))
ACCURACIES = (0.85, 0.9, 0.95)
TOGETHER = 8
"""Sentences of one source in a document."""
TURNED = 20
"""One label in so many is turned."""
FIRST = 50
CUES = {
    "but-turn": ("2 after but", r"\b(but|yet|however|nevertheless|although|though|while|whereas|despite)\b"),
    "negation": ("3 negation", r"\b(not|no|never|neither|nor|none|nobody|nothing|without|cannot)\b|n['’]t\b"),
    "condition": ("4 condition", r"\b(if|unless|until|once|provided|(pre)?conditions?)\b"),
}
"""File of the contrast set -> test of the codebook, and the words that call for it."""


def main() -> None:
    """Print all tables."""
    table = Table.load()
    parts = [confidence(table), strange(table), turned(), named(table)]
    found = "\n\n".join("\n".join(part) for part in parts)
    print(f"{found}\n\nThe shipped model, {table.digest[:12]}.")


def confidence(table: Table) -> Iterator[str]:
    """The threshold for an accuracy, what it keeps, and how often that is right."""
    yield from head("wanted accuracy", "confidence", "in cross-validation", "kept on gold dev", "right on gold dev")
    gold = SHARED / "gold" / "dev.csv"
    real = evaluate_table(table, read_labelled([gold])).coverage if gold.exists() else []
    for accuracy in ACCURACIES:
        least = confidence_for(table.header, accuracy)
        known = next(p for p in table.header["metrics"]["cross-validation"]["coverage"] if p["threshold"] == least)
        on_gold = next((p for p in real if p["threshold"] == least), None)
        cells = [f"{on_gold['coverage']:.0%}", f"{on_gold['accuracy']:.1%}"] if on_gold else ["-", "-"]
        yield row(f"{accuracy:.0%}", f"{least:g}", f"{known['accuracy']:.1%}", *cells)


def strange(table: Table) -> Iterator[str]:
    """How many documents of each kind are called strange."""
    domain = Domain(table)
    yield from head("texts", "documents", "called strange")
    for name, documents in texts():
        if documents:
            outside = sum(domain.fit(document).outside for document in documents)
            yield row(name, f"{len(documents):,}", f"{outside} ({outside / len(documents):.1%})")


def texts() -> Iterator[tuple[str, list[list[str]]]]:
    """Kinds of texts, each a list of documents, which are lists of statements."""
    for folder in ("examples/off-topic", "tests/improve/off-topic"):
        yield f"other matters ({folder})", [[path.read_text("utf-8")] for path in sorted((ROOT / folder).glob("*.txt"))]
    gold = SHARED / "gold" / "dev.csv"
    if gold.exists():
        yield "gold dev, each sentence by itself", [[text] for text in read_texts(gold)]
        yield "gold dev, five in a document", together(read_texts(gold), 5)
    for path in sorted((SHARED / "reference").glob("*.txt")):
        yield f"{path.stem}, eight in a document", together(read_texts(path), TOGETHER)
    articles = sorted((SHARED / "polnear" / "text").rglob("*.txt"))
    yield "general news articles (PolNeAR)", [[path.read_text("utf-8")] for path in articles]


def together(sentences: Sequence[str], n: int) -> list[list[str]]:
    """Documents of n sentences."""
    return [list(sentences[i : i + n]) for i in range(0, len(sentences) - n + 1, n)]


def turned() -> Iterator[str]:
    """How many labels turned on purpose the audit finds."""
    frame = read_labelled(sorted((ROOT / "data" / "corpus").glob("plain-*.jsonl")))
    labels = sorted(frame["label"].unique())
    wrong = frame.index[::TURNED]
    frame.loc[wrong, "label"] = [labels[(labels.index(label) + 1) % len(labels)] for label in frame.loc[wrong, "label"]]
    places = {f"{frame['file'][i]}:{frame['line'][i]}" for i in wrong}
    found = [finding.place for finding in audit(frame).findings if finding.kind == "label"]
    yield from head("rows", "labels turned", "found", f"turned among the first {FIRST}", "findings")
    first = sum(place in places for place in found[:FIRST])
    yield row(
        f"{len(frame):,}", str(len(wrong)), f"{len(places & set(found)) / len(wrong):.0%}", str(first), str(len(found))
    )


def named(table: Table) -> Iterator[str]:
    """How often the test of the codebook is named on sentences with and without its words."""
    yield from head("test", "sentences with its words", "named", "without", "named")
    for file, (test, cue) in CUES.items():
        with (ROOT / "data" / "contrast" / f"{file}.tsv").open(encoding="utf-8", newline="") as lines:
            sentences = [line["text"] for line in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]
        marked = [text for text in sentences if re.search(cue, text, re.I)]
        others = [text for text in sentences if text not in marked]
        shares = [sum(test in explain(table, text).tests for text in group) for group in (marked, others)]
        yield row(test, str(len(marked)), str(shares[0]), str(len(others)), str(shares[1]))


def head(*names: str) -> list[str]:
    """The head of a table."""
    return [row(*names), row(*["---"] * len(names))]


def row(*cells: str) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
