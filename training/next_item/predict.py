"""
Session k-nearest-neighbours, answered in the standard library alone. Serving and evaluation call it.

The sessions most like the one at hand vote for the items around the shared ones: the family of VMIS-kNN
(Kersbergen et al., SIGMOD 2022) and STAN (Garg et al., SIGIR 2019). How its weights fall off is chosen by the
search of each training, from what `contract.py` declares, and lies in the artifact's settings.
"""

import heapq
import json
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from domain.artifact import POPULAR
from training.next_item.features import encode
from training.next_item.tables import Settings, Tables

FORMAT = "next_item/3"  # of the tables; goes up when an older `predict` could not read them

REACH = 10  # places around a shared item that still count
NEW_ITEMS_FROM = 3  # from 0; earlier costs the first places, later wins no more hits

Scored = tuple[str, float]  # an item's id and its score; 0 for one that is merely popular


@dataclass(frozen=True, kw_only=True)
class Answer:
    items: list[Scored]  # best first
    tier: str  # model, or baseline where nothing was known about the session

    @property
    def data(self) -> dict[str, Any]:
        """As it is sent; digits beyond the sixth differ between processors."""
        return {"items": [{"item_id": item_id, "score": round(score, 6)} for item_id, score in self.items]}


class Tuned:
    """What was chosen for a site, ready to be used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.nearness = [1 / (1 + abs(gap)) ** settings.nearness for gap in range(-REACH, REACH + 1)]


class Model:
    def __init__(self, folder: Path) -> None:
        self._tables = Tables(folder)
        self._tuned = Tuned(self._tables.settings)
        self._tuned_for = {site: Tuned(settings) for site, settings in self._tables.settings_of.items()}
        self._popular = _popular(folder / POPULAR)

    def predict(
        self, events: Sequence[Mapping[str, Any]], *, k: int, exclude: Container[str] = (), site: str = ""
    ) -> Answer:
        """
        The *k* items to show next, best first: those with a score, then popular ones up to *k*.

        Args:
            events: the session's GA4 events, oldest first.
            exclude: item ids to leave out; there may be many.
            site: whose visitor it is; what is popular, and how sessions are weighed, may differ.
        """
        item_ids = encode(events)
        ranking = self.rank(item_ids, k=k, exclude=exclude, site=site)
        taken = {*_never_next(item_ids, self._for(site)), *(item_id for item_id, _ in ranking)}
        popular = _popular_of(site, self._popular)
        fill = ((item_id, 0.0) for item_id in popular if item_id not in taken and item_id not in exclude)
        return Answer(
            items=[*ranking, *islice(fill, k - len(ranking))],
            tier="model" if _is_scored(ranking) else "baseline",
        )

    def _for(self, site: str) -> Tuned:
        return self._tuned_for.get(site, self._tuned)

    def suggested(self, item_ids: Sequence[str], *, k: int, site: str = "") -> list[str]:
        """The ids of `rank`, without what is merely popular: a miss stays a miss."""
        return [item_id for item_id, _ in self.rank(item_ids, k=k, site=site)]

    def rank(
        self, item_ids: Sequence[str], *, k: int, exclude: Container[str] = (), site: str = ""
    ) -> list[Scored]:
        """
        The best items that have a score; ties go to the more popular, then to the lower id.

        Among them, from the place NEW_ITEMS_FROM on, what the session looked at and training never saw:
        people go back, and nothing else could suggest what is new since the last training.
        """
        tuned = self._for(site)
        never = _never_next(item_ids, tuned)
        scores = self._scores(self._weights(item_ids, tuned), tuned)
        for item_id in never:
            if (item := self._tables.number(item_id)) is not None:
                scores.pop(item, None)
        ranking = self._best(scores, k=k, exclude=exclude)
        place = min(NEW_ITEMS_FROM, len(ranking))
        score = ranking[place][1] if place < len(ranking) else 0.0
        new = [(item_id, score) for item_id in self._new_items(item_ids, never) if item_id not in exclude]
        return [*ranking[:place], *new, *ranking[place:]][:k]

    def _best(self, scores: Mapping[int, float], *, k: int, exclude: Container[str]) -> list[Scored]:
        """What is left out is met on the way rather than looked for: there may be more of it than scores."""
        waiting = [(-score, item) for item, score in scores.items()]
        heapq.heapify(waiting)
        best: list[Scored] = []
        while waiting and len(best) < k:
            score, item = heapq.heappop(waiting)
            if (item_id := self._tables.item_id(item)) not in exclude:
                best.append((item_id, -score))
        return best

    def _new_items(self, item_ids: Sequence[str], never: Collection[str]) -> list[str]:
        """What training never saw, the newest first."""
        return [
            item_id
            for item_id in dict.fromkeys(reversed(item_ids))
            if item_id not in never and not self.knows(item_id)
        ]

    def popular(self, *, k: int) -> list[str]:
        """The *k* most popular items of all sites."""
        return _popular_of("", self._popular)[:k]

    def knows(self, item_id: str) -> bool:
        return self._tables.number(item_id) is not None

    def place(self, item_id: str) -> float | None:
        """How popular a known item is: 0 for the most, just under 1 for the least."""
        number = self._tables.number(item_id)
        return None if number is None else number / len(self._tables)

    def _weights(self, item_ids: Sequence[str], tuned: Tuned) -> dict[int, float]:
        """What each known item of the session says: the later and the rarer, the more."""
        weights: dict[int, float] = {}
        for age, item_id in enumerate(reversed(item_ids)):
            item = self._tables.number(item_id)
            if item is not None and item not in weights:
                weights[item] = self._tables.rarity[item] / (1 + age) ** tuned.settings.recency
        return weights

    def _neighbours(self, weights: Mapping[int, float], tuned: Tuned) -> list[tuple[int, float]]:
        """The sessions that share the most weight, and that weight; ties go to the newer."""
        similarity: dict[int, float] = {}
        so_far = similarity.get
        for item, weight in weights.items():
            for session in self._tables.sessions_with(item):
                similarity[session] = so_far(session, 0.0) + weight
        most_alike = sorted([(-shared, session) for session, shared in similarity.items()])
        return [(session, -shared) for shared, session in most_alike[: tuned.settings.neighbours]]

    def _scores(self, weights: Mapping[int, float], tuned: Tuned) -> dict[int, float]:
        """A neighbour's items score by its similarity and by how near they stand to what it shares."""
        scores: dict[int, float] = {}
        score_of, items_of, nearness = scores.get, self._tables.items_of, tuned.nearness
        for session, similarity in self._neighbours(weights, tuned):
            items = items_of(session)
            for place, shared in enumerate(items):
                if shared in weights:
                    vote = similarity * weights[shared]
                    first = max(0, place - REACH)
                    # written out: this is where the time of an answer goes
                    at = first - place + REACH
                    for item in items[first : place + REACH + 1]:
                        scores[item] = score_of(item, 0.0) + vote * nearness[at]
                        at += 1
        rarity, seen_again = self._tables.rarity, tuned.settings.seen_again
        return {
            item: score * rarity[item] * (seen_again if item in weights else 1)
            for item, score in scores.items()
        }


def _is_scored(ranking: Sequence[Scored]) -> bool:
    """New items alone, which stand there with a score of 0, are no answer of the model's."""
    return bool(ranking) and ranking[0][1] > 0


def _never_next(item_ids: Sequence[str], tuned: Tuned) -> Sequence[str]:
    """The item just looked at, where the training data says that nobody looks at it twice in a row."""
    return () if tuned.settings.repeats_last_item else item_ids[-1:]


class Baseline:
    """Answers where there is no model, or none to be trusted: what is popular, as far as that can be read."""

    def __init__(self, folder: Path) -> None:
        self._popular = _popular(folder / POPULAR)

    def predict(
        self, _events: Sequence[Mapping[str, Any]], *, k: int, exclude: Container[str] = (), site: str = ""
    ) -> Answer:
        popular = _popular_of(site, self._popular)
        items = ((item_id, 0.0) for item_id in popular if item_id not in exclude)
        return Answer(items=[*islice(items, k)], tier="baseline")


def _popular_of(site: str, popular: Mapping[str, list[str]]) -> list[str]:
    """A site too small for a list of its own has that of all."""
    return popular.get(site) or popular.get("", [])


def _popular(path: Path) -> dict[str, list[str]]:
    """By site, the best first; nothing where the file is missing or broken: better than no answer."""
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    lists = values.items() if isinstance(values, dict) else ()
    return {
        site: [item for item in items if isinstance(item, str)]
        for site, items in lists
        if isinstance(items, list)
    }
