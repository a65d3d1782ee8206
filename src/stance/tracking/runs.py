"""A training as an MLflow run: parameters, metrics, corpus, commit, plots, card, and the table as a model."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import TYPE_CHECKING, Any

from stance.model.evaluation import Evaluation
from stance.tracking.registry import TABLE, check_name, register_version
from stance.tracking.store import artifacts, connected, is_server, shown

if TYPE_CHECKING:
    import pandas as pd

    from stance.model.table import Table

EXPERIMENT = "stance"

REQUIREMENTS = ("mlflow", "numpy", "pandas", "PyStemmer")
"""What the logged model needs beside its own copy of stance's code."""


@dataclass(frozen=True)
class RunRecord:
    """Where one training is recorded. ``version`` and ``name`` are None unless it was registered."""

    store: str
    experiment: str
    run_id: str
    model_uri: str
    name: str | None = None
    version: int | None = None

    def __str__(self) -> str:
        """One line for people."""
        run = f"run {self.run_id} of experiment {self.experiment!r} in {self.store}"
        return run + (f", registered as models:/{self.name}/{self.version}" if self.name else "")


def record_training(
    table: Table,
    *,
    corpus: pd.DataFrame,
    digest: str,
    parameters: Mapping[str, Any],
    evaluations: Mapping[str, Evaluation],
    card: str,
    metrics: Mapping[str, float] | None = None,
    experiment: str = EXPERIMENT,
    register: str | None = None,
) -> RunRecord:
    """Record one training as an MLflow run.

    corpus: the labelled rows (columns text, label, tone if any), with ``digest`` the run's dataset.
    parameters: nested mappings are flattened with dots. evaluations: by name ("cross-validation", "test"); each gives
    metrics ``name/macro_f1`` and so on, a JSON file and three plots. metrics: any further ones.
    register: name under which the table becomes a new version with the alias ``challenger``.

    Raises TrackingError; whatever MLflow already holds of the run is marked as failed.
    """
    if register is not None:
        check_name(register)
    with connected() as (mlflow, uri), tempfile.TemporaryDirectory() as folder:
        number = _experiment(mlflow, uri, experiment)
        with mlflow.start_run(experiment_id=number, nested=True, tags=_commit()) as run:
            mlflow.log_params(_flat(parameters))
            _log_corpus(mlflow, corpus, digest)
            model = _log_model(mlflow, table, Path(folder) / "model")
            figures = {**_figures(evaluations), **(metrics or {})}
            mlflow.log_metrics(figures, model_id=model.model_id)
            mlflow.log_artifacts(_reports(evaluations, card, Path(folder) / "reports"))
            made = register_version(mlflow, register, model, run.info.run_id) if register else None
    return RunRecord(shown(uri), experiment, run.info.run_id, model.model_uri, register, made)


def _experiment(mlflow: Any, uri: str, name: str) -> str:
    found = mlflow.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    # A server knows where its artifacts belong; a database alone would put them into ./mlruns.
    place = None if is_server(uri) else artifacts(uri).as_uri()
    return str(mlflow.create_experiment(name, artifact_location=place))


def _commit() -> dict[str, str]:
    """The commit of the current folder's repository, and whether it has changes; nothing outside of one."""
    try:
        head, status = (
            subprocess.run(["git", *words], capture_output=True, text=True, check=True, timeout=10).stdout
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain"])
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"mlflow.source.git.commit": head.strip(), "git.dirty": str(bool(status.strip())).lower()}


def _flat(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[_allowed(prefix + name)] = value
    return flat


def _allowed(name: str) -> str:
    """A name that MLflow takes for a metric or parameter."""
    return re.sub(r"[^\w\-. :/]", "_", name, flags=re.ASCII)


def _log_corpus(mlflow: Any, corpus: pd.DataFrame, digest: str) -> None:
    rows = corpus[[name for name in ("text", "label", "tone") if name in corpus]]
    files = sorted(set(corpus["file"])) if "file" in corpus else []
    # MLflow keeps 36 characters of a dataset's digest; the whole one is in the table's header.
    dataset = mlflow.data.from_pandas(
        rows, source=", ".join(files)[:500] or "memory", name="corpus", digest=digest[:36], targets="label"
    )
    mlflow.log_input(dataset, context="training")
    mlflow.set_tag("corpus.digest", digest)


def _log_model(mlflow: Any, table: Table, folder: Path) -> Any:
    import pandas as pd

    import stance
    from stance.tracking import pyfunc

    folder.mkdir()
    (folder / "pyfunc.py").write_text(pyfunc.CODE, encoding="utf-8")
    table.save(folder / TABLE)
    # With its own copy of the code, the model scores alike wherever it is served, whatever stance is there.
    source = Path(stance.__file__).parent
    copytree(source, folder / "stance", ignore=ignore_patterns("*.npz", "__pycache__"))
    sample = pd.DataFrame({"text": ["The two sides agreed to resume talks."]})
    return mlflow.pyfunc.log_model(
        name="table",
        python_model=str(folder / "pyfunc.py"),
        artifacts={"table": str(folder / TABLE)},
        code_paths=[str(folder / "stance")],
        signature=mlflow.models.infer_signature(sample, pyfunc.scored(table, sample["text"])),
        pip_requirements=[f"{name}=={version(name)}" for name in REQUIREMENTS],
    )


def _figures(evaluations: Mapping[str, Evaluation]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, evaluation in evaluations.items():
        measures = evaluation.to_dict()
        low, high = measures["macro_f1_interval"] or (None, None)
        measures |= {"macro_f1_low": low, "macro_f1_high": high}
        measures |= {f"f1/{label}": row["f1"] for label, row in evaluation.per_class.items()}
        for measure, value in measures.items():
            if isinstance(value, int | float):
                figures[_allowed(f"{name}/{measure}")] = value
    return figures


def _reports(evaluations: Mapping[str, Evaluation], card: str, folder: Path) -> Path:
    """The run's files: card.md, and for each evaluation a folder with its JSON and plots."""
    from stance.report import plots

    folder.mkdir()
    (folder / "card.md").write_text(card, encoding="utf-8")
    for name, evaluation in evaluations.items():
        place = folder / name
        place.mkdir()
        text = json.dumps(evaluation.to_dict(), indent=2, ensure_ascii=False)
        (place / "evaluation.json").write_text(text, encoding="utf-8")
        plots.save(evaluation, place)
    return folder
