"""A replay as its state machine would drive it: the same calls in the same order, without waiting."""

from datetime import UTC, datetime
from typing import Any

from lambdas import transform


def replay(*, execution: str = "replay-1", starts: int = 1, **scope: str) -> list[dict[str, Any]]:
    """
    What each table held before and after.

    Args:
        starts: how often each step is started, as it may be when an answer is lost on the way.
        scope: table, from, to.
    """
    common = asked(execution, **scope)
    for step in call(common, "begin")["steps"]:
        ids = [call(common, "start", step=step)["query_id"] for _ in range(starts)]
        while not call(common, "poll", step=step, query_id=ids[-1])["is_done"]:
            pass
    tables: list[dict[str, Any]] = call(common, "end")["tables"]
    return tables


def asked(execution: str = "replay-1", **scope: str) -> dict[str, Any]:
    """What all calls of one replay, which begins now, have in common."""
    return {"scope": scope, "execution": execution, "read_at": datetime.now(UTC).isoformat()}


def call(common: dict[str, Any], name: str, **arguments: str) -> dict[str, Any]:
    return transform.handler({"action": "replay", "call": name, **common, **arguments}, None)
