"""
A session as numbers: the one translation that training and serving share.

What happens later never changes the numbers of a moment, and putting something into the cart changes only
RISING and FALLING ones, each in the direction in which the trees may only raise the probability.
"""

from collections.abc import Mapping, Sequence
from typing import Any

FEATURES = (
    "pages",
    "lists",
    "selections",
    "searches",
    "looks",
    "items",  # different ones that were looked at
    "repeats",  # looks at an item that was looked at before
    "highest_value",  # of a look, where the shop sends it
    "adds",
    "removals",
    "checkouts",
    "cart_value",  # what was put in, less what was taken out
    "seconds",  # since the session began
    "seconds_per_event",
    "seconds_at_last",  # between the last two events, whatever was put into the cart
    "seconds_since_add",  # MAX_SECONDS without one
    "events_since_checkout",  # MAX_EVENTS without one
    "hour",  # of the last event, UTC; -1 where no event says when it was
    "weekday",  # 0 is Monday
)
RISING = ("adds", "cart_value")  # the more, the likelier
FALLING = ("seconds_since_add",)  # the less, the likelier

MAX_EVENTS = 50  # as many as a request may hold
MAX_SECONDS = 86_400.0

COUNTED = {
    "page_view": "pages",
    "view_item_list": "lists",
    "select_item": "selections",
    "search": "searches",
    "view_item": "looks",
    "add_to_cart": "adds",
    "remove_from_cart": "removals",
    "begin_checkout": "checkouts",
}
DAY_SECONDS = 86_400
FIRST_WEEKDAY = 3  # 1970-01-01 was a Thursday


def encode(events: Sequence[Mapping[str, Any]]) -> list[float] | None:
    """
    Describe a session by what happened in it so far, since it last bought; None where that is nothing.

    Args:
        events: the session's GA4 events, oldest first; one without a moment happened with the one before.

    Returns:
        One number per name in FEATURES, in that order.
    """
    session = Session()
    for event in events:
        if event["name"] == "purchase":
            session = Session()
        else:
            session.add(
                event["name"],
                at_ms=event.get("occurred_at"),
                item_id=_first_item(event),
                value=event.get("value") or 0.0,
            )
    return session.numbers() if session.events else None


def _first_item(event: Mapping[str, Any]) -> str:
    items = event.get("items") or ()
    return items[0]["item_id"] if items else ""


class Session:
    """What happened so far: training asks for the numbers after each event, serving after the last."""

    def __init__(self) -> None:
        self.events = 0
        self._counts = dict.fromkeys(COUNTED.values(), 0)
        self._items: set[str] = set()
        self._highest_value = 0.0
        self._cart_value = 0.0
        self._started_ms: int | None = None
        self._now_ms: int | None = None
        self._moved_ms: int | None = None  # when the last event was that put nothing into the cart
        self._at_last_ms = 0
        self._added_ms: int | None = None
        self._events_since_checkout = MAX_EVENTS

    def add(self, name: str, *, at_ms: int | None, item_id: str, value: float) -> None:
        """
        Args:
            at_ms: epoch milliseconds; None, or earlier than the event before, counts as together with that.
            item_id: of the event's first item, empty where there is none.
        """
        self.events += 1
        if name in COUNTED:
            self._counts[COUNTED[name]] += 1
        self._take_moment(at_ms)
        if name == "add_to_cart":
            self._cart_value += max(value, 0.0)
            self._added_ms = self._now_ms
            return
        self._take_move()
        self._events_since_checkout = min(self._events_since_checkout + 1, MAX_EVENTS)
        if name == "view_item":
            self._items.add(item_id)
            self._highest_value = max(self._highest_value, value)
        elif name == "remove_from_cart":
            self._cart_value = max(self._cart_value - value, 0.0)
        elif name == "begin_checkout":
            self._events_since_checkout = 0

    def numbers(self) -> list[float]:
        """Of FEATURES, in their order."""
        counts = self._counts
        now = self._now_ms if self._now_ms is not None else -1
        seconds = self._seconds_since(self._started_ms)
        moves = self.events - counts["adds"]
        return [
            counts["pages"],
            counts["lists"],
            counts["selections"],
            counts["searches"],
            counts["looks"],
            len(self._items),
            counts["looks"] - len(self._items),
            self._highest_value,
            counts["adds"],
            counts["removals"],
            counts["checkouts"],
            self._cart_value,
            seconds,
            seconds / max(moves, 1),
            self._at_last_ms / 1000,
            MAX_SECONDS if not counts["adds"] else self._seconds_since(self._added_ms),
            self._events_since_checkout,
            now // 3_600_000 % 24 if now >= 0 else -1,
            (now // (1000 * DAY_SECONDS) + FIRST_WEEKDAY) % 7 if now >= 0 else -1,
        ]

    def _take_moment(self, at_ms: int | None) -> None:
        if at_ms is None:
            return
        if self._now_ms is None:
            self._started_ms = self._now_ms = at_ms
        self._now_ms = max(self._now_ms, at_ms)

    def _take_move(self) -> None:
        if self._now_ms is None:
            return
        self._at_last_ms = self._now_ms - (self._now_ms if self._moved_ms is None else self._moved_ms)
        self._moved_ms = self._now_ms

    def _seconds_since(self, moment_ms: int | None) -> float:
        if moment_ms is None or self._now_ms is None:
            return 0.0
        return min((self._now_ms - moment_ms) / 1000, MAX_SECONDS)
