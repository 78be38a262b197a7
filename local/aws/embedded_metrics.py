"""
Metrics in log lines: the embedded metric format, as CloudWatch reads it from a function's stdout.

Source: "Specification: Embedded metric format", CloudWatch user guide (read 2026-11-22).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Datum:
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    timestamp: float  # epoch seconds
    unit: str
    values: tuple[float, ...]


def data_in(message: str) -> list[Datum]:
    """Every metric that a log message holds: one per metric and dimension set; none if it is no such line."""
    if '"_aws"' not in message:
        return []
    try:
        line = json.loads(message)
    except json.JSONDecodeError:
        return []  # a line that only looks like one is an ordinary log line, as in CloudWatch
    return list(_data(line)) if isinstance(line, dict) and isinstance(line.get("_aws"), dict) else []


def _data(line: Mapping[str, Any]) -> Iterator[Datum]:
    timestamp = line["_aws"].get("Timestamp", 0) / 1000
    for directive in line["_aws"].get("CloudWatchMetrics", ()):
        for names in directive.get("Dimensions") or [[]]:
            if any(name not in line for name in names):
                continue  # CloudWatch drops a set whose member has no value
            dimensions = {name: str(line[name]) for name in names}
            for metric in directive.get("Metrics", ()):
                yield from _datum(line, metric, directive["Namespace"], dimensions, timestamp)


def _datum(
    line: Mapping[str, Any],
    metric: Mapping[str, Any],
    namespace: str,
    dimensions: Mapping[str, str],
    timestamp: float,
) -> Iterator[Datum]:
    value = line.get(metric["Name"])
    values = value if isinstance(value, list) else [value]
    if all(isinstance(each, int | float) for each in values):
        yield Datum(
            namespace=namespace,
            name=metric["Name"],
            dimensions=dimensions,
            timestamp=timestamp,
            unit=metric.get("Unit", "None"),
            values=tuple(map(float, values)),
        )
