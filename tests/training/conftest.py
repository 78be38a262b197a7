"""
A made-up shop for training tests: visitors walk along shelves, so that what comes next can be learnt.
"""

import json
import random
from typing import Any

import pytest

DAY_MS = 24 * 3600 * 1000
FIRST_MS = 1_590_969_600_000  # 2020-06-01T00:00:00Z
DAYS = 8
SESSIONS_A_DAY = 40
SHELVES, SHELF = 12, 10  # shelves, items on each


@pytest.fixture(scope="session")
def columns() -> dict[str, list[Any]]:
    """A snapshot's columns: eight days up to and with 2020-06-08."""
    chance = random.Random(7)
    rows = [_session(chance, day=day, number=n) for day in range(DAYS) for n in range(SESSIONS_A_DAY)]
    keys, items, moments = zip(*rows, strict=True)
    return {
        "SESSION_KEY": list(keys),
        "SITE": ["shop"] * len(keys),
        "CLIENT_ID": [f"visitor-{number % 200}" for number in range(len(keys))],
        "ITEM_IDS": [json.dumps(item_ids) for item_ids in items],
        "OCCURRED_AT_MS": [json.dumps(occurred_at) for occurred_at in moments],
    }


def _session(chance: random.Random, *, day: int, number: int) -> tuple[str, list[str], list[int]]:
    length = chance.randint(2, 6)
    shelf, first = chance.randrange(SHELVES), chance.randrange(SHELF)
    start = FIRST_MS + day * DAY_MS + chance.randrange(DAY_MS - 3_600_000)
    items = [f"shelf-{shelf}-{(first + step) % SHELF}" for step in range(length)]
    return f"session-{day}-{number}", items, [start + step * 60_000 for step in range(length)]
