"""The model as Python sees it: texts or documents in, scored statements out, and a data frame if wanted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, SupportsIndex, overload

from stance.analysis import analyse, judge, require_probability
from stance.errors import InputError, ModelError
from stance.model.explanation import Explanation, explain
from stance.model.table import DEFAULT, Table
from stance.statement import Document, ScoredStatement, Statement

if TYPE_CHECKING:
    import pandas as pd

    from stance.text.segmenting import Unit


_COLUMNS = (
    "document", "index", "text", "start", "end", "speaker", "speaker_full", "target", "voice", "stance", "confidence",
    "tone",
)  # fmt: skip


class ScoredStatements(list[ScoredStatement]):
    """Scored statements in the order of the text; a list that can become a data frame, and so can its slices."""

    @overload
    def __getitem__(self, at: SupportsIndex) -> ScoredStatement: ...

    @overload
    def __getitem__(self, at: slice) -> ScoredStatements: ...

    def __getitem__(self, at: SupportsIndex | slice) -> ScoredStatement | ScoredStatements:
        return ScoredStatements(super().__getitem__(at)) if isinstance(at, slice) else super().__getitem__(at)

    def to_frame(self) -> pd.DataFrame:
        """One row a statement.

        Columns: document, index, text, start, end, speaker, speaker_full, target, voice, stance, confidence,
        ``p_LABEL`` for each label of the model, tone (NaN from a model without tone). Of no statements: no ``p_LABEL``.
        """
        import pandas as pd

        rows = []
        for s in self:
            row = s.to_dict()
            del row["content"]
            tone = row.pop("tone")
            probabilities = row.pop("probabilities")
            rows.append({**row, **{f"p_{label}": p for label, p in probabilities.items()}, "tone": tone})
        frame = pd.DataFrame(rows, columns=None if rows else _COLUMNS)
        return frame.astype({"tone": float})


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

        texts: a string, or a list, tuple, generator, Series, array of one dimension or the like of strings.
        min_confidence: in [0, 1]; statements of which the model is less sure get the stance "uncertain".
        Any string can be scored. Raises InputError for what holds no texts or more than texts (None, a frame, a dict,
        a path), and for an item that is no string (None, NaN), with its number from 1; UsageError for another
        min_confidence.

        >>> said = Scorer(Table.load()).score(["Talks will resume on Monday.", "The road is closed."])
        >>> len(said), round(sum(said[0].probabilities.values()), 4)
        (2, 1.0)
        """
        require_probability(min_confidence)
        rows = texts_of(texts)
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

        document: one of: the text itself (a string is never taken for a path), the path of a file or folder (a
        ``Path``), or a Document.
        unit: "sentence", or "line" to take each line as one statement. min_confidence: as in :meth:`score`.
        Raises InputError for a file that cannot be read, and for what is none of the three, such as a list;
        UsageError for another unit or min_confidence.

        >>> text = "“We will not yield,” the envoy of Marran said. Talks ended at noon."
        >>> [(s.statement.start, s.stance) for s in Scorer(Table.load()).statements(text)]
        [(0, 'hawkish'), (47, 'neutral')]
        """
        if isinstance(document, str):
            documents: Iterable[Document] = [Document(document, id="text")]
        elif isinstance(document, Document):
            documents = [document]
        elif isinstance(document, os.PathLike):
            from stance.text.reading import read

            documents = read(document)
        else:
            remedy = "give a text, a Path or a Document: several one by one, or texts that are statements to score()"
            raise InputError(f"one is wanted, not {_told(document)}", place="document", remedy=remedy)
        return ScoredStatements(analyse(documents, self.table, unit=unit, min_confidence=min_confidence))

    def explain(self, text: str) -> Explanation:
        """What moved the model on one statement: words, pairs and frames, with what each adds for each label.

        Raises InputError for what is no string.

        >>> why = Scorer(Table.load()).explain("They threatened to close the strait.")
        >>> why.stance, why.strongest(1)[0].weights["hawkish"] > 0
        ('hawkish', True)
        """
        if not isinstance(text, str):
            remedy = "give one string; of several: [model.explain(text) for text in texts]"
            raise InputError(f"one is wanted, not {_told(text)}", place="text", remedy=remedy)
        return explain(self.table, text)


def texts_of(given: str | Iterable[str]) -> list[str]:
    """The texts that :meth:`Scorer.score` is given, as a list. Raises InputError, which says what to give instead.

    >>> texts_of("Talks began."), texts_of(text for text in ("a", "b"))
    (['Talks began.'], ['a', 'b'])
    """
    if isinstance(given, str):
        return [given]
    if remedy := _remedy(given):
        raise InputError(f"strings are wanted, not {_told(given)}", place="texts", remedy=remedy)
    texts = list(given)
    for number, text in enumerate(texts, start=1):
        if not isinstance(text, str):
            remedy = "give strings, and leave out missing ones"
            raise InputError(f"no text but {_told(text)}", place=f"text {number}", remedy=remedy)
    return texts


def _remedy(given: object) -> str | None:
    """What to give instead of what holds no texts, or more than texts; None for what may hold them."""
    if isinstance(given, Mapping):
        return "give what of it is text, such as score(x.values())"
    if len(getattr(given, "shape", ())) > 1:
        return "give the column that holds the texts, such as score(frame['text'])"
    if isinstance(given, (bytes, bytearray)):
        return "decode it: score(x.decode())"
    if isinstance(given, os.PathLike):
        return "give what the file holds, or the path to statements()"
    return None if hasattr(given, "__iter__") and getattr(given, "shape", None) != () else "give a string, or several"


def _told(given: object) -> str:
    """
    >>> import numpy as np
    >>> _told(None), _told({}), _told(np.zeros((2, 3))), _told(float("nan"))
    ('None', 'dict', 'ndarray of shape (2, 3)', 'nan')
    """
    if given is None or (isinstance(given, float) and given != given):
        return repr(given)
    shape = getattr(given, "shape", None)
    return type(given).__name__ + (f" of shape {shape}" if shape else "")


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
    if model is not None and not isinstance(model, (str, os.PathLike)):
        what, remedy = f"a model is wanted, not {_told(model)}", "give the path of a table, or models:/NAME@ALIAS"
        raise ModelError(what, place="model", remedy=remedy)
    return (DEFAULT if model is None or model == "default" else Path(model)), None
