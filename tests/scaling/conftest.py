import json

import pytest

from stance.model.table import DEFAULT
from stance.scaling import corpus, outputs

SENTENCES = [
    "We are ready to meet at any time.",
    "“They will pay for this attack,” the envoy said.",
    "The session lasts until Friday.",
    "Kestria has expelled two diplomats of Ostrava.",
    "Die Gespräche – so heißt es – gehen weiter.",
]


@pytest.fixture
def model():
    return DEFAULT


@pytest.fixture
def small(monkeypatch):
    """Batches and parts of a few documents, so that a small corpus has many."""
    monkeypatch.setattr(corpus, "ITEMS", 5)
    monkeypatch.setattr(outputs, "PART", 3)


@pytest.fixture
def rows(tmp_path):
    """A corpus of jsonl with so many documents of one or two sentences."""

    def rows(n, name="rows.jsonl"):
        path = tmp_path / name
        texts = (" ".join(SENTENCES[i % 5 :][: 1 + i % 2]) for i in range(n))
        path.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in enumerate(texts)), "utf-8")
        return path

    return rows
