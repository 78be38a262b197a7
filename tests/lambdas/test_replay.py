"""Whatever happened to the warehouse: a replay makes it from the log again, or leaves it as it is."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters import snapshots
from domain.settings import TransformSettings
from domain.tables import TABLES
from lambdas import replay as calls
from lambdas import transform
from tests.offline_shop import LAKE, SNOWFLAKE, Shop, line, open_shop
from tests.replaying import asked, call, replay
from warehouse import checksum, run
from warehouse.checksum import Checksum
from warehouse.rebuild import ReplayRunning

SETTINGS = TransformSettings(
    **SNOWFLAKE, lake_bucket=LAKE, code_version="abc", metrics_namespace="Skiff/test"
)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    transform.settings.cache_clear()
    with open_shop() as shop:
        yield shop


def random_lines(seed: int) -> list[dict[str, Any]]:
    """Two hours of three visitors, some events twice."""
    rng = random.Random(seed)
    return [
        line(
            f"e{rng.randrange(25)}",
            seconds=rng.randrange(2 * 3600),
            item=rng.choice("abc"),
            client_id=rng.choice(["c1", "c2", "c3"]),
            name=rng.choice(["view_item", "add_to_cart", "page_view", "purchase"]),
            transaction_id=f"t{rng.randrange(9)}",
            value=rng.randrange(100),
        )
        for _ in range(30)
    ]


def contents(shop: Shop) -> dict[str, Checksum]:
    return {table.full_name: checksum.of(shop.connection, table) for table in TABLES}


def drop_everything(shop: Shop) -> None:
    for schema in ("raw", "staging", "intermediate", "marts", "operations"):
        for (name,) in shop.rows(
            f"select table_name from information_schema.tables "
            f"where table_schema = upper('{schema}') and table_type = 'BASE TABLE'"
        ):
            shop.rows(f"drop table {schema}.{name}")


def test_a_warehouse_that_is_gone_is_made_from_the_log_again(shop: Shop):
    lines = random_lines(1)
    for batch, minutes_ago in enumerate((300, 180, 0)):
        shop.send(*lines[batch * 10 : batch * 10 + 10], minutes_ago=minutes_ago)
        shop.transform()
    assert shop.violations() == {}
    before, raw = contents(shop), shop.rows("select count(*) from raw.events")
    drop_everything(shop)

    tables = replay(shop)

    assert contents(shop) == before
    assert before["marts.next_item_sessions"].rows > 0
    assert shop.rows("select count(*) from raw.events") == raw
    assert {table["table"]: table["after"]["digest"] for table in tables} == {
        name: found.digest for name, found in before.items()
    }
    assert all(table["before"]["rows"] == 0 for table in tables)
