"""
What others would use in place of next_item: item-to-item neighbours and a plain VMIS-kNN, for bench.quality.

Neither suggests the item just looked at, as next_item and its baselines do not on clicks without reloads.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from training.next_item.sessions import Sessions

NEWEST = 500  # sessions of an item that are looked at
NEIGHBOURS = 100
FORGOTTEN = 10  # places back in the session from which a shared item lends no weight


class ItemKnn:
    """The cosine of the sessions that hold two items, added up over the session; an item is like itself."""

    def __init__(self, past: Sessions) -> None:
        self._catalog = past.catalog
        self._number = {item_id: number for number, item_id in enumerate(past.catalog)}
        session_E = np.repeat(np.arange(len(past)), past.length_S)
        shape = (len(past), len(past.catalog))
        has_SI = sparse.csr_array((np.ones(len(session_E)), (session_E, past.item_E)), shape=shape).sign()
        together_II = (has_SI.T @ has_SI).tocoo()
        one, other = together_II.coords
        count_I = np.maximum(has_SI.sum(axis=0), 1)
        cosine = together_II.data / np.sqrt(count_I[one] * count_I[other])
        self._cosine_II = sparse.csr_array((cosine, (one, other)), shape=together_II.shape)

    def suggested(self, item_ids: Sequence[str], *, k: int) -> list[str]:
        scores: dict[int, float] = defaultdict(float)
        for item_id in set(item_ids):
            if (item := self._number.get(item_id)) is not None:
                row = slice(self._cosine_II.indptr[item], self._cosine_II.indptr[item + 1])
                for other, cosine in zip(
                    self._cosine_II.indices[row].tolist(), self._cosine_II.data[row].tolist(), strict=True
                ):
                    scores[other] += cosine
        return [self._catalog[item] for item in _best(scores, self._number.get(item_ids[-1]), k=k)]


class VmisKnn:
    """
    Source: Kersbergen et al., Serenade, SIGMOD 2022: linear weights by place, rarity as log(sessions /
    sessions with the item), nothing tuned.
    """

    def __init__(self, past: Sessions) -> None:
        self._catalog = past.catalog
        self._number = {item_id: number for number, item_id in enumerate(past.catalog)}
        ends = np.cumsum(past.length_S).tolist()
        starts = [0, *ends]
        self._items = [set(past.item_E[start:end].tolist()) for start, end in zip(starts, ends, strict=False)]
        holders: dict[int, list[int]] = defaultdict(list)
        for session, items in enumerate(self._items):  # in the order in which they ended
            for item in items:
                holders[item].append(session)
        self._newest = {item: sessions[-NEWEST:] for item, sessions in holders.items()}
        self._rarity = {item: math.log(len(past) / len(sessions)) for item, sessions in holders.items()}

    def suggested(self, item_ids: Sequence[str], *, k: int) -> list[str]:
        known = [self._number[item_id] for item_id in item_ids if item_id in self._number]
        place = {item: number for number, item in enumerate(known)}  # the last one counts
        similarity: dict[int, float] = defaultdict(float)
        for item, number in place.items():
            for session in self._newest.get(item, ()):
                similarity[session] += (number + 1) / len(known)
        nearest = heapq.nlargest(NEIGHBOURS, similarity, key=lambda session: (similarity[session], session))
        scores: dict[int, float] = defaultdict(float)
        for session in nearest:
            latest = max(place[item] for item in self._items[session] if item in place)
            weight = max(0.0, 1 - (len(known) - 1 - latest) / FORGOTTEN) * similarity[session]
            for item in self._items[session]:
                scores[item] += weight * self._rarity[item]
        return [self._catalog[item] for item in _best(scores, self._number.get(item_ids[-1]), k=k)]


def _best(scores: Mapping[int, float], last: int | None, *, k: int) -> list[int]:
    """The highest first, ties to the lower number, without the *last* item and what has no score."""
    ranked = ((-score, item) for item, score in scores.items() if item != last and score > 0)
    return [item for _, item in heapq.nsmallest(k, ranked)]
