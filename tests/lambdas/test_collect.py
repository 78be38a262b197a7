import base64
import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import boto3
import pytest
from moto import mock_aws

from adapters import secrets
from domain.pixel import GIF
from domain.refusal import REASONS
from lambdas import collect
from tests.lambdas.collecting import (
    POISON,
    SECRET,
    SETTINGS,
    VIEW,
    batch,
    forget,
    get_pixel,
    make_secret,
    make_stream,
    post,
    post_signed,
    stored,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    forget()
    with mock_aws():
        for stream in ("events", "rejected"):
            make_stream(stream)
        make_secret(SECRET)
        yield
    forget()


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
    line = json.loads(capsys.readouterr().out)
    assert (line["Unavailable"], line["Unconfirmed"]) == (1, 1)
    assert "Accepted" not in line  # the accepted event may be in the log all the same: raw is at most both


def test_a_request_is_one_line_of_metrics_by_site(capsys: pytest.CaptureFixture[str]) -> None:
    post(batch(VIEW, POISON, POISON))

    line = json.loads(capsys.readouterr().out)
    assert (line["Accepted"], line["Rejected"], line["site"]) == (1, 2, "shop")
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[], ["site"]]
    assert line["reasons"] == {"unknown_name": 2}


def of_an_event(**change: Any) -> Callable[[], dict[str, Any]]:
    return lambda: post(batch({**VIEW, **change}))


PROVOKED: dict[str, Callable[[], dict[str, Any]]] = {
    "unknown_encoding": lambda: post(batch(VIEW), **{"content-encoding": "br"}),
    "invalid_gzip": lambda: post(batch(VIEW), **{"content-encoding": "gzip"}),
    "too_compressed": lambda: post(gzip.compress(bytes(600_000)), **{"content-encoding": "gzip"}),
    "too_large": of_an_event(url="x" * 65_536),
    "invalid_json": lambda: post("{"),
    "invalid_batch": lambda: post("[]"),
    "too_many": lambda: post(batch(*[{}] * 501)),
    "unknown_write_key": lambda: post(batch(VIEW), **{"x-write-key": "key-2"}),
    "missing_signature": lambda: post(batch(VIEW), **{"x-write-key": "server-key"}),
    "expired_signature": lambda: post_signed(batch(VIEW), at=LONG_AGO),
    "wrong_signature": lambda: post_signed(batch(VIEW), secret="another"),
    "not_an_object": lambda: post(batch([])),
    "bad_text": of_an_event(url="\ud83d"),
    "reserved_name": of_an_event(name="prediction"),
    "unknown_name": of_an_event(name="wishlist"),
    "missing_field": of_an_event(client_id=None),
    "wrong_value": of_an_event(value="9,90"),
}


def test_every_reason_can_be_provoked_and_none_is_left_over() -> None:
    assert set(PROVOKED) == set(REASONS)


@pytest.mark.parametrize("reason", PROVOKED)
def test_what_is_refused_is_counted_and_kept_under_its_reason(
    reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = PROVOKED[reason]()

    assert answer["statusCode"] < 500
    assert json.loads(capsys.readouterr().out)["reasons"] == {reason: 1}
    assert [line["reason"] for line in stored("rejected")] == [reason]
    assert stored("events") == []


def test_a_signed_batch_is_verified_and_its_secret_read_once() -> None:
    with mock.patch.object(secrets, "read", wraps=secrets.read) as read:
        answers = [post_signed(batch(VIEW)), post_signed(batch(VIEW))]

    assert [answer["statusCode"] for answer in answers] == [202, 202]
    assert [line["verified"] for line in stored("events")] == [True, True]
    assert read.call_count == 2  # the secret and the one before it


def test_while_the_secret_cannot_be_read_the_server_is_asked_to_send_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    boto3.client("secretsmanager").delete_secret(SecretId="server-secret", ForceDeleteWithoutRecovery=True)

    answer = post_signed(batch(VIEW))

    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "1")
    assert json.loads(capsys.readouterr().out)["Unavailable"] == 1
    assert stored("events") + stored("rejected") == []


def test_a_pixel_is_an_event_and_an_image() -> None:
    answer = get_pixel("write_key=key-1&name=view_item&client_id=c&item_id=sku-17")

    assert (answer["statusCode"], base64.b64decode(answer["body"])) == (200, GIF)
    assert answer["headers"] == {"Content-Type": "image/gif", "Cache-Control": "no-store"}
    (line,) = stored("events")
    assert (line["site"], line["event"]["items"]) == ("shop", [{"item_id": "sku-17"}])


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "unknown_write_key"),
        ("write_key=key-2&name=page_view&client_id=c", "unknown_write_key"),
        ("write_key=key-1&name=page_view", "missing_field"),
        ("write_key=server-key&name=page_view&client_id=c", "missing_signature"),
        ("write_key=key-1&write_key=key-1&name=page_view&client_id=c", "invalid_batch"),
        ("write_key=key-1&name=page_view&client_id=%FF", "bad_text"),
    ],
)
def test_a_pixel_that_is_refused_is_kept_and_shows_no_broken_image(query: str, reason: str) -> None:
    answer = get_pixel(query)

    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "image/gif")
    assert [line["reason"] for line in stored("rejected")] == [reason]


def test_a_pixel_that_is_not_stored_is_a_503() -> None:
    boto3.client("firehose").delete_delivery_stream(DeliveryStreamName="events")

    assert get_pixel("write_key=key-1&name=page_view&client_id=c")["statusCode"] == 503
