"""Live views: what the tables will hold after the next refresh, seen before it."""

from decimal import Decimal
from typing import Any

import pytest

from domain.tables import LIVE
from tests.offline_shop import Shop, line
from warehouse import refresh

# the tables that the views anticipate, where they are not of one layer
TABLES = {"events": "staging", "traffic_hourly": "marts"}
COLUMNS = {"events": "* exclude (loaded_at)"}


@pytest.fixture
def behind(shop: Shop) -> Shop:
    """Refreshed once; then more was loaded: late, new, replaced, without consent."""
    shop.send(
        line("e1"),
        line("e2", seconds=50 * 60),
        line("b1", seconds=60, name="purchase", transaction_id="t1", value=5),
        line("e3", seconds=10, client_id="c2"),
        line("e4", seconds=9, client_id=None),
        minutes_ago=600,
    )
    shop.transform()
    shop.send(
        line("e5", seconds=25 * 60),
        line("e3", seconds=5, client_id="c1"),
        line("e6", seconds=20, client_id=None),
        line("b0", seconds=50, name="purchase", transaction_id="t1", value=7),
        line("r1", seconds=90, name="refund", transaction_id="t1", value=1),
        line("p1", seconds=7200, name="prediction", model="m", version="1", tier="model"),
    )
    refresh.show_live(shop.connection)
    return shop


def contents(shop: Shop, schema: str, view: str) -> list[str]:
    rows = shop.rows(f"select {COLUMNS.get(view, '*')} from {schema}.{view}")
    return sorted(repr([_number(value) for value in row]) for row in rows)


def _number(value: Any) -> Any:
    """A count is a decimal in a view and an integer in a column."""
    return float(value) if isinstance(value, int | Decimal) else value


def test_a_view_shows_what_the_next_refresh_makes(behind: Shop):
    before = {view: contents(behind, "live", view) for view in LIVE}

    behind.transform()

    for view in LIVE:
        assert before[view] == contents(behind, TABLES.get(view, "intermediate"), view), view
        assert contents(behind, "live", view) == before[view], view
