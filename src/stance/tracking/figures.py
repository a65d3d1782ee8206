"""Figures that no training made, such as drift, as an MLflow run of their own."""

from __future__ import annotations

from collections.abc import Mapping

from stance.tracking.runs import EXPERIMENT, _experiment
from stance.tracking.store import connected, shown


def record_figures(
    figures: Mapping[str, float], *, parameters: Mapping[str, str], name: str, experiment: str = EXPERIMENT
) -> str:
    """Record figures as one run called ``name``; one line that says where. Raises TrackingError."""
    with connected() as (mlflow, uri):
        number = _experiment(mlflow, uri, experiment)
        with mlflow.start_run(experiment_id=number, run_name=name, nested=True) as run:
            mlflow.log_params(dict(parameters))
            mlflow.log_metrics({key: float(value) for key, value in figures.items()})
    return f"run {run.info.run_id} of experiment {experiment!r} in {shown(uri)}"
