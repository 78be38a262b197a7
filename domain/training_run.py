"""
A training run as the log keeps it: the event `training_run`, of what the job found and what became of it.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from domain.evaluation import Evaluation

SITE = "training"  # the source that runs log as; no shop is called so
NAMESPACE = uuid.UUID("5a0ed1b2-6c1d-5b8e-9d43-1f6a2c1e7b90")  # of event ids, so that a run told twice is one


def training_run_event(
    evaluation: Evaluation,
    *,
    job: str,
    owner: str,
    primary: str,
    version: int,
    status: str,
    reasons: Sequence[str],
    ended_at: datetime,
) -> dict[str, Any]:
    """
    Args:
        job: its name, unique in an account; the run goes by it.
        primary: the metric that the search went by; its series has a number per point, the best first.
        version: of the model package.
        status: of the model package: Approved, Rejected or PendingManualApproval.
        reasons: why the gate refused it.
        ended_at: when the job's artifact was there.
    """
    started_at = ended_at - timedelta(seconds=evaluation.cost.wall_seconds)
    return {
        "name": "training_run",
        "event_id": str(uuid.uuid5(NAMESPACE, job)),
        "occurred_at": _epoch_ms(ended_at),
        "run_id": job,
        "model": evaluation.model,
        "version": str(version),
        "status": status,
        "reasons": list(reasons),
        "owner": owner,
        "snapshot_id": evaluation.snapshot["snapshot_id"],
        "code_version": evaluation.code_version,
        "digest": evaluation.digest,
        "started_at": _epoch_ms(started_at),
        "ended_at": _epoch_ms(ended_at),
        "cost_usd": evaluation.cost.usd,
        "parameters": {**evaluation.parameters, "seed": evaluation.seed},
        "metrics": _metrics(evaluation, primary),
    }


def failed_run_event(
    *, model: str, job: str, owner: str, snapshot_id: str, reason: str, ended_at: datetime
) -> dict[str, Any]:
    """A run that made nothing, whichever of its steps failed; `reason` says which and why."""
    return {
        "name": "training_run",
        "event_id": str(uuid.uuid5(NAMESPACE, job)),
        "occurred_at": _epoch_ms(ended_at),
        "run_id": job,
        "model": model,
        "status": "Failed",
        "reasons": [reason],
        "owner": owner,
        "snapshot_id": snapshot_id,
        "ended_at": _epoch_ms(ended_at),
        "parameters": {},
        "metrics": {},
    }


def _metrics(evaluation: Evaluation, primary: str) -> dict[str, float | list[float]]:
    """Numbers by name, those of a baseline after it; a series is a list of them."""
    beside = {
        f"{baseline}_{name}": estimate.value
        for baseline, metrics in evaluation.baselines.items()
        for name, estimate in metrics.items()
    }
    return {
        **{name: estimate.value for name, estimate in evaluation.metrics.items()},
        **beside,
        f"searched_{primary}": [point.metric for point in evaluation.points],
        "latency_ms": evaluation.latency_ms,
        "cpu_seconds": evaluation.cost.cpu_seconds,
        "fit_cpu_seconds": evaluation.cost.fit_cpu_seconds,
        "wall_seconds": evaluation.cost.wall_seconds,
    }


def _epoch_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
