"""
What the made-up shop sells on a day: how popular each item is, and which items people look at after it.

Axes: I items in the order they were born, K successors of an item, N draws. Items are numbers in here; `item`
tells what a number stands for.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Generator = np.random.Generator

CATEGORIES = ("boats", "ropes", "sails", "shoes", "jackets", "lamps", "charts", "anchors", "paint", "galley")

# Zipf-Mandelbrot, (rank + OFFSET) ** -EXPONENT, chosen so that what people look at is spread as in a bol.com
# click sample (Gini 0.44); steps to successors and newcomers flatten it.
EXPONENT = 0.85
OFFSET = 50
AGEING_DAYS = 45  # an item's popularity falls to a third in this time
OLDEST_DAYS = 45  # at the start, items are up to this old

SUCCESSORS = 10
SUCCESSOR_EXPONENT = 1.3  # the k-th successor is taken with weight k ** -1.3
STEPS = 0.5  # share of new looks that follow another; the others are first ones, or jumps
JUMP = 0.25  # share of steps that leave the item's successors for anything popular

NEW_SHARE = (
    0.11  # of a day's looks, those at items never looked at before that day: measured in the same sample
)
BIRTHS = 0.005  # items born in a day, as a share of those at the start
ADOPTERS = 5  # items after which people come to look at a new one

PRICE_MU, PRICE_SIGMA = 3.5, 0.9  # lognormal, EUR; a category's own mu lies around it


class Catalogue:
    """
    Args:
        size: items at the start.
    """

    def __init__(self, size: int, rng: Generator) -> None:
        self._size = size
        self._rng = rng
        self._day = 0
        self._base_I = _popularity(rng.permutation(size))
        self._born_I = -rng.integers(0, OLDEST_DAYS, size)
        self._category_I = rng.integers(0, len(CATEGORIES), size)
        self._price_mu = rng.normal(PRICE_MU, 0.4, len(CATEGORIES))
        self._cents_I = self._prices(self._category_I)
        self._is_seen_I = np.zeros(size, dtype=bool)
        self._peers = [np.flatnonzero(self._category_I == number) for number in range(len(CATEGORIES))]
        self._successors_IK = self._circles()
        self._successor_cumulated_K = _cumulated(np.arange(1.0, SUCCESSORS + 1) ** -SUCCESSOR_EXPONENT)
        self._items: list[dict[str, Any] | None] = [None] * size

    def open_day(self) -> None:
        """Let items be born and the others age."""
        self._day += 1
        self._bear(max(1, round(self._size * BIRTHS)))
        live_I = self._base_I * np.exp((self._born_I - self._day) / AGEING_DAYS)
        self._newborn = np.flatnonzero(self._born_I == self._day)
        live_I[self._newborn] = 0  # today they are met as new, from tomorrow on like any other
        self._cumulated_I = _cumulated(live_I)
        self._new_share = max(0.0, NEW_SHARE - self._unseen_share(live_I))

    def popular(self, count: int) -> Integers:
        """That many items by today's popularity, today's new ones among them."""
        items_N = np.searchsorted(self._cumulated_I, self._rng.random(count))
        return self._renewed(items_N)

    def after(self, items_N: Integers) -> Integers:
        """For each item one that is looked at after it."""
        slots_N = np.searchsorted(self._successor_cumulated_K, self._rng.random(len(items_N)))
        next_N = self._successors_IK[items_N, slots_N]
        jumps_N = self._rng.random(len(items_N)) < JUMP
        next_N[jumps_N] = np.searchsorted(self._cumulated_I, self._rng.random(int(jumps_N.sum())))
        return self._renewed(next_N)

    def anything(self, count: int) -> Integers:
        """Any item with equal chance, as a crawler meets them."""
        return self._rng.integers(0, len(self._born_I), count)

    def close_day(self, items_N: Integers) -> None:
        """Remember what was looked at: it is not new any more."""
        self._is_seen_I[items_N] = True

    def item(self, number: int) -> dict[str, Any]:
        """As it stands in an event; the same object each time."""
        found = self._items[number]
        if found is None:
            category = CATEGORIES[self._category_I[number]]
            found = self._items[number] = {
                "item_id": f"{category}-{number}",
                "item_name": f"{category.title()} No. {number}",
                "item_category": category,
                "price": self.cents(number) / 100,
            }
        return found

    def cents(self, number: int) -> int:
        return int(self._cents_I[number])

    def category(self, number: int) -> str:
        return CATEGORIES[self._category_I[number]]

    def _unseen_share(self, live_I: Floats) -> float:
        """Of looks, those that would meet an old item for the first time, by popularity or as a successor."""
        is_unseen_I = ~self._is_seen_I & (live_I > 0)
        by_popularity = live_I[is_unseen_I].sum() / live_I.sum()
        as_successor = is_unseen_I.mean()
        return float(STEPS * as_successor + (1 - STEPS) * by_popularity)

    def _renewed(self, items_N: Integers) -> Integers:
        """Some of the draws go to what is new today."""
        if self._new_share:
            is_new_N = self._rng.random(len(items_N)) < self._new_share
            items_N[is_new_N] = self._rng.choice(self._newborn, int(is_new_N.sum()))
        return items_N

    def _bear(self, count: int) -> None:
        first = len(self._born_I)
        category_I = self._rng.integers(0, len(CATEGORIES), count)
        ranks_I = self._rng.integers(0, self._size, count)
        self._base_I = np.append(self._base_I, _popularity(ranks_I))
        self._born_I = np.append(self._born_I, np.full(count, self._day))
        self._category_I = np.append(self._category_I, category_I)
        self._cents_I = np.append(self._cents_I, self._prices(category_I))
        self._is_seen_I = np.append(self._is_seen_I, np.zeros(count, dtype=bool))
        newborn = np.arange(first, first + count)
        self._items += [None] * count
        self._adopt(newborn, category_I)

    def _adopt(self, newborn: Integers, category_I: Integers) -> None:
        """A new item leads to some of its category, and some of these lead to it from now on."""
        successors_IK = [self._rng.choice(self._peers[category], SUCCESSORS) for category in category_I]
        self._successors_IK = np.concatenate([self._successors_IK, successors_IK])
        for item, successors_K in zip(newborn, successors_IK, strict=True):
            slots = self._rng.integers(0, SUCCESSORS, ADOPTERS)
            self._successors_IK[successors_K[:ADOPTERS], slots] = item

    def _circles(self) -> Integers:
        """
        Successors of the same category, never the item itself: for each slot, a category's items in a circle.

        So each item follows on as many as any other does, and what is popular is decided by popularity alone.
        """
        successors_IK = np.empty((self._size, SUCCESSORS), dtype=np.int64)
        for peers in self._peers:
            for slot in range(SUCCESSORS):
                circle = self._rng.permutation(peers)
                successors_IK[circle, slot] = np.roll(circle, 1)
        return successors_IK

    def _prices(self, category_I: Integers) -> Integers:
        euros_I = self._rng.lognormal(self._price_mu[category_I], PRICE_SIGMA)
        return np.maximum(1, np.round(100 * euros_I)).astype(np.int64)


def _popularity(ranks: Integers) -> Floats:
    return (ranks.astype(np.float64) + OFFSET) ** -EXPONENT


def _cumulated(weights: Floats) -> Floats:
    """For searchsorted: sums up to exactly 1, so that no draw falls behind the last."""
    sums = np.cumsum(weights)
    cumulated: Floats = sums / sums[-1]
    cumulated[-1] = 1.0
    return cumulated
