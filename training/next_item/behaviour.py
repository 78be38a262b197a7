"""
How next_item behaves beyond its hit rate; the limits stand in its contract. The job runs them.
"""

import math
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from training.behaviour import Trial, check, lost_when_stale
from training.next_item.evaluate import K
from training.next_item.features import recent
from training.next_item.predict import Model
from training.next_item.sessions import Sessions
from training.next_item.tables import Tables

CASES = 300  # sessions that a check asks about; each costs half a millisecond
STALE_DAYS = 3
ODD: tuple[list[dict[str, Any]], ...] = (
    [],
    [{"name": "search", "search_term": "shoes"}],
    [{"name": "view_item", "items": []}],
    [{"name": "view_item", "items": [{"item_id": "unheard of"}]}],
    [{"name": "view_item", "items": [{"item_id": "\ud83d"}]}],  # half a character
)


@check
def coverage(trial: Trial[Sessions]) -> float:
    """Of as many different items as there could be among the suggestions."""
    tables = Tables(trial.folder)
    suggested = [tables.number(item_id) for _, items in _cases(trial) for item_id in items]
    different = set(suggested) - {None}  # what is new to the model does not count
    return len(different) / max(1, min(len(suggested), len(tables)))


@check
def popularity_bias(trial: Trial[Sessions]) -> float:
    looks_A = np.bincount(trial.past.item_E, minlength=len(trial.past.catalog))
    looks = dict(zip(trial.past.catalog, looks_A.tolist(), strict=True))
    cases = list(_cases(trial))
    suggested = [looks[item_id] for _, items in cases for item_id in items if item_id in looks]
    wanted = [looks[item_ids[-1]] for item_ids, _ in cases if item_ids[-1] in looks]
    return float(np.mean(suggested) / np.mean(wanted)) if suggested and wanted else 1.0


@check
def diversity(trial: Trial[Sessions]) -> float:
    pairs = pairwise(set(items) for _, items in _cases(trial) if items)
    return _mean([1 - len(one & other) / max(len(one), len(other)) for one, other in pairs])


@check
def price_homogeneity(trial: Trial[Sessions]) -> float:
    """RecList's: mean of |log10(price suggested / price wanted)|, where both are known."""
    prices = trial.catalogue.prices
    pairs = [(items[0], item_ids[-1]) for item_ids, items in _cases(trial) if items]
    return _mean(
        [
            abs(math.log10(prices[suggested] / prices[wanted]))
            for suggested, wanted in pairs
            if suggested in prices and wanted in prices
        ]
    )


@check
def being_less_wrong(trial: Trial[Sessions]) -> float:
    tables = Tables(trial.folder)
    wrong = [
        (item_ids[-1], items[0]) for item_ids, items in _cases(trial) if items[:1] not in ([], item_ids[-1:])
    ]
    return _mean([_are_together(tables, label, first) for label, first in wrong])


@check
def dropped_event(trial: Trial[Sessions]) -> float:
    return _stay(trial, lambda item_ids: item_ids[1:])


@check
def swapped_events(trial: Trial[Sessions]) -> float:
    return _stay(trial, lambda item_ids: [*item_ids[:-2], item_ids[-1], item_ids[-2]])


@check
def head_and_tail(trial: Trial[Sessions]) -> float:
    head, tail = (trial.of_part("popularity", part) for part in ("head", "tail"))
    return tail / head if head else 1.0


@check
def cold_start(trial: Trial[Sessions]) -> float:
    model = Model(trial.folder)
    popular = model.popular(k=K)
    answers = [model.predict(events, k=K) for events in ODD]
    return _mean([answer.tier == "baseline" and popular[0] in dict(answer.items) for answer in answers])


@check
def stale_data(trial: Trial[Sessions]) -> float:
    with TemporaryDirectory() as folder:
        return lost_when_stale(trial, days=STALE_DAYS, folder=Path(folder))


def _cases(trial: Trial[Sessions]) -> Iterator[tuple[list[str], list[str]]]:
    """Sessions of two items or more, and what is suggested for their last one."""
    model = Model(trial.folder)
    for item_ids in _sessions(trial, at_least=2):
        yield item_ids, model.suggested(recent(item_ids[:-1]), k=K)


def _sessions(trial: Trial[Sessions], *, at_least: int) -> list[list[str]]:
    numbers = np.flatnonzero(trial.test.length_S >= at_least).tolist()
    chosen = random.Random(trial.seed).sample(numbers, k=min(CASES, len(numbers)))  # noqa: S311  # to repeat
    return trial.test.item_ids(sorted(chosen))


def _stay(trial: Trial[Sessions], change: Any) -> float:
    """Share of the suggestions that *change* leaves, for sessions of three items or more."""
    model = Model(trial.folder)
    shares = []
    for item_ids in _sessions(trial, at_least=3):
        before = set(model.suggested(recent(item_ids), k=K))
        after = set(model.suggested(recent(change(item_ids)), k=K))
        shares.append(len(before & after) / max(1, len(before)))
    return _mean(shares)


def _are_together(tables: Tables, one: str, other: str) -> bool:
    numbers = (tables.number(one), tables.number(other))
    sessions = [set(tables.sessions_with(number)) for number in numbers if number is not None]
    return len(sessions) == 2 and not sessions[0].isdisjoint(sessions[1])


def _mean(values: Sequence[float]) -> float:
    """0 where there is nothing to judge by."""
    return sum(values) / len(values) if values else 0.0
