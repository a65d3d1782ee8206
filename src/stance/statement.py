"""The types every room shares: documents, statements and what the model says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

STANCES = ("conciliatory", "hawkish", "neutral")
"""Labels of the default model, in the order of its probability columns (data/CODEBOOK.md defines them)."""

UNCERTAIN = "uncertain"
"""What a statement is called when the model is less sure than the user asked for."""

Voice = Literal["quote", "reported", "narration"]


@dataclass(frozen=True, slots=True)
class Document:
    """One text as read. Offsets of statements count characters (code points) of ``text``.

    author: who wrote it; ``speaker``: whose words all of it is, where nobody else is named.
    row: whether it is one row of a table, and so one statement where lines are statements.
    offset, first: of a piece of a longer document, where in it the piece begins and how many statements stand before.
    """

    text: str
    id: str
    title: str | None = None
    date: str | None = None
    source: str | None = None
    speaker: str | None = None
    author: str | None = None
    row: bool = False
    offset: int = 0
    first: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, or one sentence of a quotation: ``document.text[start:end] == text``.

    ``content_start`` and ``content_end`` (offsets into the document too) bound what is attributed to the
    speaker: the quoted words or the that-clause; without a speaker, the statement itself.
    ``cue`` is the verb that attributes it (lemma), for every sentence of a quotation; none without a speaker.
    ``speaker_full`` is the longest form of the speaker's name in the document, ``target`` the actor
    addressed or spoken of.
    ``judged_end`` (an offset too) ends what the stance is judged by: of a quotation or clause that stands first, its
    words and cue, for what the reporter adds is not the speaker's; of one that stands last, its words up to a clause in
    which another speaks; None where that is the whole statement.
    """

    document: str
    index: int
    text: str
    start: int
    end: int
    content_start: int
    content_end: int
    voice: Voice = "narration"
    speaker: str | None = None
    speaker_full: str | None = None
    target: str | None = None
    cue: str | None = None
    judged_end: int | None = None

    @property
    def judged(self) -> str:
        """The part of the text that the stance is judged by: all of it up to ``judged_end``."""
        return self.text if self.judged_end is None else self.text[: self.judged_end - self.start]


@dataclass(frozen=True, slots=True)
class ScoredStatement:
    """A statement with the model's judgement.

    stance: a label of the model, or ``"uncertain"`` below the wanted confidence.
    confidence: probability of the most likely label, in [0, 1].
    probabilities: label -> probability, summing to 1.
    tone: from -3 (violent) over 0 (matter-of-fact) to +3 (warm); None when the model has no tone head.
    """

    statement: Statement
    stance: str
    confidence: float
    probabilities: Mapping[str, float]
    tone: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the command line and the service, ready for ``json.dumps``."""
        s = self.statement
        return {
            "document": s.document,
            "index": s.index,
            "text": s.text,
            "start": s.start,
            "end": s.end,
            "speaker": s.speaker,
            "speaker_full": s.speaker_full,
            "target": s.target,
            "voice": s.voice,
            "content": [s.content_start, s.content_end],
            "stance": self.stance,
            "confidence": self.confidence,
            "probabilities": dict(self.probabilities),
            "tone": self.tone,
        }
