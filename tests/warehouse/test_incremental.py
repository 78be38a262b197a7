"""The promise of every table: refreshed bit by bit or made anew from the log, it is the same."""

import random
from typing import Any

import pytest

from domain.tables import TABLES
from tests.offline_shop import Shop, line


def random_lines(rng: random.Random) -> list[dict[str, Any]]:
    """Visitors of a few hours, some events twice, some predictions, in the order they arrive."""
    lines = [
        line(
            f"e{rng.randrange(80)}",
            seconds=rng.randrange(6 * 3600),
            item=rng.choice("abc"),
            client_id=rng.choice(["c1", "c2", "c3", "c4"]),
            name=rng.choice(["view_item", "add_to_cart", "page_view", "prediction"]),
            session_id=rng.choice([None, None, "s1"]),
        )
        for _ in range(90)
    ]
    rng.shuffle(lines)
    return lines


def contents(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(map(repr, shop.rows(f"select * from {table}"))) for table in TABLES}


@pytest.mark.parametrize("seed", range(2))
def test_refreshing_bit_by_bit_is_the_same_as_making_anew(shop: Shop, seed: int):
    lines = random_lines(random.Random(seed))
    for batch, hours_ago in enumerate((21, 21, 0)):
        shop.send(*lines[batch * 30 : batch * 30 + 30], hours_ago=hours_ago)
        shop.transform()
        assert shop.violations() == {}
    refreshed = contents(shop)

    for table in TABLES:
        shop.rows(f"truncate table {table}")
    shop.transform()

    assert contents(shop) == refreshed


def test_a_load_that_commits_after_a_younger_one_is_seen(shop: Shop):
    shop.send(line("e2", seconds=1), hours_ago=20)
    shop.transform()

    shop.send(line("e1"), hours_ago=21)
    shop.transform()

    assert shop.rows("select item_ids from marts.next_item_sessions") == [('["a","a"]',)]
    assert shop.violations() == {}


def test_running_again_changes_nothing(shop: Shop):
    shop.send(*random_lines(random.Random(7)))
    shop.transform()
    once = contents(shop)

    shop.transform()

    assert contents(shop) == once
