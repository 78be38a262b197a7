"""
The snapshot's sessions as arrays: what the recipe splits and `fit` turns into tables.

Axes: E looks at an item, session after session and oldest first; S sessions, in the order they ended.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

COLUMNS = (
    "SESSION_KEY",
    "ITEM_IDS",
    "OCCURRED_AT_MS",
)  # of marts.next_item_sessions, as Snowflake unloads them

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


class EmptySnapshot(ValueError):
    """There is no session to learn from."""


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """A session starts with its first look at an item and ends with its last; moments in epoch ms."""

    catalog: list[str]  # item ids, sorted
    item_E: Integers  # index into the catalog
    length_S: Integers
    started_at_S: Integers
    ended_at_S: Integers

    def __len__(self) -> int:
        return len(self.length_S)

    def where(self, keep_S: Booleans) -> "Sessions":
        return Sessions(
            catalog=self.catalog,
            item_E=self.item_E[np.repeat(keep_S, self.length_S)],
            length_S=self.length_S[keep_S],
            started_at_S=self.started_at_S[keep_S],
            ended_at_S=self.ended_at_S[keep_S],
        )

    def item_ids(self) -> list[list[str]]:
        """Session by session, oldest look first."""
        ends_S = np.cumsum(self.length_S)
        return [
            [self.catalog[item] for item in self.item_E[end - length : end]]
            for end, length in zip(ends_S, self.length_S, strict=True)
        ]


def from_columns(columns: Mapping[str, Sequence[Any]]) -> Sessions:
    """
    Args:
        columns: COLUMNS of the snapshot; the arrays in them are JSON texts, aligned, oldest first.

    Raises:
        EmptySnapshot: no rows.
    """
    rows = [
        (moments[-1], key, moments[0], items)
        for key, items, moments in zip(
            columns["SESSION_KEY"],
            map(json.loads, columns["ITEM_IDS"]),
            map(json.loads, columns["OCCURRED_AT_MS"]),
            strict=True,
        )
    ]
    if not rows:
        raise EmptySnapshot("the snapshot holds no session")
    rows.sort(key=lambda row: row[:2])  # files come in any order; the artifact must not depend on it
    ended_at, _, started_at, items = zip(*rows, strict=True)
    catalog = sorted(set(chain.from_iterable(items)))
    position = {item_id: index for index, item_id in enumerate(catalog)}
    return Sessions(
        catalog=catalog,
        item_E=np.array([position[item_id] for item_id in chain.from_iterable(items)], dtype=np.int64),
        length_S=np.array([len(session) for session in items], dtype=np.int64),
        started_at_S=np.array(started_at, dtype=np.int64),
        ended_at_S=np.array(ended_at, dtype=np.int64),
    )


def split_by_time(sessions: Sessions, *, test_days: int) -> tuple[Sessions, Sessions]:
    """
    The past to learn from and the days to be tested on; a session that runs into the test days is in neither.

    Args:
        test_days: UTC calendar days, the last of them the day on which the newest session started.
    """
    last_start = datetime.fromtimestamp(int(sessions.started_at_S.max()) / 1000, UTC)
    midnight = last_start.replace(hour=0, minute=0, second=0, microsecond=0)
    test_from_ms = int((midnight - timedelta(days=test_days - 1)).timestamp() * 1000)
    return (
        sessions.where(sessions.ended_at_S < test_from_ms),
        sessions.where(sessions.started_at_S >= test_from_ms),
    )
