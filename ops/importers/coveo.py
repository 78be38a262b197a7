"""
The browsing part of Coveo's SIGIR eCom 2021 data (browsing_train.csv; its terms forbid passing it on).

A purchase is one row per product and names no order, so each such row is an order of its own. There are no
prices, and no visitors: a session is a visitor.
"""

from collections.abc import Iterator
from typing import Any

from ops.importers.files import Unreadable
from ops.importers.reading import Event, Format, Reading, given, whole

ACTIONS = {
    "detail": "view_item",
    "click": "select_item",
    "add": "add_to_cart",
    "remove": "remove_from_cart",
    "purchase": "purchase",
}
COLUMNS = (
    "session_id_hash",
    "event_type",
    "product_action",
    "product_sku_hash",
    "server_timestamp_epoch_ms",
    "hashed_url",
)


def _events(reading: Reading) -> Iterator[Event]:
    return reading.events(_event)


def _event(row: dict[str, Any]) -> list[Event]:
    session, sku = row["session_id_hash"], row["product_sku_hash"]
    moment_ms = whole(row, "server_timestamp_epoch_ms")
    name = _name(row)
    return [
        given(
            name=name,
            occurred_at=moment_ms,
            client_id=session,
            session_id=session,
            url=row["hashed_url"],
            items=None if name == "page_view" else [given(item_id=sku)],
            transaction_id=f"{session}/{sku}/{moment_ms}" if name == "purchase" else None,
        )
    ]


def _name(row: dict[str, Any]) -> str:
    if row["event_type"] == "pageview":
        return "page_view"
    if row["event_type"] == "event_product" and row["product_action"] in ACTIONS:
        return ACTIONS[row["product_action"]]
    raise Unreadable(
        f"event_type and product_action must be pageview, or event_product with one of {', '.join(ACTIONS)}; "
        f"not {row['event_type']!r}, {row['product_action']!r}"
    )


FORMAT = Format(name="coveo", columns=frozenset(COLUMNS), events=_events)
