"""The table as an MLflow model: statements in, stance, probabilities, confidence and tone out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.errors import InputError
from stance.model.table import Table

if TYPE_CHECKING:
    import pandas as pd

CODE = """\
from mlflow.models import set_model
from stance.tracking.pyfunc import make_model

set_model(make_model())
"""
"""The file that MLflow keeps with the model, and runs to load it."""


def scored(table: Table, texts: "pd.Series[str]") -> "pd.DataFrame":
    """One row a statement: stance, p_LABEL for each label, confidence; tone if the table has that head.

    Raises InputError for a missing text, the row counted from 1.
    """
    import pandas as pd

    missing = texts.isna().tolist()
    if any(missing):
        remedy = "drop the rows without a text"
        raise InputError("no text", place=f"row {missing.index(True) + 1}", remedy=remedy)
    scores = table.score(texts.tolist())
    p = scores.probabilities
    columns: dict[str, Any] = {"stance": [table.labels[i] for i in p.argmax(axis=1)]}
    columns |= {f"p_{label}": p[:, i] for i, label in enumerate(table.labels)}
    columns["confidence"] = p.max(axis=1)
    if scores.tone is not None:
        columns["tone"] = scores.tone
    return pd.DataFrame(columns)


def make_model() -> Any:
    """A `mlflow.pyfunc.PythonModel` of the table that it was logged with (its artifact ``table``)."""
    import mlflow
    import pandas as pd

    class StanceModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]  # mlflow ships no types
        """Scores each row's ``text`` as one statement."""

        def load_context(self, context: Any) -> None:
            self.table = Table.load(Path(context.artifacts["table"]))

        def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
            return scored(self.table, model_input["text"])

    return StanceModel()
