"""
One visit to the small shop, from the first page to the purchase or the lack of one, as GA4 events.

Lengths, gaps and A-B-A steps are those of a bol.com click sample; the rates of the funnel are assumptions.
"""

from dataclasses import asdict, dataclass
from random import Random
from typing import Any
from uuid import UUID

from ops.catalogue import Catalogue, Item

MAX_VIEWS = 200
MAX_GAP_MS = 1_799_000  # from 30 minutes on it would be another session; a second for clocks that differ

REPEAT = 0.05  # the same item again: a reload
RETURN = 0.20  # A-B-A: back to the item before
ADD_TO_CART = 0.08
CHECKOUT = 0.6
PURCHASE = 0.7


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who comes, and how much their tracker sends along."""

    client_id: str
    has_session_id: bool
    has_event_id: bool


class Visit:
    """Events of one visitor in the order they happen; each takes some time after the one before."""

    def __init__(self, visitor: Visitor, *, started_ms: int, rng: Random) -> None:
        self.events: list[dict[str, Any]] = []
        self._visitor = visitor
        self._rng = rng
        self._now_ms = started_ms
        self._session_id = random_id(rng)

    def browse(self, catalogue: Catalogue) -> None:
        self._arrive(catalogue)
        cart: list[Item] = []
        path: list[Item] = []
        for _ in range(self._views()):
            path.append(self._next_item(path, catalogue))
            self._add("view_item", items=[asdict(path[-1])])
            if self._rng.random() < ADD_TO_CART:
                cart.append(path[-1])
                self._add("add_to_cart", items=_in_cart(cart[-1:]), currency="EUR", value=cart[-1].price)
        if cart and self._rng.random() < CHECKOUT:
            self._check_out(cart)

    def _arrive(self, catalogue: Catalogue) -> None:
        door = self._rng.random()
        if door < 0.5:
            self._add("page_view", url="https://shop.example/", referrer="")
        elif door < 0.7:
            self._add("search", search_term=catalogue.popular(self._rng).item_category)
        elif door < 0.8:
            shown = [asdict(catalogue.popular(self._rng)) for _ in range(8)]
            self._add("view_item_list", items=shown)
            self._add("select_item", items=[self._rng.choice(shown)])

    def _views(self) -> int:
        """Heavy-tailed: median 3, one in a thousand above 50; a few visits look at no item at all."""
        return min(MAX_VIEWS, round(self._rng.lognormvariate(0.95, 0.95)))

    def _next_item(self, path: list[Item], catalogue: Catalogue) -> Item:
        if not path:
            return catalogue.popular(self._rng)
        way = self._rng.random()
        if way < REPEAT:
            return path[-1]
        if way < REPEAT + RETURN and len(path) > 1:
            return path[-2]
        return catalogue.next_after(path[-1], self._rng)

    def _check_out(self, cart: list[Item]) -> None:
        total = round(sum(item.price for item in cart), 2)
        order = {"items": _in_cart(cart), "currency": "EUR", "value": total}
        self._add("begin_checkout", **order)
        if self._rng.random() < PURCHASE:
            self._add("purchase", transaction_id=f"order-{random_id(self._rng)}", **order)

    def _add(self, name: str, **fields: Any) -> None:
        ids = {"event_id": random_id(self._rng)} if self._visitor.has_event_id else {}
        session = {"session_id": self._session_id} if self._visitor.has_session_id else {}
        common = {"name": name, "occurred_at": self._now_ms, "client_id": self._visitor.client_id}
        self.events.append({**ids, **common, **session, **fields})
        self._now_ms += min(MAX_GAP_MS, 1 + int(1000 * self._rng.lognormvariate(3.9, 1.55)))


def random_id(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))


def _in_cart(items: list[Item]) -> list[dict[str, Any]]:
    return [{**asdict(item), "quantity": 1} for item in items]
