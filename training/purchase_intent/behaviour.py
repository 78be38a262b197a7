"""
How purchase_intent behaves beyond its metrics; the limits stand in its contract. The job runs them.
"""

import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from training.behaviour import Trial, check, lost_when_stale
from training.purchase_intent.predict import Model
from training.purchase_intent.recipe import as_sent
from training.purchase_intent.sessions import Sessions

CASES = 500  # sessions that a check asks about
STALE_DAYS = 3
ODD: tuple[list[dict[str, Any]], ...] = (
    [],
    [{"name": "view_item"}],
    [{"name": "view_item", "items": []}],
    [{"name": "add_to_cart", "items": [{"item_id": "unheard of"}], "value": -1}],
    [{"name": "view_item", "items": [{"item_id": "\ud83d"}]}],  # half a character
    [
        {"name": "search", "occurred_at": 1_600_000_000_000},
        {"name": "search", "occurred_at": 1_500_000_000_000},
    ],
    [{"name": "purchase", "value": 10.0}],
)

Events = list[dict[str, Any]]


@check
def added_to_cart(trial: Trial[Sessions]) -> float:
    """At worst, over sessions and amounts; 0 or less where it always rises or stays."""
    model = Model(trial.folder)
    falls = [
        _probability(model, events) - _probability(model, [*events, _into_cart(events[-1], value)])
        for events in _cases(trial)
        for value in (0.0, 5.0, 500.0)
    ]
    return max(falls, default=0.0)


@check
def calibration(trial: Trial[Sessions]) -> float:
    return trial.recipe.MEASURES["calibration_error"](trial.outcomes.values, trial.outcomes.weight_P)


@check
def swapped_events(trial: Trial[Sessions]) -> float:
    """They keep the moments at which something happened."""
    return _mean_change(trial, _swapped)


@check
def dropped_event(trial: Trial[Sessions]) -> float:
    return _mean_change(trial, lambda events: events[1:])


@check
def cold_start(trial: Trial[Sessions]) -> float:
    model = Model(trial.folder)
    answers = [_probability(model, events) for events in ODD]
    return sum(0 <= answer <= 1 for answer in answers) / len(answers)


@check
def stale_data(trial: Trial[Sessions]) -> float:
    with TemporaryDirectory() as folder:
        return lost_when_stale(trial, days=STALE_DAYS, folder=Path(folder))


def _cases(trial: Trial[Sessions]) -> list[Events]:
    """Sessions as clients would send them, to their end."""
    chance = random.Random(trial.seed)  # noqa: S311  # a choice to repeat
    numbers = chance.sample(range(len(trial.test)), k=min(CASES, len(trial.test)))
    return [as_sent(trial.test.events_of(number)) for number in sorted(numbers)]


def _mean_change(trial: Trial[Sessions], change: Callable[[Events], Events]) -> float:
    """Of the probability of sessions of two events or more."""
    model = Model(trial.folder)
    changes = [
        abs(_probability(model, events) - _probability(model, change(events)))
        for events in _cases(trial)
        if len(events) > 1
    ]
    return sum(changes) / len(changes) if changes else 0.0


def _swapped(events: Events) -> Events:
    *before, one, other = events
    return [
        *before,
        {**other, "occurred_at": one["occurred_at"]},
        {**one, "occurred_at": other["occurred_at"]},
    ]


def _into_cart(last: dict[str, Any], value: float) -> dict[str, Any]:
    items = last.get("items", [{"item_id": "any"}])
    return {"name": "add_to_cart", "occurred_at": last["occurred_at"], "items": items, "value": value}


def _probability(model: Model, events: Events) -> float:
    return float(model.predict(events).data["probability"])
