"""
POST /events: answers 202 only after Firehose took every line. API Gateway calls it, payload format 2.0.
"""

import base64
import json
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from adapters import lake, telemetry
from domain.intake import Intake, Post, take_in
from domain.settings import CollectSettings

RETRY_AFTER_SECONDS = 1


@cache
def settings() -> CollectSettings:
    return CollectSettings.from_env(os.environ)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    received_at = datetime.now(UTC)
    intake = take_in(_post(event, received_at), write_keys=settings().write_keys)
    try:
        lake.append(settings().events_stream, intake.accepted)
        lake.append(settings().rejected_stream, intake.rejected)
    except lake.FirehoseUnavailable as error:
        _report(intake, received_at, metrics={"Unavailable": 1}, error=str(error))
        return _reply(503, {"error": "not stored, send again"}, {"Retry-After": str(RETRY_AFTER_SECONDS)})
    _report(
        intake,
        received_at,
        metrics={"Accepted": len(intake.accepted), "Rejected": len(intake.rejected)},
        reasons=intake.reasons,
    )
    return _reply(intake.status, intake.answer)


def _post(event: dict[str, Any], received_at: datetime) -> Post:
    headers = event.get("headers", {})  # API Gateway writes their names in lower case
    http = event["requestContext"]["http"]
    body = (event.get("body") or "").encode(errors="surrogatepass")
    return Post(
        body=base64.b64decode(body) if event["isBase64Encoded"] else body,
        encoding=headers.get("content-encoding"),
        write_key=headers.get("x-write-key"),
        received_at=received_at,
        request_id=event["requestContext"]["requestId"],
        ip=http.get("sourceIp"),
        user_agent=http.get("userAgent"),
    )


def _report(intake: Intake, at: datetime, *, metrics: dict[str, int], **properties: object) -> None:
    line = telemetry.emf(
        namespace=settings().metrics_namespace,
        metrics={name: (value, "Count") for name, value in metrics.items()},
        dimensions=[[], ["site"]],
        at=at,
        site=intake.site or "unknown",
        **properties,
    )
    telemetry.emit(line)


def _reply(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": json.dumps(body),
    }
