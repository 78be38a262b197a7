"""
A made-up shop for the tests of top_items: customers keep to a shelf of ten items and have favourites.
"""

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from training.top_items import recipe
from training.top_items.contract import CONTRACT
from training.top_items.facts import Facts

FIRST_DAY = datetime(2020, 6, 1)
DAYS, CUSTOMERS, SHELVES, SHELF = 40, 150, 8, 10

Columns = dict[str, list[Any]]


def columns_of(*rows: tuple[str, str, str, datetime]) -> Columns:
    """Of who did what with which item, and when."""
    customers, names, items, moments = zip(*rows, strict=True) if rows else ((), (), (), ())
    return {
        "SITE": ["shop"] * len(rows),
        "CUSTOMER_ID": list(customers),
        "NAME": list(names),
        "ITEM_ID": list(items),
        "OCCURRED_AT": list(moments),
    }


@pytest.fixture(scope="session")
def columns() -> Columns:
    """A snapshot's columns: forty days up to and with 2020-07-10."""
    chance = random.Random(7)
    rows = []
    for customer in range(CUSTOMERS):
        favourites = chance.sample(range(SHELF), k=4)
        for _ in range(chance.randint(2, 10)):
            moment = FIRST_DAY + timedelta(days=chance.random() * DAYS)
            item = chance.choice(favourites) if chance.random() < 0.6 else chance.randrange(SHELF)
            name = chance.choice(("view_item", "view_item", "add_to_cart", "purchase"))
            rows.append((f"customer-{customer}", name, f"item-{customer % SHELVES}-{item}", moment))
    return columns_of(*rows)


@pytest.fixture(scope="session")
def facts(columns: Columns) -> Facts:
    return recipe.load(columns)


@pytest.fixture(scope="session")
def folder(facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a batch that has learned from all facts."""
    folder = tmp_path_factory.mktemp("top-items")
    recipe.fit(facts, folder, parameters=CONTRACT.search.first, seed=1)
    return folder
