"""
Metrics on stdout: a JSON line in CloudWatch's embedded metric format is a metric and a log event at once.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

STORAGE_RESOLUTION_SECONDS = 1  # so that an alarm may look at 10-second periods

# made once: making one is half a line; what is told here holds no circles, and looking for them is a tenth
_ENCODER = json.JSONEncoder(allow_nan=False, check_circular=False, separators=(",", ":"))


def emf(
    *,
    namespace: str,
    metrics: Mapping[str, tuple[float, str]],
    dimensions: Sequence[Sequence[str]] = ((),),
    at: datetime,
    fields: Mapping[str, str] = MappingProxyType({}),
    **properties: Any,
) -> str:
    """
    Metrics and properties as one line in embedded metric format.

    Args:
        metrics: name → (value, unit), with CloudWatch's units: Count, Milliseconds, ...
        dimensions: sets of property names; each set makes its own metric, the empty set the total.
        fields: properties that are JSON already.
        properties: searchable in the log; the dimensions are among them.
    """
    units = tuple((name, unit) for name, (_, unit) in metrics.items())
    directive = _directive(namespace, units, tuple(map(tuple, dimensions)))
    described = f'{{"Timestamp":{int(at.timestamp() * 1000)},"CloudWatchMetrics":[{directive}]}}'
    values = {name: value for name, (value, _) in metrics.items()}
    return encoded({**values, **properties}, **fields, _aws=described)


@lru_cache(maxsize=16)  # the same for every line of a kind
def _directive(
    namespace: str, units: tuple[tuple[str, str], ...], dimensions: tuple[tuple[str, ...], ...]
) -> str:
    described = [
        {"Name": name, "Unit": unit, "StorageResolution": STORAGE_RESOLUTION_SECONDS} for name, unit in units
    ]
    return encoded({"Namespace": namespace, "Dimensions": dimensions, "Metrics": described})


def encoded(values: Mapping[str, Any], **fields: str) -> str:
    """An object as JSON, in ASCII; *fields* are JSON already: what is long is not encoded twice."""
    text = _ENCODER.encode(values)
    more = "".join([f',"{name}":{field}' for name, field in fields.items()])
    return f"{text[:-1]}{more}}}"


def emit(line: str) -> None:
    """One line on stdout: ASCII, so no text breaks it; flushed, because a function may be frozen next."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
