"""
How top_items is made and tested: what the job asks for, in the job's words.
"""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from domain.artifact import POPULAR
from training.catalogue import Title
from training.recipe import Outcomes, Request
from training.top_items import evaluate
from training.top_items.contract import CONTRACT
from training.top_items.evaluate import MEASURES, K, bought_before, popularity
from training.top_items.facts import Facts
from training.top_items.facts import from_columns as load
from training.top_items.fit import fit
from training.top_items.predict import FORMAT, Model

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

EXAMPLES = 6
SHOWN = 5  # suggestions of each


def opened(folder: Path) -> Model:
    return Model(folder)


def outcomes(folder: Path, data: Facts) -> Outcomes:
    return evaluate.outcomes(suggest(Model(folder)), data)


def suggest(model: Model) -> evaluate.Suggest:
    return lambda customer_id: [item_id for item_id, _ in model.predict(of(customer_id), k=K).items]


def baselines(past: Facts, data: Facts) -> Mapping[str, Outcomes]:
    with TemporaryDirectory() as name:
        fit(past, Path(name), parameters=CONTRACT.search.first, seed=0)
        popular = json.loads((Path(name) / POPULAR).read_text())
    return {
        "popularity": evaluate.outcomes(popularity(popular), data),
        "bought_before": evaluate.outcomes(bought_before(past), data),
    }


def requests(data: Facts, *, count: int, seed: int) -> list[Request]:
    chance = random.Random(seed)  # noqa: S311  # a choice to repeat, not a secret
    chosen = chance.choices(data.customers, k=count)
    return [{"client_id": customer_id, "events": of(customer_id), "k": K} for customer_id in chosen]


def leaks(_data: Facts) -> list[str]:
    """A fact is nothing but its moment, which is looked at for every model."""
    return []


def examples(folder: Path, data: Facts, title: Title) -> list[dict[str, Any]]:
    """Customers of the test days, drawn, hits and misses as they come."""
    model = Model(folder)
    numbers = sorted(set(data.customer_S.tolist()))
    chance = random.Random(0)  # noqa: S311  # a choice to repeat
    chosen = chance.sample(numbers, k=min(EXAMPLES, len(numbers)))
    return [_example(model, data, number, title) for number in chosen]


def of(customer_id: str) -> list[dict[str, Any]]:
    """What a client sends: an event that names the customer."""
    return [{"name": "page_view", "user_id": customer_id}]


def _example(model: Model, data: Facts, number: int, title: Title) -> dict[str, Any]:
    customer_id = data.customers[number]
    truth = [data.items[item] for item in dict.fromkeys(data.item_S[data.customer_S == number].tolist())]
    found = model.predict(of(customer_id), k=SHOWN)
    why = "goes with what the customer had to do with" if found.tier == "model" else "is popular"
    return {
        "seen": [customer_id],
        "answer": [{"item": title(item), "why": why, "is_right": item in truth} for item, _ in found.items],
        "truth": ", ".join(map(title, truth[:SHOWN])),
    }
