"""Many documents through `stance.analysis`: with processes on one machine, with Spark on many.

Both read the same batches of a corpus and call the same `score_batch`, so that their rows are the same.
"""

from stance.scaling.corpus import Corpus, Reject
from stance.scaling.outputs import Note, form_of, leavings, rejects_of
from stance.scaling.runs import Progress, score_corpus
from stance.scaling.talk import Talk
from stance.scaling.work import score_batch

__all__ = [
    "Corpus",
    "Note",
    "Progress",
    "Reject",
    "Talk",
    "form_of",
    "leavings",
    "rejects_of",
    "score_batch",
    "score_corpus",
]
