"""Requests to the collector as the HTTP API hands them over, and what then lies in its streams' buckets."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import boto3

from adapters import lake, secrets
from domain.other_settings import CollectSettings
from domain.signature import sign
from lambdas import collect

SETTINGS = CollectSettings(
    write_keys={"key-1": "shop", "server-key": "shop"},
    server_secrets={"server-key": "server-secret"},
    events_stream="events",
    rejected_stream="rejected",
    metrics_namespace="Skiff/test",
)
SECRET = "s3cret"  # of this test
VIEW = {
    "name": "view_item",
    "occurred_at": 1_592_337_718_000,
    "client_id": "client-1",
    "items": [{"item_id": "sku-17"}],
}
POISON = {**VIEW, "name": "wishlist"}


def forget() -> None:
    """A new process has read nothing yet."""
    collect.settings.cache_clear()
    collect.server_secrets.cache_clear()
    lake._firehose.cache_clear()
    secrets._client.cache_clear()


def make_stream(name: str) -> None:
    """A stream that writes to a bucket named after it."""
    boto3.client("s3").create_bucket(Bucket=f"lake-{name}")
    destination = {"BucketARN": f"arn:aws:s3:::lake-{name}", "RoleARN": "arn:aws:iam::123456789012:role/r"}
    boto3.client("firehose").create_delivery_stream(
        DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination
    )


def make_secret(secret: str) -> None:
    boto3.client("secretsmanager").create_secret(
        Name="server-secret", SecretString=json.dumps({"secret": secret})
    )


def stored(stream: str) -> list[dict[str, Any]]:
    s3 = boto3.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=f"lake-{stream}").get("Contents", [])]
    bodies = [s3.get_object(Bucket=f"lake-{stream}", Key=key)["Body"].read() for key in keys]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def post(body: bytes | str, **headers: str) -> dict[str, Any]:
    """Text goes as it is, anything else in base64."""
    is_text = isinstance(body, str)
    event = {
        **_request("POST", "/events"),
        "headers": {"x-write-key": "key-1", **headers},
        "body": body if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }
    return collect.handler(event, None)


def post_signed(body: str, *, secret: str = SECRET, at: datetime | None = None) -> dict[str, Any]:
    signature = sign(body.encode(), secret=secret, at=at or datetime.now(UTC))
    return post(body, **{"x-write-key": "server-key", "x-signature": signature})


def get_pixel(query: str) -> dict[str, Any]:
    event = {
        **_request("GET", "/pixel.gif"),
        "rawQueryString": query,
        "headers": {},
        "isBase64Encoded": False,
    }
    return collect.handler(event, None)


def _request(method: str, path: str) -> dict[str, Any]:
    http = {"method": method, "path": path, "sourceIp": "203.0.113.77", "userAgent": "Mozilla/5.0"}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "requestContext": {"requestId": "request-1", "http": http},
    }


def batch(*events: Any) -> str:
    return json.dumps({"events": events})
