"""
CloudWatch alarms, read.
"""

from functools import cache
from typing import Any

import boto3


class NoSuchAlarm(LookupError):
    """No alarm has this name."""


@cache
def _client() -> Any:
    return boto3.client("cloudwatch")


def state(name: str) -> str:
    """OK, ALARM or INSUFFICIENT_DATA."""
    described = _client().describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    found = [*described["MetricAlarms"], *described["CompositeAlarms"]]
    if not found:
        raise NoSuchAlarm(name)
    return str(found[0]["StateValue"])
