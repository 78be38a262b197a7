"""A replay as its state machine would drive it: the same calls in the same order, without waiting."""

from datetime import UTC, datetime
from typing import Any

from lambdas import platform, transform
from tests.offline_shop import PLATFORM, Shop
from warehouse import run


def replay(shop: Shop, *, execution: str = "replay-1", **scope: str) -> list[dict[str, Any]]:
    """What each table held before and after; the settings of the transform function are the environment's."""
    for file in (*platform.BEFORE_TRUST, *platform.AFTER_TRUST):
        if file != "platform/roles":  # no effect offline
            run.run(shop.connection, file, **PLATFORM)
    common = asked(execution, **scope)
    for step in call(common, "begin")["steps"]:
        query_id = call(common, "start", step=step)["query_id"]
        while not call(common, "poll", step=step, query_id=query_id)["is_done"]:
            pass
    tables: list[dict[str, Any]] = call(common, "end")["tables"]
    return tables


def asked(execution: str = "replay-1", **scope: str) -> dict[str, Any]:
    """What all calls of one replay, which begins now, have in common."""
    return {"scope": scope, "execution": execution, "read_at": datetime.now(UTC).isoformat()}


def call(common: dict[str, Any], name: str, **arguments: str) -> dict[str, Any]:
    return transform.handler({"action": "replay", "call": name, **common, **arguments}, None)
