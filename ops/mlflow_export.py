"""
Runs in an MLflow server as well: `python -m ops runs ENV --mlflow URI`, for a team that has one already.

The log stays the truth: what is copied can be copied again, and a run that is there is not made twice.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ops.runs import Run

if TYPE_CHECKING:
    from mlflow.entities import Metric, Param
    from mlflow.tracking import MlflowClient

RUN_ID = "skiff.run_id"  # the tag by which a run is found again
STATUS = {"Failed": "FAILED"}  # of MLflow; whether a finished run was approved is a tag
MAX_VALUE = 6000  # characters of a parameter that MLflow keeps


def export(runs: Iterable[Run], *, uri: str) -> int:
    """
    Copy what is not there yet, an experiment per model; returns how many runs were new.

    Args:
        uri: of the tracking server, as MLflow takes it: https://…, sqlite:///….
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow.tracking import MlflowClient  # two seconds

    client = MlflowClient(tracking_uri=uri)
    return sum(_copy(client, run) for run in runs)


def _copy(client: "MlflowClient", run: Run) -> bool:
    experiment = _experiment(client, f"skiff-{run.model}")
    if client.search_runs([experiment], f"tags.`{RUN_ID}` = '{run.run_id}'"):
        return False
    tags = {
        RUN_ID: run.run_id,
        "status": run.status,
        "owner": run.owner,
        "snapshot_id": run.snapshot_id,
        "code_version": run.code_version or "",
        "reasons": "; ".join(run.reasons),
    }
    started = run.started_at or run.ended_at
    made = client.create_run(experiment, start_time=_ms(started), tags=tags, run_name=run.name).info.run_id
    client.log_batch(made, metrics=_metrics(run), params=_parameters(run))
    client.set_terminated(made, STATUS.get(run.status, "FINISHED"), end_time=_ms(run.ended_at))
    return True


def _experiment(client: "MlflowClient", name: str) -> str:
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


def _metrics(run: Run) -> "list[Metric]":
    """A number is a metric of one step, a series one of many."""
    from mlflow.entities import Metric

    costs = {} if run.cost_usd is None else {"cost_usd": run.cost_usd}
    series = {
        name: value if isinstance(value, list) else [value]
        for name, value in {**run.metrics, **costs}.items()
    }
    return [
        Metric(key=name, value=float(value), timestamp=_ms(run.ended_at), step=step)
        for name, values in series.items()
        for step, value in enumerate(values)
    ]


def _parameters(run: Run) -> "list[Param]":
    from mlflow.entities import Param

    return [Param(key=name, value=str(value)[:MAX_VALUE]) for name, value in run.parameters.items()]


def _ms(moment: datetime) -> int:
    """Epoch ms of a moment in UTC, as the warehouse keeps it: without a zone."""
    return int(moment.replace(tzinfo=UTC).timestamp() * 1000)
