"""
How well next_item ranks what people looked at next, on sessions that came after those it learned from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.metrics import Rank, hit_rate, mean_reciprocal_rank, rank_of
from training.next_item.features import recent
from training.next_item.predict import Model

K = 20


class NothingToEvaluate(ValueError):
    """No test session has a second item that training knew."""


@dataclass(kw_only=True)
class Ranks:
    """One entry per prediction whose right answer was in the training data, and how many were not."""

    model: list[Rank] = field(default_factory=list)
    popularity: list[Rank] = field(default_factory=list)
    unseen: int = 0


def evaluate(model: Model, sessions: Sequence[Sequence[str]]) -> Ranks:
    """
    Predict every item of every session but its first, from the items before it, among all items there are.

    Raises:
        NothingToEvaluate: there is no such item.
    """
    ranks = Ranks()
    popular = model.popular(k=K)
    for item_ids in sessions:
        for place, label in enumerate(item_ids[1:], start=1):
            if model.knows(label):
                ranking = [item_id for item_id, _ in model.rank(recent(item_ids[:place]), k=K)]
                ranks.model.append(rank_of(label, ranking))
                ranks.popularity.append(rank_of(label, popular))
            else:
                ranks.unseen += 1
    if not ranks.model:
        raise NothingToEvaluate("no test session has a second item that training knew")
    return ranks


def metrics(ranks: Ranks) -> dict[str, float]:
    """`_all` counts items that training never saw as misses, as a shop would; the others compare models."""
    return {
        "hit_rate_20": round(hit_rate(ranks.model), 4),
        "mrr_20": round(mean_reciprocal_rank(ranks.model), 4),
        "hit_rate_20_all": round(hit_rate([*ranks.model, *[None] * ranks.unseen]), 4),
    }


def baseline_metrics(ranks: Ranks) -> dict[str, float]:
    """The same predictions, answered with what is popular."""
    return {
        "hit_rate_20": round(hit_rate(ranks.popularity), 4),
        "mrr_20": round(mean_reciprocal_rank(ranks.popularity), 4),
    }
