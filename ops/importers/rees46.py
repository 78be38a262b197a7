"""
REES46's multi-category shop (free to use with mention of the source: REES46 Marketing Platform, rees46.com).

A purchase is one row per item and names no order, so each such row is an order of its own. Prices name no
currency.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ops.importers.files import Unreadable
from ops.importers.reading import Event, Format, Reading, given, number

NAMES = {
    "view": "view_item",
    "cart": "add_to_cart",
    "remove_from_cart": "remove_from_cart",
    "purchase": "purchase",
}
COLUMNS = (
    "event_time",
    "event_type",
    "product_id",
    "category_id",
    "category_code",
    "brand",
    "price",
    "user_id",
    "user_session",
)


def _events(reading: Reading) -> Iterator[Event]:
    return reading.events(_event)


def _event(row: dict[str, Any]) -> list[Event]:
    name = NAMES.get(row["event_type"])
    if name is None:
        raise Unreadable(f"event_type must be one of {', '.join(NAMES)}, not {row['event_type']!r}")
    price = number(row, "price")
    order = f"{row['user_session']}/{row['product_id']}/{row['event_time']}"
    return [
        given(
            name=name,
            occurred_at=_epoch_ms(row["event_time"]),
            client_id=row["user_id"],
            user_id=row["user_id"],
            session_id=row["user_session"],
            items=[_item(row, price)],
            value=None if name == "view_item" else price,
            transaction_id=order if name == "purchase" else None,
        )
    ]


def _item(row: dict[str, Any], price: float) -> dict[str, Any]:
    return given(
        item_id=row["product_id"],
        item_brand=row["brand"],
        item_category=row["category_code"],
        category_id=row["category_id"],
        price=price,
        quantity=1,
    )


def _epoch_ms(text: str) -> int:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        raise Unreadable(f"event_time must be like 2019-10-01 00:00:00 UTC, not {text!r}") from None
    return int(moment.timestamp()) * 1000


FORMAT = Format(name="rees46", columns=frozenset(COLUMNS), events=_events)
