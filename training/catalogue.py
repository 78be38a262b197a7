"""
What the items are called and cost, frozen beside the snapshot: for the card and for checks, never to
learn from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

COLUMNS = ("ITEM_ID", "ITEM_NAME", "PRICE")  # of marts.catalogue, as Snowflake unloads them

Title = Callable[[str], str]  # an item's id as a person reads it


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    names: Mapping[str, str]
    prices: Mapping[str, float]  # the last one, above 0, in the shop's currency

    @classmethod
    def from_columns(cls, columns: Mapping[str, Sequence[Any]]) -> Self:
        rows = list(zip(*(columns[name] for name in COLUMNS), strict=True))
        return cls(
            names={item_id: name for item_id, name, _ in rows if name},
            prices={item_id: float(price) for item_id, _, price in rows if price and price > 0},
        )

    def title(self, item_id: str) -> str:
        name = self.names.get(item_id)
        return f"{name} ({item_id})" if name else item_id


UNKNOWN = Catalogue(names={}, prices={})
