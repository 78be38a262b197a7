"""
The click sample of bol.com's Serenade repository (Apache-2.0): looks at items, times in seconds UTC.

It knows sessions only, not who comes back, so a session is a visitor. No two of its rows are equal.
"""

from collections.abc import Iterator
from typing import Any

from ops.importers.reading import Event, Format, Reading, number


def _events(reading: Reading) -> Iterator[Event]:
    return reading.events(_view)


def _view(row: dict[str, Any]) -> list[Event]:
    return [
        {
            "name": "view_item",
            "occurred_at": round(number(row, "Time") * 1000),
            "client_id": row["SessionId"],
            "session_id": row["SessionId"],
            "items": [{"item_id": row["ItemId"]}],
        }
    ]


FORMAT = Format(name="bol-clicks", columns=frozenset({"SessionId", "ItemId", "Time"}), events=_events)
