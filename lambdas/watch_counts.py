"""
What the watch function asks the warehouse: counts and samples, ready to be sent as JSON.
"""

from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from adapters import warehouse
from domain.other_settings import WarehouseSettings
from domain.tables import TABLES
from warehouse import refresh, run

Rows = list[dict[str, Any]]


def counted(settings: WarehouseSettings, **asked: str) -> dict[str, Rows]:
    """
    Args:
        asked: model, version, and the moments learned_until and as_of.
    """
    with closing(
        warehouse.connect(settings, query_tag=warehouse.tag("watch", model=asked["model"]))
    ) as found:
        refresh.declare(found, TABLES)
        return {name: _sent(run.run(found, f"watch/{name}", **asked)[0]) for name in FILES}


FILES = ("inputs", "scores", "quality", "sessions")


def traffic(settings: WarehouseSettings, *, as_of: str) -> dict[str, Any]:
    with closing(warehouse.connect(settings, query_tag=warehouse.tag("watch"))) as found:
        refresh.declare(found, TABLES)
        answers = run.run(found, "watch/traffic", as_of=as_of)
    return {name: value for [row] in map(_sent, answers) for name, value in row.items()}


def _sent(rows: Rows) -> Rows:
    """Numbers as floats, and a moment as epoch ms under its own name and `_ms`: JSON knows neither."""
    return [dict(_plain(name, value) for name, value in row.items()) for row in rows]


def _plain(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return f"{name}_ms", round(value.replace(tzinfo=UTC).timestamp() * 1000)
    return name, float(value) if isinstance(value, Decimal) else value
