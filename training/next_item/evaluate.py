"""
How next_item, and what it must beat, rank what people looked at next, on sessions that came later.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from domain.metrics import rank_of, reciprocal
from training.measures import mean
from training.next_item.features import recent
from training.next_item.predict import Model
from training.next_item.sessions import Sessions
from training.recipe import Measure, NothingToEvaluate, Outcomes

K = 20
HEAD = 0.1  # share of the items that counts as popular

MEASURES: Mapping[str, Measure] = {
    "hit_rate_20_all": mean("hit"),
    "hit_rate_20": mean("hit", where="is_known"),
    "mrr_20": mean("reciprocal_rank", where="is_known"),
    "mrr_20_all": mean("reciprocal_rank"),
}

Ranker = Callable[[Sequence[str]], list[str]]  # the items of a session so far → at most K items, best first


def outcomes(model: Model, sessions: Sessions) -> Outcomes:
    """
    Predict every item of every session but its first, from the items before it, among all items there are.

    Raises:
        NothingToEvaluate: there is no such item.
    """

    def of_site(site: str) -> Ranker:
        return lambda item_ids: model.suggested(item_ids, k=K, site=site)

    return _of_rankers(of_site, model, sessions)


def of_ranker(ranker: Ranker, model: Model, sessions: Sessions) -> Outcomes:
    """The same predictions by another ranker; *model* tells which items were known, and how popular."""
    return _of_rankers(lambda _site: ranker, model, sessions)


def _of_rankers(of_site: Callable[[str], Ranker], model: Model, sessions: Sessions) -> Outcomes:
    item_ids_S = sessions.item_ids()
    steps_S = np.maximum(sessions.length_S - 1, 0)
    if not steps_S.sum():
        raise NothingToEvaluate("no test session has a second item")
    rankers = {site: of_site(site) for site in set(sessions.site_S)}
    ranks = [
        rank_of(label, rankers[site](recent(item_ids[:place])))
        for item_ids, site in zip(item_ids_S, sessions.site_S, strict=True)
        for place, label in enumerate(item_ids[1:], start=1)
    ]
    labels = list(chain.from_iterable(item_ids[1:] for item_ids in item_ids_S))
    session_P = np.repeat(np.arange(len(sessions)), steps_S)
    return Outcomes(
        session_P=session_P,
        weight_P=np.ones(len(labels)),
        values={
            "hit": np.array([rank is not None for rank in ranks], dtype=np.float64),
            "reciprocal_rank": np.array([reciprocal(rank) for rank in ranks]),
            "is_known": np.array([model.knows(label) for label in labels], dtype=np.float64),
        },
        slices={
            "session_length": _texts([_length(step) for steps in steps_S for step in range(1, steps + 1)]),
            "popularity": _texts([_popularity(model, label) for label in labels]),
            "visitor": np.where(sessions.is_returning_S[session_P], "returning", "new").astype(object),
            "site": sessions.site_S[session_P],
        },
    )


def _length(items: int) -> str:
    return "6 or more" if items > 5 else "3 to 5" if items > 2 else str(items)


def _popularity(model: Model, item_id: str) -> str:
    place = model.place(item_id)
    return "unseen" if place is None else "head" if place < HEAD else "tail"


def _texts(values: list[str]) -> npt.NDArray[np.object_]:
    return np.array(values, dtype=object)
