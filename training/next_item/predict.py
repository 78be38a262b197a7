"""
Session k-nearest-neighbours, answered in the standard library alone. Serving and evaluation call it.

The sessions most like the one at hand vote for the items around the shared ones: the family of VMIS-kNN
(Kersbergen et al., SIGMOD 2022) and STAN (Garg et al., SIGIR 2019). The weights were chosen on three days of
a bol.com click sample, before the days that tests/training/next_item/test_bol.py measures.
"""

import heapq
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.artifact import POPULAR
from training.next_item.features import encode
from training.next_item.tables import Tables

FORMAT = "next_item/1"  # of the tables; goes up when an older `predict` could not read them

NEIGHBOURS = 100
REACH = 10  # places around a shared item that still count
NEARNESS = [1 / (1 + abs(gap)) ** 3 for gap in range(-REACH, REACH + 1)]

Scored = tuple[str, float]  # an item's id and its score; 0 for one that is merely popular


@dataclass(frozen=True, kw_only=True)
class Answer:
    items: list[Scored]  # best first
    tier: str  # model, or baseline where nothing was known about the session

    @property
    def data(self) -> dict[str, Any]:
        """As it is sent; digits beyond the sixth differ between processors."""
        return {"items": [{"item_id": item_id, "score": round(score, 6)} for item_id, score in self.items]}


class Model:
    def __init__(self, folder: Path) -> None:
        self._tables = Tables(folder)

    def predict(
        self, events: Sequence[Mapping[str, Any]], *, k: int, exclude: Collection[str] = ()
    ) -> Answer:
        """
        The *k* items to show next, best first: those with a score, then popular ones up to *k*.

        Args:
            events: the session's GA4 events, oldest first.
            exclude: item ids to leave out.
        """
        item_ids = encode(events)
        ranking = self.rank(item_ids, k=k, exclude=exclude)
        taken = {*exclude, *self._never_next(item_ids), *(item_id for item_id, _ in ranking)}
        fill = [(item_id, 0.0) for item_id in self.popular(k=k - len(ranking), exclude=taken)]
        return Answer(items=[*ranking, *fill], tier="model" if ranking else "baseline")

    def rank(self, item_ids: Sequence[str], *, k: int, exclude: Collection[str] = ()) -> list[Scored]:
        """The best items that have a score; ties go to the more popular, then to the lower id."""
        scores = self._scores(self._weights(item_ids))
        for item_id in [*exclude, *self._never_next(item_ids)]:
            if (item := self._tables.number(item_id)) is not None:
                scores.pop(item, None)
        best = heapq.nsmallest(k, ((-score, item) for item, score in scores.items()))
        return [(self._tables.item_id(item), -score) for score, item in best]

    def popular(self, *, k: int, exclude: Collection[str] = ()) -> list[str]:
        """The *k* most popular items."""
        first = map(self._tables.item_id, range(min(k + len(exclude), len(self._tables))))
        return [item_id for item_id in first if item_id not in exclude][:k]

    def knows(self, item_id: str) -> bool:
        return self._tables.number(item_id) is not None

    def _never_next(self, item_ids: Sequence[str]) -> Sequence[str]:
        """The item just looked at, where the training data says that nobody looks at it twice in a row."""
        return () if self._tables.repeats_last_item else item_ids[-1:]

    def _weights(self, item_ids: Sequence[str]) -> dict[int, float]:
        """What each known item of the session says: the later and the rarer, the more."""
        weights: dict[int, float] = {}
        for age, item_id in enumerate(reversed(item_ids)):
            item = self._tables.number(item_id)
            if item is not None and item not in weights:
                weights[item] = self._tables.rarity[item] / (1 + age)
        return weights

    def _neighbours(self, weights: Mapping[int, float]) -> list[tuple[int, float]]:
        """The sessions that share the most weight, and that weight; ties go to the newer."""
        similarity: dict[int, float] = {}
        for item, weight in weights.items():
            for session in self._tables.sessions_with(item):
                similarity[session] = similarity.get(session, 0.0) + weight
        best = heapq.nsmallest(NEIGHBOURS, ((-shared, session) for session, shared in similarity.items()))
        return [(session, -shared) for shared, session in best]

    def _scores(self, weights: Mapping[int, float]) -> dict[int, float]:
        """A neighbour's items score by its similarity and by how near they stand to what it shares."""
        scores: dict[int, float] = {}
        for session, similarity in self._neighbours(weights):
            items = self._tables.items_of(session)
            for place, shared in enumerate(items):
                if shared in weights:
                    vote = similarity * weights[shared]
                    for item, nearness in _around(items, place):
                        scores[item] = scores.get(item, 0.0) + vote * nearness
        return {item: score * self._tables.rarity[item] for item, score in scores.items()}


def _around(items: list[int], place: int) -> Iterable[tuple[int, float]]:
    first = max(0, place - REACH)
    return zip(items[first : place + REACH + 1], NEARNESS[first - place + REACH :], strict=False)


class Baseline:
    """Answers where there is no model, or none to be trusted: what is popular, as far as that can be read."""

    def __init__(self, folder: Path) -> None:
        self._popular = _item_ids(folder / POPULAR)

    def predict(
        self, _events: Sequence[Mapping[str, Any]], *, k: int, exclude: Collection[str] = ()
    ) -> Answer:
        items = [(item_id, 0.0) for item_id in self._popular if item_id not in exclude]
        return Answer(items=items[:k], tier="baseline")


def _item_ids(path: Path) -> list[str]:
    """An empty list where the file is missing or broken: no items are better than no answer."""
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
