"""
How next_item is trained and tested: what the job asks for, in the job's words.
"""

import random
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from training.next_item import evaluate
from training.next_item.contract import CONTRACT
from training.next_item.covisitation import Covisitation
from training.next_item.evaluate import MEASURES, K
from training.next_item.explain import examples
from training.next_item.features import ITEM_EVENT, recent
from training.next_item.fit import fit
from training.next_item.predict import FORMAT, Model
from training.next_item.sessions import Sessions
from training.next_item.sessions import from_columns as load
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

GIVEN_AWAY = 0.99  # share of looks from which one that was there before is no guess


def opened(folder: Path) -> Model:
    return Model(folder)


def outcomes(folder: Path, data: Sessions) -> Outcomes:
    return evaluate.outcomes(Model(folder), data)


def baselines(past: Sessions, data: Sessions) -> Mapping[str, Outcomes]:
    with TemporaryDirectory() as folder:
        fit(past, Path(folder), parameters=CONTRACT.search.first, seed=0)
        model = Model(Path(folder))
        popular, beside = model.popular(k=K), Covisitation(past)
        return {
            "popularity": evaluate.of_ranker(lambda _: popular, model, data),
            "covisitation": evaluate.of_ranker(lambda item_ids: beside.suggested(item_ids, k=K), model, data),
        }


def requests(data: Sessions, *, count: int, seed: int) -> list[Request]:
    chance = random.Random(seed)  # noqa: S311  # a choice to repeat, not a secret
    chosen = chance.choices(range(len(data)), k=count)
    return [
        {
            "client_id": "golden",
            "site": str(data.site_S[number]),  # a probe may say whose visitor it is
            "events": _views(item_ids[: chance.randint(1, len(item_ids))]),
            "k": K,
        }
        for number, item_ids in zip(chosen, data.item_ids(chosen), strict=True)
    ]


def leaks(data: Sessions) -> list[str]:
    """
    What came later must not stand before; and where each look is recorded twice, the one before gives the
    next one away.
    """
    unordered, share = int((~data.is_in_order_S).sum()), data.repeat_share()
    return [
        *([f"{unordered} sessions are not in the order of time"] if unordered else []),
        *([f"{share:.1%} of looks go to the item just looked at"] if share >= GIVEN_AWAY else []),
    ]


def _views(item_ids: list[str]) -> list[dict[str, Any]]:
    return [{"name": ITEM_EVENT, "items": [{"item_id": item_id}]} for item_id in recent(item_ids)]
