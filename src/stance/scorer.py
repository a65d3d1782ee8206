"""The model as Python sees it: texts or documents in, scored statements out, and a data frame if wanted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from stance.analysis import analyse, judge
from stance.errors import InputError
from stance.model.explanation import Explanation, explain
from stance.model.table import DEFAULT, Table
from stance.statement import Document, ScoredStatement, Statement

if TYPE_CHECKING:
    import pandas as pd

    from stance.text.segmenting import Unit


class ScoredStatements(list[ScoredStatement]):
    """Scored statements in the order of the text; a list that can become a data frame."""

    def to_frame(self) -> pd.DataFrame:
        """One row a statement.

        Columns: document, index, text, start, end, speaker, speaker_full, target, voice, stance, confidence,
        ``p_LABEL`` for each label of the model, tone (NaN from a model without tone).
        """
        import pandas as pd

        rows = []
        for s in self:
            row = s.to_dict()
            del row["content"]
            tone = row.pop("tone")
            probabilities = row.pop("probabilities")
            rows.append({**row, **{f"p_{label}": p for label, p in probabilities.items()}, "tone": tone})
        frame = pd.DataFrame(rows)
        return frame.astype({"tone": float}) if rows else frame


class Scorer:
    """A model that scores and explains. Made by :func:`stance.load`.

    table: the compiled model. labels: its labels, in the order of its probabilities.

    >>> scorer = Scorer(Table.load())
    >>> scorer.score("We will never accept this ultimatum.")[0].stance
    'hawkish'
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.labels = table.labels

    def __repr__(self) -> str:
        return f"<Scorer of {', '.join(self.labels)}: {self.table.header.get('name', 'unnamed')}>"

    def score(self, texts: str | Iterable[str], *, min_confidence: float = 0.0) -> ScoredStatements:
        """Score a text, or n texts, each as one statement whose speaker is not looked for.

        min_confidence: in [0, 1]; statements of which the model is less sure get the stance "uncertain".
        Any string can be scored. Raises InputError for what is no string (None, NaN), with its number from 1.

        >>> said = Scorer(Table.load()).score(["Talks will resume on Monday.", "The road is closed."])
        >>> len(said), round(sum(said[0].probabilities.values()), 4)
        (2, 1.0)
        """
        rows = [texts] if isinstance(texts, str) else list(texts)
        for number, text in enumerate(rows, start=1):
            if not isinstance(text, str):
                what = f"no text but {text!r}" if text is None or text != text else f"no text but {type(text).__name__}"
                raise InputError(what, place=f"text {number}", remedy="give strings, and leave out missing ones")
        statements = [Statement("", i, text, 0, len(text), 0, len(text)) for i, text in enumerate(rows)]
        return ScoredStatements(judge(statements, self.table, min_confidence=min_confidence))

    def statements(
        self,
        document: str | os.PathLike[str] | Document,
        *,
        unit: Unit = "sentence",
        min_confidence: float = 0.0,
    ) -> ScoredStatements:
        """Cut a document into statements, find who makes each, and score them.

        document: the text itself (a string), the path of a file or folder (a ``Path``), or a Document.
        unit: "sentence", or "line" to take each line as one statement. min_confidence: as in :meth:`score`.
        Raises InputError for a file that cannot be read.

        >>> text = "“We will not yield,” the envoy of Marran said. Talks ended at noon."
        >>> [(s.statement.start, s.stance) for s in Scorer(Table.load()).statements(text)]
        [(0, 'hawkish'), (47, 'neutral')]
        """
        if isinstance(document, str):
            documents: Iterable[Document] = [Document(document, id="text")]
        elif isinstance(document, Document):
            documents = [document]
        else:
            from stance.text.reading import read

            documents = read(document)
        return ScoredStatements(analyse(documents, self.table, unit=unit, min_confidence=min_confidence))

    def explain(self, text: str) -> Explanation:
        """What moved the model on one statement: words, pairs and frames, with what each adds for each label.

        >>> why = Scorer(Table.load()).explain("They threatened to close the strait.")
        >>> why.stance, why.strongest(1)[0].weights["hawkish"] > 0
        ('hawkish', True)
        """
        return explain(self.table, text)


def open_table(model: str | os.PathLike[str] | None = None) -> Table:
    """The table of a path or of ``models:/NAME@ALIAS``; None or "default" is the default model. Raises ModelError."""
    return Table.load(find_table(model))


def find_table(model: str | os.PathLike[str] | None = None) -> Path:
    """The file of that table. Raises ModelError for a registered model that is not there."""
    return find_model(model)[0]


def find_model(model: str | os.PathLike[str] | None = None) -> tuple[Path, tuple[str, int] | None]:
    """The same, with the name and version under which it is registered, None for a mere file."""
    if isinstance(model, str) and model.startswith("models:/"):
        from stance.tracking.registry import resolve_model

        found = resolve_model(model)
        return found.path, (found.name, found.version)
    return (DEFAULT if model is None or model == "default" else Path(model)), None
