"""The watch on planted numbers: what it finds, what it sends, and that it retrains once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters import artifacts, functions, machines
from adapters.functions import Route, Version
from domain.other_settings import WatchSettings
from lambdas import watch

AS_OF = datetime(2026, 11, 26, 12, tzinfo=UTC)
MACHINE = {"Comment": "waits", "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
TRAFFIC = {
    "freshness_minutes": 7.0,
    "now": 50.0,
    "usual": 100.0,
    "weeks": 4,
    "sessions": 10.0,
    "orders": 2.0,
    "revenue": 99.5,
}


def inputs(**shares: dict[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """feature=bucket → how often on the learned day, how often now."""
    return [
        {"feature": feature, "day": day, "bucket": bucket, "seen": count}
        for feature, buckets in shares.items()
        for bucket, counts in buckets.items()
        for day, count in zip(("learned", "now"), counts, strict=True)
    ]


CALM = inputs(popularity={"first tenth": (500, 480), "last half": (480, 500), "unseen": (20, 20)})


class Cloud:
    """The warehouse's answers and a release, both as a test tells them."""

    def __init__(self) -> None:
        self.rows: dict[str, Any] = {"inputs": CALM, "scores": [], "quality": [], "sessions": []}
        self.about = {
            "version": "3",
            "learned_until_ms": (AS_OF - timedelta(days=1)).timestamp() * 1000,
            "quality": 0.3,
            "scores": [0.1 * number for number in range(100)],
        }
        self.release_id = "next_item-3-abc"

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        assert function == "transform"
        return TRAFFIC if event["action"] == "watch_traffic" else self.rows


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    cloud = Cloud()
    monkeypatch.setattr(functions, "invoke", cloud.invoke)
    monkeypatch.setattr(functions, "route", lambda _: Route(version="7"))
    published = lambda _: [Version(number="7", release_id=cloud.release_id, layers=())]  # noqa: E731
    monkeypatch.setattr(functions, "versions", published)
    monkeypatch.setattr(
        artifacts, "read", lambda *_: json.dumps({"champion": cloud.about, "shadow": {}}).encode()
    )
    machines._client.cache_clear()
    with mock_aws():
        arn = boto3.client("stepfunctions").create_state_machine(
            name="pipeline", definition=json.dumps(MACHINE), roleArn="arn:aws:iam::123456789012:role/r"
        )["stateMachineArn"]
        settings = WatchSettings(
            artifacts_bucket="artifacts",
            predict_functions={"next_item": "predict"},
            transform_function="transform",
            pipeline_arn=arn,
            metrics_namespace="Skiff/test",
        )
        for name, value in settings.to_env().items():
            monkeypatch.setenv(name, value)
        watch.settings.cache_clear()
        yield cloud
    machines._client.cache_clear()


def look(at: datetime = AS_OF) -> dict[str, Any]:
    return dict(watch.handler({"as_of": at.isoformat()}, None)["models"]["next_item"])


def trainings() -> list[dict[str, Any]]:
    client = boto3.client("stepfunctions")
    found = client.list_executions(stateMachineArn=watch.settings().pipeline_arn)["executions"]
    return [
        json.loads(client.describe_execution(executionArn=each["executionArn"])["input"]) for each in found
    ]


def test_a_calm_day_starts_nothing_and_is_told_as_metrics(cloud: Cloud, capsys: pytest.CaptureFixture[str]):
    found = look()

    assert found["InputDrift"] < 0.01
    assert (found["NewItemShare"], found["StalenessDays"]) == (0.02, 1.0)
    assert (found["reasons"], found["retraining"]) == ([], "not due")
    assert trainings() == []
    shop, model = map(json.loads, capsys.readouterr().out.splitlines())
    assert (shop["FreshnessMinutes"], shop["VolumeRatio"], shop["Revenue"]) == (7.0, 0.5, 99.5)
    assert (model["StalenessDays"], model["model"], model["version"]) == (1.0, "next_item", "3")
    directive = model["_aws"]["CloudWatchMetrics"][0]
    assert directive["Dimensions"] == [["model"]]
    assert {"InputDrift", "StalenessDays"} <= {metric["Name"] for metric in directive["Metrics"]}


@pytest.mark.parametrize(
    "rows",
    [
        inputs(popularity={"first tenth": (500, 0), "last half": (480, 0), "unseen": (20, 1000)}),
        inputs(popularity={"first tenth": (500, 0), "last half": (500, 0), "no item": (0, 1000)}),
        [*CALM, *inputs(event_name={"view_item": (800, 10), "page_view": (200, 990)})],
    ],
    ids=["swapped item ids", "looks without items", "a stopped feed of looks"],
)
def test_a_drift_starts_one_training_of_that_model_however_often_it_is_seen(
    cloud: Cloud, rows: list[dict[str, Any]]
):
    cloud.rows["inputs"] = rows

    first, second = look(), look(AS_OF + timedelta(hours=1))

    assert first["retraining"] == "started"
    assert second["retraining"].startswith("cooling down")
    (asked,) = trainings()
    assert asked["models"] == ["next_item"]
    assert "InputDrift is" in asked["reason"]


def test_two_watches_at_once_start_one_training(cloud: Cloud, monkeypatch: pytest.MonkeyPatch):
    cloud.about["learned_until_ms"] = (AS_OF - timedelta(days=8)).timestamp() * 1000
    monkeypatch.setattr(machines, "last_started", lambda *_args, **_about: None)  # neither sees the other

    found = [look()["retraining"], look(AS_OF + timedelta(seconds=1))["retraining"]]

    assert found == ["started", "started before"]
    assert len(trainings()) == 1


def test_after_the_cool_down_there_is_another(cloud: Cloud, monkeypatch: pytest.MonkeyPatch):
    cloud.about["learned_until_ms"] = (AS_OF - timedelta(days=8)).timestamp() * 1000
    long_ago = datetime.now(UTC) - timedelta(hours=25)
    look()
    monkeypatch.setattr(machines, "last_started", lambda *_args, **_about: long_ago)

    assert look(AS_OF + timedelta(days=1))["retraining"] == "started"
    assert len(trainings()) == 2


def test_answers_that_are_less_sure_than_they_were_are_a_drift(cloud: Cloud):
    cloud.rows["scores"] = [{"score": 0.0}] * 300

    found = look()

    assert found["ScoreDrift"] > 2
    assert "ScoreDrift is" in found["reasons"][0]


def test_few_of_anything_say_nothing(cloud: Cloud):
    cloud.rows |= {"inputs": inputs(popularity={"unseen": (0, 50), "last half": (50, 0)})}
    cloud.rows |= {"scores": [{"score": 0.0}] * 50}

    found = look()

    assert "InputDrift" not in found
    assert "ScoreDrift" not in found
    assert found["retraining"] == "not due"


def test_live_quality_is_held_against_the_evaluation(cloud: Cloud):
    row = {
        "model": "next_item",
        "version": "3",
        "arm": "champion",
        "tier": "model",
        "answers": 1000,
        "labelled": 500,
        "hits": 200,
        "reciprocal_ranks": 100.0,
        "clicked": 50,
        "bought": 10,
        "mean_probability": None,
        "brier": None,
    }
    fallen = {**row, "tier": "baseline", "answers": 250, "labelled": 0, "hits": 0, "reciprocal_ranks": 0.0}
    fallen |= {"clicked": 0, "bought": 0}
    other = [{**row, "version": "2"}, {**row, "arm": "shadow"}, {**row, "model": "top_items"}]
    cloud.rows["quality"] = [row, fallen, *other]

    found = look()

    assert found["LiveQuality"] == 0.2
    assert found["QualityLoss"] == pytest.approx(0.1)
    assert found["FallbackShare"] == 0.2
    assert found["ClickShare"] == 0.04
    assert found["ModelValue"] == pytest.approx(200 * 0.02)


def test_features_of_requests_are_held_against_the_log(cloud: Cloud):
    def row(prediction: str, sent: list[str], logged: str) -> dict[str, Any]:
        events = [{"name": "view_item", "items": [{"item_id": item}]} for item in sent]
        return {
            "prediction_id": prediction,
            "sent": json.dumps(events),
            "name": "view_item",
            "item_id": logged,
            "value": None,
            "occurred_at_ms": 0,
        }

    cloud.rows["sessions"] = [row("p1", ["a"], "a"), row("p2", ["a"], "b")]

    assert look()["FeatureMismatch"] == 0.5


def test_before_any_release_there_is_nothing_to_watch(cloud: Cloud):
    cloud.release_id = ""

    assert look() == {"note": "no release yet: the baseline answers"}
