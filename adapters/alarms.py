"""
CloudWatch alarms, read.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import boto3


class NoSuchAlarm(LookupError):
    """No alarm has this name."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    name: str
    state: str  # OK, ALARM or INSUFFICIENT_DATA
    since: datetime
    description: str


@cache
def _client() -> Any:
    return boto3.client("cloudwatch")


def listed(prefix: str) -> list[Alarm]:
    """All whose name begins so, composites among them, by name."""
    pages = _client().get_paginator("describe_alarms")
    found = [
        Alarm(
            name=each["AlarmName"],
            state=each["StateValue"],
            since=each["StateUpdatedTimestamp"],
            description=each.get("AlarmDescription", ""),
        )
        for page in pages.paginate(AlarmNamePrefix=prefix, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        for each in (*page["MetricAlarms"], *page["CompositeAlarms"])
    ]
    return sorted(found, key=lambda alarm: alarm.name)


def state(name: str) -> str:
    """OK, ALARM or INSUFFICIENT_DATA."""
    described = _client().describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    found = [*described["MetricAlarms"], *described["CompositeAlarms"]]
    if not found:
        raise NoSuchAlarm(name)
    return str(found[0]["StateValue"])
