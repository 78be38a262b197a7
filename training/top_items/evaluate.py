"""
How well top_items and its baselines foresee what customers then have to do with. Recipe and bench call it.

Axes: P predictions, one for each item that a customer has to do with in the test days; S facts, U customers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from training.measures import mean
from training.recipe import Integers, Measure, NothingToEvaluate, Outcomes
from training.top_items.facts import Facts

K = 20

MEASURES: Mapping[str, Measure] = {
    "recall_20": mean("hit", where="is_known"),
    "hit_rate_20": mean("any_hit", where="is_known"),
    "recall_20_new": mean("hit", where="is_new_to_known"),
    "recall_20_all": mean("hit"),
}
HISTORY = (0, 9, 49)  # the most items of each part of the slice
PARTS = ("none", "1 to 9", "10 to 49", "50 or more")

Suggest = Callable[[str], Sequence[str]]  # a customer's id → K item ids, the best first


def outcomes(suggest: Suggest, facts: Facts) -> Outcomes:
    """
    Raises:
        NothingToEvaluate: no facts.
    """
    if not len(facts):
        raise NothingToEvaluate("no customer did anything on the test days")
    wanted = first_of_each(facts)
    before_P = history(wanted)
    hit_P = np.array(list(_hits(suggest, wanted)), dtype=np.float64)
    per_customer = np.bincount(wanted.customer_S)
    hits = np.bincount(wanted.customer_S, weights=hit_P)
    is_known_P, is_new_P = before_P > 0, wanted.is_first_S
    return Outcomes(
        session_P=_cluster(wanted.customer_S),
        weight_P=1 / per_customer[wanted.customer_S],
        values={
            "hit": hit_P,
            "any_hit": (hits[wanted.customer_S] > 0).astype(np.float64),
            "is_known": is_known_P.astype(np.float64),
            "is_new_to_known": (is_known_P & is_new_P).astype(np.float64),
        },
        slices={
            "history": np.array(PARTS, dtype=object)[np.searchsorted(HISTORY, before_P)],
            "novelty": np.where(is_new_P, "new", "had before").astype(object),
            "site": wanted.site_S,
        },
    )


def first_of_each(facts: Facts) -> Facts:
    """Of each customer with each item the first fact: what was to be foreseen."""
    _, first = np.unique(facts.customer_S * len(facts.items) + facts.item_S, return_index=True)
    keep_S = np.zeros(len(facts), dtype=bool)
    keep_S[first] = True
    return facts.where(keep_S)


def history(wanted: Facts) -> Integers:
    """With how many items the customer of each fact had had to do when the test began."""
    fewest_U = np.full(len(wanted.customers), np.iinfo(np.int64).max)
    np.minimum.at(fewest_U, wanted.customer_S, wanted.items_before_S)
    return fewest_U[wanted.customer_S]


def popularity(popular: Sequence[str]) -> Suggest:
    return lambda _: popular[:K]


def bought_before(past: Facts) -> Suggest:
    """The latest first, then nothing."""
    latest: dict[str, dict[str, None]] = {}
    for customer, item in zip(past.customer_S[::-1].tolist(), past.item_S[::-1].tolist(), strict=True):
        latest.setdefault(past.customers[customer], {}).setdefault(past.items[item], None)
    return lambda customer_id: list(latest.get(customer_id, ()))[:K]


def _hits(suggest: Suggest, wanted: Facts) -> Iterator[bool]:
    suggested: dict[int, set[str]] = {}
    for customer, item in zip(wanted.customer_S.tolist(), wanted.item_S.tolist(), strict=True):
        if customer not in suggested:
            suggested[customer] = set(suggest(wanted.customers[customer]))
        yield wanted.items[item] in suggested[customer]


def _cluster(customer_P: Integers) -> Integers:
    """Customers in place of rows, from 0: they are drawn as wholes."""
    return np.unique(customer_P, return_inverse=True)[1]
