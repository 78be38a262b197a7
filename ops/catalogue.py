"""
What the small shop sells: how popular each item is, and which items people look at after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

CATEGORIES = ("boats", "ropes", "sails", "shoes", "jackets", "lamps", "charts", "anchors", "paint", "galley")
ITEMS_PER_CATEGORY = 40

# Zipf-Mandelbrot, (rank + OFFSET) ** -EXPONENT, fitted to a bol.com click sample: 0.64 and 50.
EXPONENT = 0.7
OFFSET = 50

SUCCESSORS = 10
SUCCESSOR_EXPONENT = 1.3  # the k-th successor is taken with weight k ** -1.3
JUMP = 0.25  # share of steps that leave the item's successors for anything popular


@dataclass(frozen=True, kw_only=True)
class Item:
    item_id: str
    item_name: str
    item_category: str
    price: float


class Catalogue:
    def __init__(self, rng: Random) -> None:
        self.items = [_item(category, number, rng) for category in CATEGORIES for number in _numbers()]
        rng.shuffle(self.items)  # the order is the popularity
        self._popularity = list(accumulate((rank + OFFSET) ** -EXPONENT for rank in range(len(self.items))))
        self._successors = {item: _successors(item, self.items, rng) for item in self.items}
        self._closeness = list(accumulate(rank**-SUCCESSOR_EXPONENT for rank in range(1, SUCCESSORS + 1)))

    def popular(self, rng: Random) -> Item:
        return rng.choices(self.items, cum_weights=self._popularity)[0]

    def next_after(self, item: Item, rng: Random) -> Item:
        if rng.random() < JUMP:
            return self.popular(rng)
        return rng.choices(self._successors[item], cum_weights=self._closeness)[0]


def _numbers() -> range:
    return range(1, ITEMS_PER_CATEGORY + 1)


def _item(category: str, number: int, rng: Random) -> Item:
    return Item(
        item_id=f"{category}-{number}",
        item_name=f"{category.title()} No. {number}",
        item_category=category,
        price=round(rng.lognormvariate(3.5, 0.9), 2),
    )


def _successors(item: Item, items: Sequence[Item], rng: Random) -> list[Item]:
    others = [other for other in items if other.item_category == item.item_category and other != item]
    return rng.sample(others, SUCCESSORS)
