"""
What the functions counted: sums of CloudWatch metrics, hour by hour.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import boto3

HOUR = timedelta(hours=1)


def hourly_sums(
    namespace: str, metrics: Sequence[str], *, since: datetime, until: datetime
) -> dict[datetime, dict[str, int]]:
    """
    The sums of *metrics*, whatever their dimensions, for every hour in which one of them moved.

    Args:
        since, until: full hours, UTC; the hour that begins at *until* is not read.
    """
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": metric},
                "Period": int(HOUR.total_seconds()),
                "Stat": "Sum",
            },
        }
        for number, metric in enumerate(metrics)
    ]
    pages = _cloudwatch().get_paginator("get_metric_data")
    found: dict[datetime, dict[str, int]] = {}
    for page in pages.paginate(MetricDataQueries=queries, StartTime=since, EndTime=until):
        for result in page["MetricDataResults"]:
            metric = metrics[int(result["Id"].removeprefix("m"))]
            for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                sums = found.setdefault(moment, dict.fromkeys(metrics, 0))
                sums[metric] += round(value)
    return found


Wanted = tuple[str, str, Mapping[str, str], str]  # namespace, name, dimensions, statistic


def values(
    wanted: Mapping[str, Wanted], *, since: datetime, until: datetime, period_seconds: int = 60
) -> dict[str, list[float]]:
    """
    What each metric was, period by period, the newest first; an empty list where nothing was counted.

    Args:
        wanted: by a name of the caller's, in lower case.
        since: a full period.
    """
    queries = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": metric,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                },
                "Period": period_seconds,
                "Stat": statistic,
            },
        }
        for name, (namespace, metric, dimensions, statistic) in wanted.items()
    ]
    pages = _cloudwatch().get_paginator("get_metric_data")
    found: dict[str, list[float]] = {name: [] for name in wanted}
    for page in pages.paginate(MetricDataQueries=queries, StartTime=since, EndTime=until):
        for result in page["MetricDataResults"]:
            found[result["Id"]] += result["Values"]
    return found


@cache
def _cloudwatch() -> Any:
    return boto3.client("cloudwatch")
