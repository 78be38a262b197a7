import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from unittest import mock

import boto3
import pyarrow.parquet as pq
import pytest
from moto.cloudwatch import cloudwatch_backends

from adapters import metrics, snapshots
from domain.other_settings import TransformSettings
from domain.tables import LAYERS, of_layer
from lambdas import transform
from tests.offline_shop import LAKE, SNOWFLAKE, Shop, line, opened_for_many
from training.next_item.contract import CONTRACT

SETTINGS = TransformSettings(
    **SNOWFLAKE,
    lake_bucket=LAKE,
    code_version="abc",
    metrics_namespace="Skiff/test",
)
SNAPSHOT = {"action": "snapshot", "model": "next_item", "snapshot_id": "s1", "as_of": "2026-01-01T06:00:00Z"}
FOLDER = "snapshots/next_item/s1/try-1/"


@pytest.fixture(scope="module")
def opened() -> Iterator[Shop]:
    with opened_for_many() as shop:
        yield shop


@pytest.fixture
def shop(opened: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    transform.settings.cache_clear()
    snapshots._s3.cache_clear()
    metrics._cloudwatch.cache_clear()
    cloudwatch_backends["123456789012"]["us-east-1"].reset()
    opened.forget()
    return opened


def transform_layer(layer: str) -> dict:
    event = {"action": "transform", "layer": layer, "as_of": "2026-01-01T12:00:00Z"}
    return transform.handler(event, invocation(f"run-{layer}"))


def transform_all() -> list[dict]:
    return [transform_layer(layer) for layer in LAYERS]


def metric(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_layer_answers_with_its_tables_and_what_it_touched(shop: Shop):
    shop.send(line("e1"), line("e2", seconds=7200))

    staging, intermediate, marts = transform_all()

    assert staging["tables"] == {"events": 2, "rejects": 0}
    assert intermediate["tables"] == {"session_events": 2, "sessions": 2, "item_events": 2, "orders": 0}
    assert marts["tables"]["next_item_sessions"] == 2
    assert staging["touched"][0] == {
        "table": "staging.events",
        "is_first": True,
        "rows_read": 2,
        "rows_deleted": 0,
        "rows_written": 2,
    }
    assert shop.rows(
        "select rows_read, rows_written from operations.refreshes where table_name = 'staging.events'"
    ) == [(2, 2)]


def test_a_clean_layer_says_so(shop: Shop, capsys: pytest.CaptureFixture[str]):
    transform_layer("staging")

    said = metric(capsys)
    assert (said["CheckViolations"], said["CheckWarnings"], said["layer"]) == (0, 0, "staging")


def test_a_violation_is_counted_stops_the_pipeline_and_leaves_the_last_good_tables(
    shop: Shop, capsys: pytest.CaptureFixture[str]
):
    shop.send(line("e1"), minutes_ago=600)
    transform_layer("staging")
    shop.send(line("e2", name=None), line("e3", occurred_at=None))

    with pytest.raises(
        transform.ChecksFailed, match=r"staging.events: Every event has a name and a time: 2 rows"
    ):
        transform_layer("staging")

    assert metric(capsys)["CheckViolations"] == 2
    assert shop.rows("select event_id from staging.events") == [("e1",)]
    [(found, examples)] = shop.rows(
        "select offending_rows, examples from operations.check_results where offending_rows > 0"
    )
    assert found == 2
    assert {row["event_id"] for row in json.loads(examples)} == {"e2", "e3"}


def test_after_a_stop_the_next_run_takes_up_where_the_last_good_one_ended(shop: Shop):
    shop.send(line("e1"), minutes_ago=600)
    transform_layer("staging")
    bad = shop.send(line("e2", name=None))
    with pytest.raises(transform.ChecksFailed):
        transform_layer("staging")

    shop.rows(f"delete from raw.events where src_file = '{bad}'")
    shop.send(line("e3"))
    transform_layer("staging")

    assert shop.rows("select event_id from staging.events order by 1") == [("e1",), ("e3",)]


def test_a_warning_is_counted_and_stops_nothing(shop: Shop, capsys: pytest.CaptureFixture[str]):
    shop.send(line("e1"), {"site": "shop"})

    transform_layer("staging")

    said = metric(capsys)
    assert (said["CheckViolations"], said["CheckWarnings"]) == (0, 1)
    assert said["warnings"] == ["staging.events: Every line of the log names its site and its event: 1 rows"]
    assert shop.rows("select event_id from staging.events") == [("e1",)]


def test_what_the_functions_counted_is_brought_over(shop: Shop):
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    for name, value in (("Accepted", 3), ("Accepted", 4), ("Rejected", 2), ("Answers", 9)):
        boto3.client("cloudwatch").put_metric_data(
            Namespace="Skiff/test",
            MetricData=[{"MetricName": name, "Value": value, "Timestamp": hour + timedelta(minutes=value)}],
        )

    transform_layer("staging")

    counted = shop.rows("select * from operations.hourly_counts")
    assert counted == [(hour.replace(tzinfo=None), 7, 2, 0, 9, 0)]


def test_the_requests_that_were_logged_are_told_as_they_were_sent(shop: Shop):
    asked = {
        "name": "prediction",
        "model": "next_item",
        "version": "1",
        "tier": "model",
        "items": None,
        "request": {"client_id": "c1", "events": [], "k": 3},
        "answer": {"items": []},
    }
    now = (datetime.now(UTC) - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()
    lines = [
        line("p1", seconds=now - 60, **asked),
        line("p2", seconds=now - 60, **{**asked, "arm": "shadow"}),
        line("p3", seconds=now - 60, site="probe", **asked),
        line("p4", seconds=now - 60, **{**asked, "model": "top_items"}),
        line("p5", seconds=now - 8 * 86_400, **asked),
        line("v1", seconds=now - 30, item="sail"),
    ]
    shop.send(*lines)
    transform_all()

    found = transform.handler({"action": "logged_requests", "model": "next_item"}, None)

    assert found == {"requests": [{"site": "shop", "request": asked["request"], "next_item_id": "sail"}]}


def test_a_snapshot_holds_the_sessions_that_had_ended(shop: Shop):
    shop.send(
        line("e1", item="a"),
        line("e2", item="b", seconds=60),
        line("e3", client_id="c2", seconds=6 * 3600 + 1),
    )
    transform_all()

    answer = transform.handler(SNAPSHOT, invocation("try-1"))

    assert answer == {
        "snapshot_id": "s1",
        "uri": "s3://lake/snapshots/next_item/s1/try-1/",
        "rows": 1,
        "started_from": "2026-01-01T00:00:00+00:00",
        "ended_at": "2026-01-01T00:01:00+00:00",
    }
    [row] = read(shop, "data_0_0_0.snappy.parquet").to_pylist()
    assert set(CONTRACT.columns) <= set(row)
    assert json.loads(row["ITEM_IDS"]) == ["a", "b"]
    assert len(json.loads(row["OCCURRED_AT_MS"])) == 2


def test_a_manifest_says_what_a_snapshot_is(shop: Shop):
    shop.send(line("e1"), {"site": "shop"})
    transform_all()

    transform.handler(SNAPSHOT, invocation("try-1"))

    manifest = json.loads(body(shop, "manifest.json"))
    files = {name: body(shop, f"{name}_0_0_0.snappy.parquet") for name in ("catalogue", "data")}
    assert manifest["code_version"] == "abc"
    assert manifest["as_of"] == "2026-01-01T06:00:00+00:00"
    assert "where ended_at <= '2026-01-01 06:00:00" in manifest["sql"]
    assert manifest["files"] == [
        {
            "key": f"{FOLDER}{name}_0_0_0.snappy.parquet",
            "size_bytes": len(file),
            "sha256": sha256(file).hexdigest(),
        }
        for name, file in files.items()
    ]
    [[passed]] = shop.rows("select count(*) from operations.check_results where offending_rows = 0")
    assert manifest["checks_passed"] == passed > 0
    assert manifest["warnings"] == [
        "staging.events: Every line of the log names its site and its event: 1 rows"
    ]


def test_a_snapshot_is_written_once_and_answered_as_before(shop: Shop):
    shop.send(line("e1"))
    transform_all()
    answer = transform.handler(SNAPSHOT, invocation("try-1"))
    written = objects(shop)
    shop.send(line("e2", seconds=1))
    transform_all()

    again = transform.handler(SNAPSHOT, invocation("try-2"))

    assert again == answer
    assert objects(shop) == written


def test_an_attempt_that_broke_off_does_not_stop_the_next(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    shop.send(line("e1"))
    transform_all()
    with monkeypatch.context() as broken, pytest.raises(TimeoutError):
        broken.setattr(snapshots, "write", mock.Mock(side_effect=TimeoutError))
        transform.handler(SNAPSHOT, invocation("try-1"))

    answer = transform.handler(SNAPSHOT, invocation("try-2"))

    assert answer["uri"] == "s3://lake/snapshots/next_item/s1/try-2/"
    assert list(objects(shop)) == [
        "snapshots/next_item/s1/try-1/catalogue_0_0_0.snappy.parquet",
        "snapshots/next_item/s1/try-1/data_0_0_0.snappy.parquet",
        "snapshots/next_item/s1/try-2/catalogue_0_0_0.snappy.parquet",
        "snapshots/next_item/s1/try-2/data_0_0_0.snappy.parquet",
        "snapshots/next_item/s1/try-2/manifest.json",
    ]


def test_a_snapshot_of_nothing_is_refused(shop: Shop):
    transform_all()

    with pytest.raises(transform.EmptySnapshot):
        transform.handler(SNAPSHOT, invocation("try-1"))


def test_counting_tells_how_far_events_have_come(shop: Shop):
    answered = {"model": "next_item", "version": "1", "tier": "model"}
    shop.send(line("e1"), line("e1"), line("p1", name="prediction", **answered))
    before = transform.handler({"action": "count"}, None)

    transform_all()

    after = transform.handler({"action": "count"}, None)
    assert (before["raw"], before["staged"], before["sessions"]) == (3, 0, 0)
    assert (after["raw"], after["staged"], after["sessions"], after["predictions"]) == (3, 2, 1, 1)


def test_the_live_views_are_there_once_every_layer_is(shop: Shop):
    shop.send(line("e1"))
    transform_all()
    shop.send(line("e2", seconds=60))

    assert shop.rows("select event_count from live.sessions") == [(2,)]
    assert shop.rows("select event_count from intermediate.sessions") == [(1,)]


def test_every_table_of_a_layer_is_answered_for(shop: Shop):
    for layer in LAYERS:
        assert set(transform_layer(layer)["tables"]) == {table.name for table in of_layer(layer)}


@pytest.mark.parametrize("event", [{"action": "drop"}, {"action": "snapshot", "model": "next_item"}])
def test_anything_else_is_refused(event: dict):
    with pytest.raises(transform.UnknownAction):
        transform.handler(event, None)


def invocation(request_id: str) -> mock.Mock:
    return mock.Mock(aws_request_id=request_id)


def objects(shop: Shop) -> dict[str, datetime]:
    found = shop.account.s3.list_objects_v2(Bucket=LAKE, Prefix="snapshots/")["Contents"]
    return {content["Key"]: content["LastModified"] for content in found}


def body(shop: Shop, name: str) -> bytes:
    return shop.account.s3.get_object(Bucket=LAKE, Key=f"{FOLDER}{name}")["Body"].read()


def read(shop: Shop, name: str):
    return pq.read_table(io.BytesIO(body(shop, name)))
