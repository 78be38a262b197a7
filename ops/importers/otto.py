"""
OTTO's sessions (CC BY 4.0) as JSON lines: one session a line, its clicks, carts and orders with an item each.

Items ordered together carry no order's number, so each is an order of its own. There are no prices.
"""

from collections.abc import Iterator
from typing import Any

from ops.importers.files import Row, Unreadable
from ops.importers.reading import Event, Format, Reading, given, whole

NAMES = {"clicks": "view_item", "carts": "add_to_cart", "orders": "purchase"}


def _events(reading: Reading) -> Iterator[Event]:
    rows = _flat(reading.file_rows())
    return reading.each(rows, lambda row: reading.checked([_event(**row)]))


def _flat(lines: Iterator[Row]) -> Iterator[Row]:
    """A row per event, numbered by its line."""
    for number, session in lines:
        if isinstance(session, Unreadable):
            yield number, session
        elif not isinstance(session.get("events"), list):
            yield number, Unreadable(f"events must be a list, not {session.get('events')!r}")
        else:
            for event in session["events"]:
                yield number, {"session": session.get("session"), "event": event}


def _event(session: Any, event: Any) -> Event:
    if not isinstance(session, int | str):
        raise Unreadable(f"session must be a number or a text, not {session!r}")
    if not isinstance(event, dict) or str(event.get("type")) not in NAMES:
        raise Unreadable(f"an event must be of type {', '.join(NAMES)}, not {event!r:.80}")
    name, item_id, moment_ms = NAMES[event["type"]], whole(event, "aid"), whole(event, "ts")
    return given(
        name=name,
        occurred_at=moment_ms,
        client_id=str(session),
        session_id=str(session),
        items=[{"item_id": str(item_id)}],
        transaction_id=f"{session}/{item_id}/{moment_ms}" if name == "purchase" else None,
    )


FORMAT = Format(name="otto", columns=frozenset({"session", "events"}), events=_events)
