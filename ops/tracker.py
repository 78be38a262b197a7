"""
A day of visits, written as the GA4 events that trackers send. The shop asks for one after the other.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ops.catalogue import Catalogue, Generator, Integers
from ops.visitors import Arrived, Habits, as_ids
from ops.visits import ADD, CHECKOUT, LIST, LISTED, NAMES, PAGE_VIEW, PURCHASE, REFUND, SEARCH, VIEW, Day

CURRENCY = "EUR"
TWO_OF_IT = 0.1  # share of lines in an order with a quantity of two
SHIPPING_CENTS, FREE_FROM_CENTS = 495, 5_000
VAT_PERCENT = 19  # contained in prices

Event = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Order:
    number: int
    items: list[dict[str, Any]]
    cents: int

    def fields(self) -> dict[str, Any]:
        return {"items": self.items, "currency": CURRENCY, "value": self.cents / 100}

    def bill(self) -> dict[str, Any]:
        tax_cents = round(self.cents * VAT_PERCENT / (100 + VAT_PERCENT))
        shipping_cents = 0 if self.cents >= FREE_FROM_CENTS else SHIPPING_CENTS
        return {
            "transaction_id": f"order-{self.number}",
            **self.fields(),
            "tax": tax_cents / 100,
            "shipping": shipping_cents / 100,
        }


class Tracker:
    """
    Args:
        first_order: the number of the day's first order; those of the days before are lower.
    """

    def __init__(
        self,
        day: Day,
        arrived: Arrived,
        habits: Habits,
        catalogue: Catalogue,
        *,
        first_order: int,
        rng: Generator,
    ) -> None:
        self._catalogue = catalogue
        self._habits = habits
        self._arrived = arrived
        self._sends_event_id = habits.sends_event_id_V.tolist()
        self._visit = day.visit_E.tolist()
        self._kind = day.kind_E.tolist()
        self._item = day.item_E.tolist()
        self._at_ms = day.at_ms_E.tolist()
        self._shown = day.shown_N.tolist()
        self._event_ids = as_ids(rng.bytes(16 * len(self._visit)))
        self._session_ids = as_ids(rng.bytes(16 * len(arrived.number_V)))
        self._visitors: list[dict[str, Any] | None] = [None] * len(arrived.number_V)
        self._buyers = day.visit_E[day.kind_E == PURCHASE].tolist()
        self.orders = self._drawn_orders(day, first_order, rng)  # by visit, bought or not

    def event(self, number: int) -> Event:
        """What the day's event of this number says."""
        kind, visit, item = self._kind[number], self._visit[number], self._item[number]
        visitor = self._visitors[visit] or self._visitor(visit)
        event = {"name": NAMES[kind], "occurred_at": self._at_ms[number], **visitor}
        if self._sends_event_id[visit]:
            event["event_id"] = self._event_ids[number]
        if kind == VIEW:
            event["items"] = [self._catalogue.item(item)]
        else:
            event.update(self._details(kind, visit, item))
        return event

    def bought(self) -> dict[str, Integers]:
        """Of each visit the number of the order it made, 0 for none, and what that cost in cents."""
        order_V, cents_V = np.zeros((2, len(self._visitors)), np.int64)
        for visit in self._buyers:
            order_V[visit] = self.orders[visit].number
            cents_V[visit] = self.orders[visit].cents
        return {"order_V": order_V, "cents_V": cents_V}

    def refunded_cents(self, number: int) -> int:
        """What the refund of this number gives back."""
        return int(self._arrived.last_cents_V[self._visit[number]])

    def _details(self, kind: int, visit: int, item: int) -> dict[str, Any]:
        if kind == PAGE_VIEW:
            return {"url": "https://shop.example/", "referrer": ""}
        if kind == SEARCH:
            return {"search_term": self._catalogue.category(item)}
        if kind == LIST:
            shown = self._shown[item * LISTED : (item + 1) * LISTED]
            return {"items": [self._catalogue.item(number) for number in shown]}
        if kind == ADD:
            one = {**self._catalogue.item(item), "quantity": 1}
            return {"items": [one], "currency": CURRENCY, "value": one["price"]}
        if kind == CHECKOUT:
            return self.orders[visit].fields()
        if kind == PURCHASE:
            return self.orders[visit].bill()
        if kind == REFUND:
            order = int(self._arrived.last_order_V[visit])
            cents = int(self._arrived.last_cents_V[visit])
            return {"transaction_id": f"order-{order}", "currency": CURRENCY, "value": cents / 100}
        return {"items": [self._catalogue.item(item)]}

    def _visitor(self, visit: int) -> dict[str, Any]:
        """What all events of a visit say alike."""
        habits = self._habits
        said: dict[str, Any] = {"client_id": habits.client_id_V[visit]}
        if habits.sends_session_id_V[visit]:
            said["session_id"] = self._session_ids[visit]
        if habits.has_account_V[visit]:
            said["user_id"] = f"user-{self._arrived.number_V[visit]}"
        if habits.denies_consent_V[visit]:
            said["consent"] = {"analytics_storage": "denied"}
        self._visitors[visit] = said
        return said

    def _drawn_orders(self, day: Day, first_order: int, rng: Generator) -> dict[int, Order]:
        visits = day.visit_E[day.kind_E == CHECKOUT]
        starts = np.searchsorted(day.visit_E, visits).tolist()
        ends = np.searchsorted(day.visit_E, visits, side="right").tolist()
        return {
            visit: self._order(first_order + place, self._cart(start, end), rng)
            for place, (visit, start, end) in enumerate(zip(visits.tolist(), starts, ends, strict=True))
        }

    def _cart(self, start: int, end: int) -> list[int]:
        """What was put into the cart, or else the item that was looked at last."""
        kinds, items = self._kind[start:end], self._item[start:end]
        added = [item for kind, item in zip(kinds, items, strict=True) if kind == ADD]
        looked = [item for kind, item in zip(kinds, items, strict=True) if kind == VIEW]
        return list(dict.fromkeys(added)) or looked[-1:]

    def _order(self, number: int, cart: list[int], rng: Generator) -> Order:
        quantities = (1 + (rng.random(len(cart)) < TWO_OF_IT)).tolist()
        return Order(
            number=number,
            items=[
                {**self._catalogue.item(item), "quantity": quantity}
                for item, quantity in zip(cart, quantities, strict=True)
            ],
            cents=sum(
                self._catalogue.cents(item) * quantity
                for item, quantity in zip(cart, quantities, strict=True)
            ),
        )
