import io
import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from unittest import mock

import pyarrow.parquet as pq
import pytest

from adapters import snapshots
from domain.settings import TransformSettings
from domain.tables import LAYERS
from lambdas import transform
from tests.offline_shop import LAKE, SNOWFLAKE, Shop, line, open_shop
from training.next_item import sessions

SETTINGS = TransformSettings(
    **SNOWFLAKE,
    lake_bucket=LAKE,
    code_version="abc",
    metrics_namespace="Skiff/test",
)
SNAPSHOT = {"action": "snapshot", "model": "next_item", "snapshot_id": "s1", "as_of": "2026-01-01T06:00:00Z"}
FOLDER = "snapshots/next_item/s1/try-1/"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    transform.settings.cache_clear()
    snapshots._s3.cache_clear()
    with open_shop() as shop:
        yield shop


def transform_all() -> list[dict]:
    return [transform.handler({"action": "transform", "layer": layer}, None) for layer in LAYERS]


def test_a_layer_answers_with_its_tables_and_checks(shop: Shop):
    shop.send(line("e1"), line("e2", seconds=7200))

    staging, intermediate, marts = transform_all()

    assert staging == {"layer": "staging", "tables": {"events": 2}, "checks": 3}
    assert intermediate["tables"] == {"session_events": 2, "sessions": 2}
    assert marts["tables"] == {"next_item_sessions": 2}


def test_a_clean_layer_says_so(shop: Shop, capsys: pytest.CaptureFixture[str]):
    transform.handler({"action": "transform", "layer": "staging"}, None)

    metric = json.loads(capsys.readouterr().out)
    assert (metric["CheckViolations"], metric["layer"]) == (0, "staging")


def test_a_violation_is_counted_and_stops_the_pipeline(shop: Shop, capsys: pytest.CaptureFixture[str]):
    shop.send(line("e1", name=None), line("e2", occurred_at=None))

    with pytest.raises(transform.ChecksFailed, match="staging: Every event has a name and a time: 2 rows"):
        transform.handler({"action": "transform", "layer": "staging"}, None)

    assert json.loads(capsys.readouterr().out)["CheckViolations"] == 2


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
    assert set(sessions.COLUMNS) <= set(row)
    assert json.loads(row["ITEM_IDS"]) == ["a", "b"]
    assert len(json.loads(row["OCCURRED_AT_MS"])) == 2


def test_a_manifest_says_what_a_snapshot_is(shop: Shop):
    shop.send(line("e1"))
    transform_all()

    transform.handler(SNAPSHOT, invocation("try-1"))

    manifest = json.loads(body(shop, "manifest.json"))
    file = body(shop, "data_0_0_0.snappy.parquet")
    assert manifest["code_version"] == "abc"
    assert manifest["as_of"] == "2026-01-01T06:00:00+00:00"
    assert "where ended_at <= '2026-01-01 06:00:00" in manifest["sql"]
    assert manifest["files"] == [
        {
            "key": f"{FOLDER}data_0_0_0.snappy.parquet",
            "size_bytes": len(file),
            "sha256": sha256(file).hexdigest(),
        }
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
        "snapshots/next_item/s1/try-1/data_0_0_0.snappy.parquet",
        "snapshots/next_item/s1/try-2/data_0_0_0.snappy.parquet",
        "snapshots/next_item/s1/try-2/manifest.json",
    ]


def test_a_snapshot_of_nothing_is_refused(shop: Shop):
    transform_all()

    with pytest.raises(transform.EmptySnapshot):
        transform.handler(SNAPSHOT, invocation("try-1"))


def test_counting_tells_how_far_events_have_come(shop: Shop):
    shop.send(line("e1"), line("e1"), line("p1", name="prediction"))
    before = transform.handler({"action": "count"}, None)

    transform_all()

    after = transform.handler({"action": "count"}, None)
    assert before == {"raw": 3, "staged": 0, "sessions": 0, "next_item_sessions": 0, "predictions": 0}
    assert after == {"raw": 3, "staged": 2, "sessions": 1, "next_item_sessions": 1, "predictions": 1}


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
