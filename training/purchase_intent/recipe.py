"""
How purchase_intent is trained and tested: what the job asks for, in the job's words.
"""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.leaks import near_perfect
from training.purchase_intent import evaluate
from training.purchase_intent.evaluate import MEASURES
from training.purchase_intent.explain import examples
from training.purchase_intent.fit import fit
from training.purchase_intent.predict import FORMAT, Model, Trees
from training.purchase_intent.sessions import Event, Sessions
from training.purchase_intent.sessions import from_columns as load
from training.recipe import Outcomes, Request

__all__ = [
    "FORMAT",
    "MEASURES",
    "baselines",
    "examples",
    "fit",
    "leaks",
    "load",
    "opened",
    "outcomes",
    "requests",
]


def opened(folder: Path) -> Model:
    return Model(folder)


def outcomes(folder: Path, data: Sessions) -> Outcomes:
    return evaluate.outcomes(Trees(folder), data)


def baselines(past: Sessions, data: Sessions) -> Mapping[str, Outcomes]:
    return {"majority": evaluate.majority(past, data), "last_action": evaluate.last_action(past, data)}


def requests(data: Sessions, *, count: int, seed: int) -> list[Request]:
    chance = random.Random(seed)  # noqa: S311  # a choice to repeat, not a secret
    chosen = [data.events_of(number) for number in chance.choices(range(len(data)), k=count)]
    return [
        {"client_id": "golden", "events": as_sent(events[: chance.randint(1, len(events))]), "k": 1}
        for events in chosen
    ]


def leaks(data: Sessions) -> list[str]:
    """The mart ends before the first purchase: one that is in it is the answer."""
    given_away = sum(event.name == "purchase" for events in data.events() for event in events)
    return [
        *near_perfect(dict(zip(data.features, data.x_NF.T, strict=True)), data.bought_N),
        *([f"{given_away} events are the purchase itself"] if given_away else []),
    ]


def as_sent(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The GA4 events that a client would send."""
    return [
        {
            "name": event.name,
            "occurred_at": event.at_ms,
            **({"value": event.value} if event.value else {}),
            **({"items": [{"item_id": event.item_id}]} if event.item_id else {}),
        }
        for event in events
    ]
