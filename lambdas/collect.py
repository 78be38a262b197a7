"""
POST /events and GET /pixel.gif: answers once Firehose has every line. API Gateway calls it, payload 2.0.
"""

import base64
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from adapters import lake, secrets, telemetry
from domain import pixel
from domain.intake import Post, take_in
from domain.other_settings import CollectSettings
from lambdas.http_api import body_of, reply

RETRY_AFTER_SECONDS = 1
PIXEL_ROUTE = "GET /pixel.gif"


@cache
def settings() -> CollectSettings:
    return CollectSettings.from_env(os.environ)


@cache
def server_secrets() -> dict[str, secrets.Rotating]:
    return {key: secrets.Rotating(name) for key, name in settings().server_secrets.items()}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    received_at = datetime.now(UTC)
    is_pixel = event.get("routeKey") == PIXEL_ROUTE
    post = _pixel(event, received_at) if is_pixel else _post(event, received_at)
    try:
        intake = take_in(post, write_keys=settings().write_keys, secrets=server_secrets())
    except secrets.SecretUnavailable as error:
        _report(None, received_at, metrics={"Unavailable": 1}, error=str(error))
        return _again()
    try:
        lake.append(settings().events_stream, intake.accepted)
        lake.append(settings().rejected_stream, intake.rejected)
    except lake.FirehoseUnavailable as error:
        # any of them may be in the log all the same, and will be there once more when they are sent again
        unconfirmed = {"Unavailable": 1, "Unconfirmed": len(intake.accepted)}
        _report(intake.site, received_at, metrics=unconfirmed, error=str(error))
        return _again()
    counts = {"Accepted": len(intake.accepted), "Rejected": len(intake.rejected)}
    _report(intake.site, received_at, metrics=counts, reasons=intake.reasons)
    return _image() if is_pixel else reply(intake.status, intake.answer)


def _pixel(event: dict[str, Any], received_at: datetime) -> Post:
    """As if a batch of one had come, by a browser that can neither pack nor sign it."""
    http = event["requestContext"]["http"]
    return Post(
        body=pixel.body(event.get("rawQueryString", ""), received_at=received_at),
        encoding=None,
        write_key=None,
        received_at=received_at,
        request_id=event["requestContext"]["requestId"],
        ip=http.get("sourceIp"),
        user_agent=http.get("userAgent"),
    )


def _post(event: dict[str, Any], received_at: datetime) -> Post:
    headers = event.get("headers", {})  # API Gateway writes their names in lower case
    http = event["requestContext"]["http"]
    return Post(
        body=body_of(event),
        encoding=headers.get("content-encoding"),
        write_key=headers.get("x-write-key"),
        signature=headers.get("x-signature"),
        received_at=received_at,
        request_id=event["requestContext"]["requestId"],
        ip=http.get("sourceIp"),
        user_agent=http.get("userAgent"),
    )


def _report(site: str | None, at: datetime, *, metrics: dict[str, int], **properties: Any) -> None:
    line = telemetry.emf(
        namespace=settings().metrics_namespace,
        metrics={name: (value, "Count") for name, value in metrics.items()},
        dimensions=[[], ["site"]],
        at=at,
        site=site or "unknown",
        **properties,
    )
    telemetry.emit(line)


def _again() -> dict[str, Any]:
    return reply(503, {"error": "not stored, send again"}, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def _image() -> dict[str, Any]:
    """Also where the event was refused: who reads a mail should see no broken image."""
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "image/gif", "Cache-Control": "no-store"},
        "body": base64.b64encode(pixel.GIF).decode(),
        "isBase64Encoded": True,
    }
