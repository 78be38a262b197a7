"""
How top_items behaves beyond its recall; the limits stand in its contract. The job runs them.
"""

import json
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from domain.artifact import POPULAR
from training.behaviour import Trial, check, lost_when_stale
from training.top_items.evaluate import K
from training.top_items.facts import Facts
from training.top_items.predict import Model
from training.top_items.recipe import suggest

CASES = 500  # customers that a check asks about
STALE_DAYS = 7
ODD: tuple[list[dict[str, Any]], ...] = (
    [],
    [{"name": "page_view"}],
    [{"name": "page_view", "user_id": "unheard of"}],
    [{"name": "page_view", "client_id": "\ud83d"}],  # half a character
)


@check
def coverage(trial: Trial[Facts]) -> float:
    """Of as many different items as there could be among the suggestions."""
    suggested = [item_id for items in _cases(trial) for item_id in items]
    return len(set(suggested)) / max(1, min(len(suggested), len(set(trial.past.item_S.tolist()))))


@check
def popularity_bias(trial: Trial[Facts]) -> float:
    count_I = np.bincount(trial.past.item_S, minlength=len(trial.past.items))
    number = {item_id: place for place, item_id in enumerate(trial.past.items)}
    suggested = [count_I[number[item_id]] for items in _cases(trial) for item_id in items]
    wanted = count_I[trial.test.item_S].mean()
    return float(np.mean(suggested) / wanted) if suggested and wanted else 1.0


@check
def diversity(trial: Trial[Facts]) -> float:
    shares = [1 - len(set(one) & set(other)) / K for one, other in pairwise(_cases(trial))]
    return sum(shares) / len(shares) if shares else 0.0


@check
def cold_start(trial: Trial[Facts]) -> float:
    model = Model(trial.folder)
    popular = json.loads((trial.folder / POPULAR).read_text())[:K]
    answers = [model.predict(events, k=K) for events in ODD]
    are_right = [
        answer.tier == "baseline" and [item_id for item_id, _ in answer.items] == popular
        for answer in answers
    ]
    return float(np.mean(are_right))


@check
def stale_data(trial: Trial[Facts]) -> float:
    with TemporaryDirectory() as folder:
        return lost_when_stale(trial, days=STALE_DAYS, folder=Path(folder))


def _cases(trial: Trial[Facts]) -> list[list[str]]:
    """What known customers are suggested, evenly taken from all of them."""
    model = Model(trial.folder)
    known = sorted(set(trial.past.customer_S.tolist()))
    chosen = known[:: max(1, len(known) // CASES)][:CASES]
    return [list(suggest(model)(trial.past.customers[number])) for number in chosen]
