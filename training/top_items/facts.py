"""
The snapshot as arrays: who had to do with what, and when.

Axes: S facts, by time; U customers and I items, by id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from training.recipe import Booleans, EmptySnapshot, Integers

Texts = npt.NDArray[np.object_]

KINDS = ("view_item", "add_to_cart", "purchase")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A fact is a moment; it starts and ends with it, epoch ms."""

    customers: tuple[str, ...]
    items: tuple[str, ...]
    customer_S: Integers  # index into customers
    item_S: Integers
    kind_S: Integers  # index into KINDS
    at_ms_S: Integers
    site_S: Texts
    is_first_S: Booleans  # of this customer with this item, in the whole snapshot
    items_before_S: Integers  # how many different ones the customer had had to do with by then

    def __len__(self) -> int:
        return len(self.at_ms_S)

    @property
    def key_S(self) -> Texts:
        columns = (self.site_S, self.customer_S, self.item_S, self.kind_S, self.at_ms_S)
        return np.array([" ".join(map(str, row)) for row in zip(*columns, strict=True)], dtype=object)

    @property
    def started_at_S(self) -> Integers:
        return self.at_ms_S

    @property
    def ended_at_S(self) -> Integers:
        return self.at_ms_S

    def where(self, keep_S: Booleans) -> "Facts":
        return replace(
            self,
            customer_S=self.customer_S[keep_S],
            item_S=self.item_S[keep_S],
            kind_S=self.kind_S[keep_S],
            at_ms_S=self.at_ms_S[keep_S],
            site_S=self.site_S[keep_S],
            is_first_S=self.is_first_S[keep_S],
            items_before_S=self.items_before_S[keep_S],
        )


def from_columns(columns: Mapping[str, Sequence[Any]]) -> Facts:
    """
    Args:
        columns: those of the contract; OCCURRED_AT are naive datetimes in UTC.

    Raises:
        EmptySnapshot: no rows.
    """
    names = ("OCCURRED_AT", "CUSTOMER_ID", "ITEM_ID", "NAME", "SITE")
    rows = sorted(zip(*(columns[name] for name in names), strict=True))  # files come in any order
    if not rows:
        raise EmptySnapshot("the snapshot holds nothing that a customer did with an item")
    occurred_at, customer_ids, item_ids, kinds, sites = zip(*rows, strict=True)
    customers, customer_S = _numbered(customer_ids)
    items, item_S = _numbered(item_ids)
    is_first_S = _is_first(customer_S * len(items) + item_S)
    return Facts(
        customers=customers,
        items=items,
        customer_S=customer_S,
        item_S=item_S,
        kind_S=np.array([KINDS.index(kind) for kind in kinds], dtype=np.int64),
        at_ms_S=np.array([_epoch_ms(moment) for moment in occurred_at], dtype=np.int64),
        site_S=np.array(sites, dtype=object),
        is_first_S=is_first_S,
        items_before_S=_before(customer_S, is_first_S),
    )


def _epoch_ms(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)


def _numbered(ids: Sequence[str]) -> tuple[tuple[str, ...], Integers]:
    distinct = sorted(set(ids))
    number = {id: place for place, id in enumerate(distinct)}
    return tuple(distinct), np.array([number[id] for id in ids], dtype=np.int64)


def _is_first(pair_S: Integers) -> Booleans:
    _, first = np.unique(pair_S, return_index=True)
    is_first_S = np.zeros(len(pair_S), dtype=bool)
    is_first_S[first] = True
    return is_first_S


def _before(customer_S: Integers, is_first_S: Booleans) -> Integers:
    """Of each fact how many first ones of the same customer came before it."""
    order = np.argsort(customer_S, kind="stable")
    is_first = is_first_S[order].astype(np.int64)
    before = np.cumsum(is_first) - is_first
    starts = np.searchsorted(customer_S[order], customer_S[order])
    found = np.empty(len(order), dtype=np.int64)
    found[order] = before - before[starts]
    return found
