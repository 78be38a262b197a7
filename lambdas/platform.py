"""
The custom resource that applies warehouse/platform/ at deploy: CloudFormation asks, and waits for an answer.
"""

import json
import logging
import os
import time
import urllib.request
from contextlib import closing
from functools import cache
from typing import Any

from adapters import warehouse
from domain.other_settings import PlatformSettings
from warehouse import run

# CloudFormation reads at most 4 KB of an answer.
# Source: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html, 2026-11.
MAX_REASON = 1024
ANSWER_SECONDS = 30
# In the order that they need each other; what reads the lake comes once AWS lets Snowflake in.
BEFORE_TRUST = ("platform/databases", "platform/roles", "platform/integration")
AFTER_TRUST = ("raw/events", "raw/rejects", "platform/grants", "platform/pipes")
# What Snowflake says while AWS does not let it take the storage role; it is asked again for about a minute.
UNKNOWN_ROLE = "Error assuming AWS_ROLE"
ATTEMPTS = 13


class UnknownPart(ValueError):
    """The stack asked for a part of the platform that there is no SQL for."""


def handler(event: dict[str, Any], _context: object) -> dict[str, str] | None:
    if "ResponseURL" not in event:  # a replay asks: what a deploy applies may have been dropped since
        return apply(event)
    try:
        answer = {"Status": "SUCCESS", "Data": apply(event)}
    except Exception as error:  # whatever it is: without an answer the deploy would hang for an hour
        logging.exception("%s failed", event["RequestType"])
        answer = {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error}"[:MAX_REASON]}
    _send(event, answer)
    return None


def apply(event: dict[str, Any]) -> dict[str, str]:
    """Create what is missing and change what differs; deleting the stack keeps the data."""
    if event["RequestType"] == "Delete":
        return {}
    match event["ResourceProperties"]["Part"]:
        case "integration":
            return integration()
        case "pipes":
            return pipes()
        case part:
            raise UnknownPart(f"{part!r} is not integration or pipes")


def integration() -> dict[str, str]:
    """Who Snowflake is in AWS, and what it must show there: for the storage role's trust."""
    described = _applied(BEFORE_TRUST, tag=warehouse.tag("platform integration"))
    properties = {row["property"]: row["property_value"] for row in described}
    return {
        "IamUserArn": properties["STORAGE_AWS_IAM_USER_ARN"],
        "ExternalId": properties["STORAGE_AWS_EXTERNAL_ID"],
    }


def pipes(*, pause_seconds: float = 5) -> dict[str, str]:
    """
    The queues that the lake's bucket has to notify; Snowflake may answer the same one twice.

    Args:
        pause_seconds: between two of the ATTEMPTS; AWS needs some seconds to know a role that was just made.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _pipes()
        except warehouse.Refused as error:
            if UNKNOWN_ROLE not in str(error):
                raise
            time.sleep(pause_seconds)  # the deploy waits for the answer anyway
    return _pipes()


def _pipes() -> dict[str, str]:
    shown = _applied(AFTER_TRUST, tag=warehouse.tag("platform pipes"))
    channels = {pipe["name"]: pipe["notification_channel"] for pipe in shown}
    return {"EventsChannel": channels["EVENTS_PIPE"], "RejectsChannel": channels["REJECTS_PIPE"]}


def _applied(files: tuple[str, ...], *, tag: str) -> list[run.Row]:
    """What the last statement of *files* answers. A session of its own, since a file changes its role."""
    with closing(warehouse.connect(settings(), query_tag=tag)) as connection:
        answers = [answer for file in files for answer in run.run(connection, file, **_values())]
    return answers[-1]


def _values() -> dict[str, str]:
    return {
        "database": settings().snowflake_database,
        "lake_bucket": settings().lake_bucket,
        "storage_role_arn": settings().storage_role_arn,
        "external_id": settings().external_id,
    }


def _send(event: dict[str, Any], answer: dict[str, Any]) -> None:
    same = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    physical_id = event.get(
        "PhysicalResourceId", event["LogicalResourceId"]
    )  # never a new one: that would be a Delete
    body = json.dumps({**answer, **same, "PhysicalResourceId": physical_id}).encode()
    # CloudFormation signed this address without a content type.
    request = urllib.request.Request(  # noqa: S310  # the address is CloudFormation's
        event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""}
    )
    urllib.request.urlopen(request, timeout=ANSWER_SECONDS).close()  # noqa: S310


@cache
def settings() -> PlatformSettings:
    return PlatformSettings.from_env(os.environ)
