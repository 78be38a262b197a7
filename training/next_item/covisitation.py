"""
What stood near the items of a session in other sessions: a baseline that next_item must beat.

Axes: E looks at an item, as in `sessions`; P pairs of items that stood near each other; A catalog entries.
"""

import heapq
from collections.abc import Iterable, Sequence

import numpy as np

from training.next_item.sessions import Sessions
from training.recipe import Floats, Integers

REACH = 3  # places, in both directions


class Covisitation:
    """Items n places apart count 1/n; what stood near the nth last item of the session counts 1/n of that."""

    def __init__(self, past: Sessions) -> None:
        self._catalog = past.catalog
        self._number = {item_id: number for number, item_id in enumerate(past.catalog)}
        item_P, self._beside_P, self._weight_P = _pairs(past)
        self._offset_A = np.searchsorted(item_P, np.arange(len(past.catalog) + 1))

    def suggested(self, item_ids: Sequence[str], *, k: int) -> list[str]:
        """The *k* best, without the item just looked at; ties go to the lower id."""
        scores: dict[int, float] = {}
        for age, item_id in enumerate(reversed(item_ids)):
            if (item := self._number.get(item_id)) is not None:
                for other, weight in self._near(item):
                    scores[other] = scores.get(other, 0.0) + weight / (1 + age)
        scores.pop(self._number.get(item_ids[-1], -1), None)
        best = heapq.nsmallest(k, ((-score, item) for item, score in scores.items()))
        return [self._catalog[item] for _, item in best]

    def _near(self, item: int) -> Iterable[tuple[int, float]]:
        near = slice(self._offset_A[item], self._offset_A[item + 1])
        return zip(self._beside_P[near].tolist(), self._weight_P[near].tolist(), strict=True)


def _pairs(past: Sessions) -> tuple[Integers, Integers, Floats]:
    """Every item, what stood near it and how near and often, in the order of the items."""
    session_E = np.repeat(np.arange(len(past)), past.length_S)
    keys, weights = [], []
    for gap in range(1, REACH + 1):
        is_near_E = session_E[gap:] == session_E[:-gap]
        one_E, other_E = past.item_E[:-gap][is_near_E], past.item_E[gap:][is_near_E]
        keys += [one_E * len(past.catalog) + other_E, other_E * len(past.catalog) + one_E]
        weights += [np.full(2 * len(one_E), 1 / gap)]
    key_P, place = np.unique(np.concatenate(keys), return_inverse=True)
    item_P, beside_P = np.divmod(key_P, len(past.catalog))
    weight_P: Floats = np.bincount(place, weights=np.concatenate(weights)).astype(np.float64)
    return item_P, beside_P, weight_P
