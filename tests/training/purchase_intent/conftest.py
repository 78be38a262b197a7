"""
A made-up shop for the tests of purchase_intent: who fills a cart mostly buys, who only looks rarely does.
"""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from training.purchase_intent import recipe
from training.purchase_intent.contract import CONTRACT
from training.purchase_intent.sessions import Sessions

FIRST_DAY = datetime(2020, 6, 1)
DAYS, SESSIONS_A_DAY = 10, 80
EPOCH = datetime(1970, 1, 1)

Columns = dict[str, list[Any]]


@pytest.fixture(scope="session")
def columns() -> Columns:
    """A snapshot's columns: ten days up to and with 2020-06-10."""
    chance = random.Random(7)
    rows = [_session(chance, day=day, number=n) for day in range(DAYS) for n in range(SESSIONS_A_DAY)]
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.fixture(scope="session")
def sessions(columns: Columns) -> Sessions:
    return recipe.load(columns)


@pytest.fixture(scope="session")
def folder(sessions: Sessions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a model that has learned from all sessions."""
    folder = tmp_path_factory.mktemp("purchase-intent")
    recipe.fit(sessions, folder, parameters=CONTRACT.search.first, seed=1)
    return folder


def _session(chance: random.Random, *, day: int, number: int) -> dict[str, Any]:
    names = ["page_view", *["view_item"] * chance.randint(1, 5)]
    if chance.random() < 0.3:
        names.append("add_to_cart")
    if has_cart := names[-1] == "add_to_cart":
        names += chance.choice([[], ["begin_checkout"], ["remove_from_cart"]])
    started_at = FIRST_DAY + timedelta(days=day, seconds=chance.randrange(80_000))
    moments = [started_at + timedelta(seconds=30 * place) for place in range(len(names))]
    has_purchase = chance.random() < (0.6 if has_cart and names[-1] != "remove_from_cart" else 0.03)
    return {
        "SESSION_KEY": f"session-{day}-{number}",
        "SITE": "shop",
        "CLIENT_ID": f"visitor-{chance.randrange(300)}",
        "STARTED_AT": started_at,
        "ENDED_AT": moments[-1],
        "EVENT_NAMES": json.dumps(names),
        "OCCURRED_AT_MS": json.dumps([round((moment - EPOCH).total_seconds() * 1000) for moment in moments]),
        "ITEM_IDS": json.dumps([f"item-{chance.randrange(9)}" if "item" in name else "" for name in names]),
        "EVENT_VALUES": json.dumps([20.0 if name.endswith("_cart") else 0 for name in names]),
        "HAS_PURCHASE": has_purchase,
    }
