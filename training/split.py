"""
A snapshot, cut by time: what to learn from and the days to be tested on. The same for every model.
"""

from datetime import UTC, datetime, timedelta

import numpy as np

from training.recipe import D, Data, FromTheFuture, NothingToEvaluate


def check_past(data: Data, *, as_of: datetime) -> None:
    """
    Raises:
        FromTheFuture: a row ended after *as_of*.
    """
    if (ended_at := int(data.ended_at_S.max())) > as_of.timestamp() * 1000:
        raise FromTheFuture(f"a session ended at {ended_at} (epoch ms), after {as_of.isoformat()}")


def by_days(data: D, *, days: int) -> tuple[D, D]:
    """
    The past and the last *days*; a session that runs from one into the other is in neither.

    Args:
        days: UTC calendar days, the last of them the day on which the newest session started.

    Raises:
        NothingToEvaluate: no session ended before these days.
    """
    last_start = datetime.fromtimestamp(int(data.started_at_S.max()) / 1000, UTC)
    midnight = last_start.replace(hour=0, minute=0, second=0, microsecond=0)
    moment_ms = int((midnight - timedelta(days=days - 1)).timestamp() * 1000)
    past, last_days = at(data, moment_ms)
    if not len(past):
        raise NothingToEvaluate(f"no session ended before the last {days} days")
    return past, last_days


def at(data: D, moment_ms: int) -> tuple[D, D]:
    """What ended before the moment, and what started then or later."""
    return data.where(data.ended_at_S < moment_ms), data.where(data.started_at_S >= moment_ms)


def sample(data: D, *, at_most: int, seed: int) -> D:
    """*data*, or as many of its sessions drawn without replacement, in their order."""
    if len(data) <= at_most:
        return data
    keep_S = np.zeros(len(data), dtype=bool)
    keep_S[np.random.default_rng(seed).choice(len(data), size=at_most, replace=False)] = True
    return data.where(keep_S)
