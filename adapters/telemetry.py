"""
Metrics on stdout: a JSON line in CloudWatch's embedded metric format is a metric and a log event at once.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))  # made once: making one is half a line
STORAGE_RESOLUTION_SECONDS = 1  # so that an alarm may look at 10-second periods


def emf(
    *,
    namespace: str,
    metrics: Mapping[str, tuple[float, str]],
    dimensions: Sequence[Sequence[str]] = ((),),
    at: datetime,
    **properties: Any,
) -> dict[str, Any]:
    """
    Metrics and properties as one embedded-metric object.

    Args:
        metrics: name → (value, unit), with CloudWatch's units: Count, Milliseconds, ...
        dimensions: sets of property names; each set makes its own metric, the empty set the total.
        properties: searchable in the log; the dimensions are among them.
    """
    described = [
        {"Name": name, "Unit": unit, "StorageResolution": STORAGE_RESOLUTION_SECONDS}
        for name, (_, unit) in metrics.items()
    ]
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(names) for names in dimensions],
        "Metrics": described,
    }
    return {
        "_aws": {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]},
        **{name: value for name, (value, _) in metrics.items()},
        **properties,
    }


def encoded(values: Mapping[str, Any], **fields: str) -> str:
    """An object as JSON, in ASCII; *fields* are JSON already: what is long is not encoded twice."""
    text = _ENCODER.encode(values)
    more = "".join(f',"{name}":{field}' for name, field in fields.items())
    return f"{text[:-1]}{more}}}"


def emit(line: Mapping[str, Any], **fields: str) -> None:
    """One line on stdout: ASCII, so no text breaks it; flushed, because a function may be frozen next."""
    sys.stdout.write(encoded(line, **fields) + "\n")
    sys.stdout.flush()
