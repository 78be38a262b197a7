from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.evaluation import Evaluation
from domain.training_run import training_run_event
from tests.evaluations import GOOD

ENDED_AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def run(evaluation: Evaluation = GOOD, **other: Any) -> dict[str, Any]:
    about: dict[str, Any] = {
        "job": "job-1",
        "owner": "recommendations",
        "primary": "mrr_20_all",
        "version": 3,
        "status": "Approved",
        "reasons": [],
        "ended_at": ENDED_AT,
    }
    return training_run_event(evaluation, **{**about, **other})


def test_a_run_says_with_what_it_was_made_and_what_it_cost():
    event = run()

    assert event["name"] == "training_run"
    assert event["snapshot_id"] == "snapshot-1"
    assert event["parameters"] == {"nearness": 3.0, "seed": 1}
    assert event["cost_usd"] == 0.0008
    assert event["ended_at"] - event["started_at"] == 12_000


def test_a_series_of_metrics_has_a_number_per_point_of_the_search():
    points = (GOOD.points[0], replace(GOOD.points[0], metric=0.3))

    event = run(replace(GOOD, points=points))

    assert event["metrics"]["searched_mrr_20_all"] == [0.35, 0.3]
    assert event["metrics"]["mrr_20_all"] == 0.3
    assert event["metrics"]["covisitation_mrr_20_all"] == 0.5


def test_a_run_that_is_told_again_is_the_same_event_and_another_job_is_another():
    assert run(status="Rejected")["event_id"] == run()["event_id"]
    assert run(job="job-2")["event_id"] != run()["event_id"]
