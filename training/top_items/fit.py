"""
The nightly batch: for every customer what goes with what the customer had to do with. The recipe calls it.

Items go together as far as the same customers had to do with both. Axes: S facts and U customers, as in
`facts`; I items, the most popular first. A matrix is named after its two.
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import sparse

from domain.artifact import POPULAR
from training.recipe import Floats, Integers, Parameters
from training.top_items.facts import KINDS, Facts
from training.top_items.predict import BATCH, OFFSETS

DAY_MS = 24 * 3600 * 1000
KIND_WEIGHT = {
    "view_item": 1.0,
    "add_to_cart": 3.0,
    "purchase": 5.0,
}  # assumed: an order says more than a look
MAX_ITEMS = 200  # per customer, those that count most: bounds the work for crawlers and wholesalers
NEIGHBOURS = 200  # per item
MAX_POPULAR = 200  # enough for 100 answers and 100 exclusions
SUGGESTED = 40  # per customer; an answer to more is filled with what is popular
CHUNK = 2000  # customers whose scores are in memory at once
DIGITS = 6  # of a score: later ones differ between processors


def fit(
    facts: Facts,
    folder: Path,
    *,
    parameters: Parameters,
    seed: int,  # noqa: ARG001  # nothing is drawn
) -> dict[str, int]:
    """
    Write the batch into *folder* and say how much is in it.

    Args:
        parameters: half_life_days, shrinkage, own, spread: see the contract. Time counts back from
            the newest fact.
    """
    weight_S = _weights(facts, half_life_days=parameters["half_life_days"])
    popularity = _popularity(facts, weight_S)
    order_I = np.argsort(-popularity, kind="stable")[: np.count_nonzero(popularity)]
    weight_UI = _by_customer(facts, weight_S, order_I)
    similarity_II = _similarity(weight_UI, shrinkage=parameters["shrinkage"], spread=parameters["spread"])
    anybody_I = parameters["anybody"] * popularity[order_I[:MAX_POPULAR]] / popularity[order_I[0]]
    items = [facts.items[item] for item in order_I]
    known = np.flatnonzero(np.diff(weight_UI.indptr))
    offsets = [0]
    with (folder / BATCH).open("wb") as file:
        for number, best, scores in _suggested(
            weight_UI, similarity_II, known, own=parameters["own"], anybody_I=anybody_I
        ):
            suggestions = [[items[item], score] for item, score in zip(best, scores, strict=True)]
            line = {"customer_id": facts.customers[number], "items": suggestions}
            file.write(json.dumps(line, ensure_ascii=True).encode() + b"\n")
            offsets.append(file.tell())
    np.array(offsets, dtype="<u8").tofile(folder / OFFSETS)
    (folder / POPULAR).write_text(json.dumps(items[:MAX_POPULAR]))
    return {"facts": len(facts), "customers": len(known), "items": len(items)}


def _weights(facts: Facts, *, half_life_days: float) -> Floats:
    age_days_S = (facts.at_ms_S.max() - facts.at_ms_S) / DAY_MS
    kind = np.array([KIND_WEIGHT[name] for name in KINDS])
    weight_S: Floats = kind[facts.kind_S] * 0.5 ** (age_days_S / half_life_days)
    return weight_S


def _popularity(facts: Facts, weight_S: Floats) -> Floats:
    """By how many customers had to do with an item lately: each counts by what is freshest."""
    freshest_UI = _summed(facts, weight_S).minimum(1.0)
    fresh_I: Floats = np.round(np.asarray(freshest_UI.sum(axis=0)).ravel(), DIGITS)
    return fresh_I


def _summed(facts: Facts, weight_S: Floats) -> sparse.csr_array:
    shape = (len(facts.customers), len(facts.items))
    return sparse.csr_array((weight_S, (facts.customer_S, facts.item_S)), shape=shape)


def _by_customer(facts: Facts, weight_S: Floats, order_I: Integers) -> sparse.csr_array:
    return _largest(_summed(facts, weight_S)[:, order_I], MAX_ITEMS)


def _similarity(weight_UI: sparse.csr_array, *, shrinkage: float, spread: float) -> sparse.csr_array:
    """
    Customers of both items over those of each, to the powers 1 - spread and spread, and the shrinkage: with a
    spread of a half the cosine of the two, shrunk as in Bell and Koren, ICDM 2007. No item is like itself.
    """
    has_UI = weight_UI.sign()
    together_II = (has_UI.T @ has_UI).tocoo()
    count_I = together_II.tocsr().diagonal()
    one, other = together_II.coords
    is_pair = one != other
    one, other, together = one[is_pair], other[is_pair], together_II.data[is_pair]
    similar = together / (count_I[one] ** (1 - spread) * count_I[other] ** spread + shrinkage)
    return _largest(sparse.csr_array((similar, (one, other)), shape=together_II.shape), NEIGHBOURS)


def _suggested(
    weight_UI: sparse.csr_array,
    similarity_II: sparse.csr_array,
    known: Integers,
    *,
    own: float,
    anybody_I: Floats,
) -> Iterator[tuple[int, list[int], list[float]]]:
    """Of each known customer the best items and their scores, the best first; ties go to the more popular."""
    for start in range(0, len(known), CHUNK):
        some = known[start : start + CHUNK]
        mine_UI = weight_UI[some]
        score_UI = mine_UI @ similarity_II + own * mine_UI + _for_all(len(some), anybody_I, mine_UI.shape[1])
        score_UI = _largest(score_UI.tocsr(), SUGGESTED)
        for place, number in enumerate(some.tolist()):
            row = slice(score_UI.indptr[place], score_UI.indptr[place + 1])
            yield number, score_UI.indices[row].tolist(), score_UI.data[row].tolist()


def _for_all(customers: int, score_I: Floats, items: int) -> sparse.csr_array:
    """The same scores of the first items for every customer."""
    indptr = np.arange(customers + 1) * len(score_I)
    columns = np.tile(np.arange(len(score_I)), customers)
    return sparse.csr_array((np.tile(score_I, customers), columns, indptr), shape=(customers, items))


def _largest(matrix: sparse.csr_array, count: int) -> sparse.csr_array:
    """The *count* largest entries of each row, rounded, in falling order; of equal ones the lower column."""
    matrix.sort_indices()
    values = np.round(matrix.data, DIGITS)
    chosen = [start + _best(values[start:end], count) for start, end in pairwise(matrix.indptr.tolist())]
    places = np.concatenate(chosen)
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in chosen])])
    return sparse.csr_array((values[places], matrix.indices[places], indptr), shape=matrix.shape)


def _best(values: Floats, count: int) -> Integers:
    """Places of the *count* largest values, the largest first; of equal ones the first."""
    if len(values) > count:
        least = np.partition(values, -count)[-count]
        above = np.flatnonzero(values > least)
        places = np.concatenate([above, np.flatnonzero(values == least)[: count - len(above)]])
    else:
        places = np.arange(len(values))
    return places[np.argsort(-values[places], kind="stable")]
