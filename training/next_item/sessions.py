"""
The snapshot's sessions as arrays: what the recipe splits and `fit` turns into tables.

Axes: E looks at an item, session after session and oldest first; S sessions, in the order they ended.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from training.recipe import Booleans, EmptySnapshot, Integers

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """A session starts with its first look at an item and ends with its last; moments in epoch ms."""

    key_S: Texts
    site_S: Texts
    is_returning_S: Booleans  # the visitor has an earlier session in the snapshot
    is_in_order_S: Booleans  # no look happened before the one that stands before it
    catalog: list[str]  # item ids, sorted
    item_E: Integers  # index into the catalog
    length_S: Integers
    started_at_S: Integers
    ended_at_S: Integers

    def __len__(self) -> int:
        return len(self.length_S)

    def where(self, keep_S: Booleans) -> "Sessions":
        return Sessions(
            key_S=self.key_S[keep_S],
            site_S=self.site_S[keep_S],
            is_returning_S=self.is_returning_S[keep_S],
            is_in_order_S=self.is_in_order_S[keep_S],
            catalog=self.catalog,
            item_E=self.item_E[np.repeat(keep_S, self.length_S)],
            length_S=self.length_S[keep_S],
            started_at_S=self.started_at_S[keep_S],
            ended_at_S=self.ended_at_S[keep_S],
        )

    def item_ids(self, numbers: Iterable[int] | None = None) -> list[list[str]]:
        """Session by session, all or those of these *numbers*, oldest look first."""
        ends_S = np.cumsum(self.length_S)
        return [
            [self.catalog[item] for item in self.item_E[ends_S[n] - self.length_S[n] : ends_S[n]]]
            for n in (range(len(self)) if numbers is None else numbers)
        ]

    def repeat_share(self) -> float:
        """How often the next look goes to the item just looked at."""
        is_first_E = np.zeros(len(self.item_E), dtype=bool)
        is_first_E[np.cumsum(self.length_S) - self.length_S] = True
        is_repeat_E = ~is_first_E[1:] & (self.item_E[1:] == self.item_E[:-1])
        return float(is_repeat_E.sum() / max(1, (~is_first_E).sum()))


def from_columns(columns: Mapping[str, Sequence[Any]]) -> Sessions:
    """
    Args:
        columns: those of the contract; the arrays in them are JSON texts, aligned, oldest first.

    Raises:
        EmptySnapshot: no rows.
    """
    rows = [
        (moments[-1], key, moments[0], items, site, client_id, moments == sorted(moments))
        for key, site, client_id, items, moments in zip(
            columns["SESSION_KEY"],
            columns["SITE"],
            columns["CLIENT_ID"],
            map(json.loads, columns["ITEM_IDS"]),
            map(json.loads, columns["OCCURRED_AT_MS"]),
            strict=True,
        )
    ]
    if not rows:
        raise EmptySnapshot("the snapshot holds no session")
    rows.sort(key=lambda row: row[:2])  # files come in any order; the artifact must not depend on it
    ended_at, keys, started_at, items, sites, client_ids, is_in_order = zip(*rows, strict=True)
    catalog = sorted(set(chain.from_iterable(items)))
    position = {item_id: index for index, item_id in enumerate(catalog)}
    return Sessions(
        key_S=_texts(keys),
        site_S=_texts(sites),
        is_returning_S=_seen_before(zip(sites, client_ids, strict=True)),
        is_in_order_S=np.array(is_in_order),
        catalog=catalog,
        item_E=np.array([position[item_id] for item_id in chain.from_iterable(items)], dtype=np.int64),
        length_S=np.array([len(session) for session in items], dtype=np.int64),
        started_at_S=np.array(started_at, dtype=np.int64),
        ended_at_S=np.array(ended_at, dtype=np.int64),
    )


def _texts(values: Sequence[str]) -> Texts:
    return np.array(values, dtype=object)


def _seen_before(visitors: Iterable[tuple[str, str]]) -> Booleans:
    seen: set[tuple[str, str]] = set()
    found = []
    for visitor in visitors:
        found.append(visitor in seen)
        seen.add(visitor)
    return np.array(found)
