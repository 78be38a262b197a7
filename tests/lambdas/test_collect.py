import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters import lake
from domain.settings import CollectSettings
from lambdas import collect

VIEW = {
    "name": "view_item",
    "occurred_at": 1_592_337_718_000,
    "client_id": "client-1",
    "items": [{"item_id": "sku-17"}],
}
POISON = {**VIEW, "name": "wishlist"}
SETTINGS = CollectSettings(
    write_keys={"key-1": "shop"},
    events_stream="events",
    rejected_stream="rejected",
    metrics_namespace="Skiff/test",
)


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    collect.settings.cache_clear()
    lake._firehose.cache_clear()
    with mock_aws():
        for stream in ("events", "rejected"):
            make_stream(stream)
        yield


def make_stream(name: str) -> None:
    """A stream that writes to a bucket named after it."""
    boto3.client("s3").create_bucket(Bucket=f"lake-{name}")
    destination = {"BucketARN": f"arn:aws:s3:::lake-{name}", "RoleARN": "arn:aws:iam::123456789012:role/r"}
    boto3.client("firehose").create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination
    )


def stored(stream: str) -> list[dict[str, Any]]:
    s3 = boto3.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=f"lake-{stream}").get("Contents", [])]
    bodies = [s3.get_object(Bucket=f"lake-{stream}", Key=key)["Body"].read() for key in keys]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def post(body: bytes | str, **headers: str) -> dict[str, Any]:
    """A request as the HTTP API hands it over: text as it is, anything else in base64."""
    is_text = isinstance(body, str)
    event = {
        "version": "2.0",
        "headers": {"x-write-key": "key-1", **headers},
        "requestContext": {
            "requestId": "request-1",
            "http": {"method": "POST", "sourceIp": "203.0.113.77", "userAgent": "Mozilla/5.0"},
        },
        "body": body if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }
    return collect.handler(event, None)


def batch(*events: Any) -> str:
    return json.dumps({"events": events})


def test_a_batch_is_accepted_and_stored() -> None:
    answer = post(batch(VIEW, VIEW))

    assert answer["statusCode"] == 202
    assert json.loads(answer["body"]) == {"accepted": 2, "rejected": 0, "reasons": {}}
    assert [line["event"]["name"] for line in stored("events")] == ["view_item", "view_item"]


def test_what_is_refused_is_stored_beside_what_is_accepted() -> None:
    answer = post(batch(VIEW, POISON))

    assert json.loads(answer["body"]) == {"accepted": 1, "rejected": 1, "reasons": {"unknown_name": 1}}
    assert len(stored("events")) == 1
    assert [line["reason"] for line in stored("rejected")] == ["unknown_name"]


def test_a_gzip_body_is_read() -> None:
    answer = post(gzip.compress(batch(VIEW).encode()), **{"content-encoding": "gzip"})

    assert answer["statusCode"] == 202


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("\ufeff{}", 400),
        ('{"events": [NaN]}', 400),
        ('{"events": [' + "9" * 5_000 + "]}", 400),
        ('{"events": ' + "[" * 100_000 + "]" * 100_000 + "}", 400),
        ('{"events": [{}], "events": [{}]}', 400),
        ('{"write_key": "\\ud83d", "events": "\\ud83d"}', 400),
        ("half an emoji \ud83d", 400),
        (b"\xff\xfe\x00", 400),
        (batch(*[VIEW] * 501), 413),
        ("x" * (1024 * 1024 + 1), 413),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_hostile_bodies_are_refused_and_kept(body: bytes | str, status: int) -> None:
    answer = post(body)

    assert answer["statusCode"] == status
    assert set(json.loads(answer["body"])["error"]) == {"field", "expected", "got"}
    assert len(stored("rejected")) == 1


def test_a_request_without_body_and_headers_is_a_400() -> None:
    request_context = {"requestId": "request-1", "http": {}}

    answer = collect.handler({"requestContext": request_context, "isBase64Encoded": False}, None)

    assert answer["statusCode"] == 400


def test_an_unknown_key_is_a_401() -> None:
    assert post(batch(VIEW), **{"x-write-key": "key-2"})["statusCode"] == 401


@pytest.mark.parametrize("stream", ["events", "rejected"])
def test_while_either_stream_fails_the_client_is_asked_to_send_again(
    stream: str, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("firehose").delete_delivery_stream(DeliveryStreamName=stream)

    answer = post(batch(VIEW, POISON))

    assert answer["statusCode"] == 503
    assert int(answer["headers"]["Retry-After"]) > 0
    assert json.loads(capsys.readouterr().out)["Unavailable"] == 1


def test_a_request_is_one_line_of_metrics_by_site(capsys: pytest.CaptureFixture[str]) -> None:
    post(batch(VIEW, POISON, POISON))

    line = json.loads(capsys.readouterr().out)
    assert (line["Accepted"], line["Rejected"], line["site"]) == (1, 2, "shop")
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[], ["site"]]
    assert line["reasons"] == {"unknown_name": 2}
