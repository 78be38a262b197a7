"""Against MLflow itself, with its own database in a folder."""

from datetime import datetime
from typing import Any

import pytest

from ops import mlflow_export
from ops.runs import Run

AT = datetime(2026, 11, 22, 10)


def run(**other: Any) -> Run:
    values: dict[str, Any] = {
        "run_id": "job-1",
        "model": "next_item",
        "version": "3",
        "status": "Approved",
        "owner": "recommendations",
        "snapshot_id": "s1",
        "code_version": None,
        "started_at": None,
        "ended_at": AT,
        "cost_usd": 0.0008,
        "parameters": {"nearness": 3.0},
        "metrics": {"mrr_20_all": 0.3, "searched_mrr_20_all": [0.3, 0.2]},
        "reasons": [],
    }
    return Run(**{**values, **other})


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/runs.db"


@pytest.fixture(scope="module")
def copied(uri: str) -> list[Any]:
    from mlflow.tracking import MlflowClient

    failed = run(run_id="job-2", version=None, status="Failed", metrics={}, reasons=["it's too little"])
    assert mlflow_export.export([run(), failed], uri=uri) == 2
    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("skiff-next_item")
    assert experiment is not None
    return sorted(client.search_runs([experiment.experiment_id]), key=lambda each: each.info.run_name)


def test_a_run_is_copied_once_however_often_it_is_told(uri: str, copied: list[Any]):
    assert mlflow_export.export([run()], uri=uri) == 0
    assert len(copied) == 2


def test_numbers_parameters_and_what_became_of_it_are_there(copied: list[Any]):
    failed, good = copied

    assert good.data.metrics == {"mrr_20_all": 0.3, "searched_mrr_20_all": 0.2, "cost_usd": 0.0008}
    assert good.data.params == {"nearness": "3.0"}
    assert (good.data.tags["status"], good.data.tags["snapshot_id"]) == ("Approved", "s1")
    assert good.info.end_time == 1795341600000
    assert (failed.info.status, failed.data.tags["reasons"]) == ("FAILED", "it's too little")


def test_a_series_keeps_its_steps(uri: str, copied: list[Any]):
    from mlflow.tracking import MlflowClient

    history = MlflowClient(tracking_uri=uri).get_metric_history(copied[1].info.run_id, "searched_mrr_20_all")

    assert [(point.step, point.value) for point in history] == [(0, 0.3), (1, 0.2)]
