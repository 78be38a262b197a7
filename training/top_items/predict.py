"""
What to show a customer, looked up in the nightly batch, in the standard library alone.

A line of the batch is all that is known of a customer: `answer` makes the answer from it, wherever it is
kept. `Model` finds it in the artifact's file.
"""

import json
import mmap
from bisect import bisect_left
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from domain.artifact import POPULAR

FORMAT = "top_items/1"

BATCH = "customers.jsonl"  # {"customer_id", "items": [[item_id, score], …]}, the best first; customers by id
OFFSETS = "customers.u64"  # where each line begins, and where the last one ends

Scored = tuple[str, float]  # an item's id and its score; 0 for one that is merely popular


@dataclass(frozen=True, kw_only=True)
class Answer:
    items: list[Scored]  # best first
    tier: str  # model, or baseline where nothing was known about the customer

    @property
    def data(self) -> dict[str, Any]:
        return {"items": [{"item_id": item_id, "score": score} for item_id, score in self.items]}


def answer(
    suggestions: Sequence[Sequence[Any]] | None,
    popular: Sequence[str],
    *,
    k: int,
    exclude: Container[str] = (),
) -> Answer:
    """
    The *k* items to show, best first: the customer's, then popular ones up to *k*.

    Args:
        suggestions: `items` of the customer's line; None for a customer without one.
    """
    mine = [(item_id, score) for item_id, score in suggestions or () if item_id not in exclude][:k]
    taken = {item_id for item_id, _ in mine}
    fill = ((item_id, 0.0) for item_id in popular if item_id not in taken and item_id not in exclude)
    return Answer(items=[*mine, *islice(fill, k - len(mine))], tier="model" if mine else "baseline")


def customer_of(events: Sequence[Mapping[str, Any]]) -> str | None:
    """Whom the events are of: the user where logged in, else the client; the last one that is named."""
    named = (event.get("user_id") or event.get("client_id") for event in reversed(events))
    return next(filter(None, named), None)


class Model:
    def __init__(self, folder: Path) -> None:
        self._popular = json.loads((folder / POPULAR).read_text())
        self._lines = _mapped(folder / BATCH)
        self._offsets = _mapped(folder / OFFSETS).cast("Q")

    def predict(
        self, events: Sequence[Mapping[str, Any]], *, k: int, exclude: Container[str] = (), **_asked: Any
    ) -> Answer:
        """
        Args:
            events: GA4 events that name the customer.
        """
        return answer(self.suggestions(customer_of(events)), self._popular, k=k, exclude=exclude)

    def suggestions(self, customer_id: str | None) -> list[list[Any]] | None:
        """The customer's items and their scores; None where there is no line."""
        if customer_id is None:
            return None
        lines = range(len(self._offsets) - 1)
        number = bisect_left(lines, customer_id, key=lambda number: self._line(number)["customer_id"])
        if number == len(lines) or (line := self._line(number))["customer_id"] != customer_id:
            return None
        items: list[list[Any]] = line["items"]
        return items

    def _line(self, number: int) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(
            bytes(self._lines[self._offsets[number] : self._offsets[number + 1]])
        )
        return line


class Baseline:
    """Answers where there is no batch, or none to be trusted: what is popular, as far as that can be read."""

    def __init__(self, folder: Path) -> None:
        self._popular = _item_ids(folder / POPULAR)

    def predict(
        self, _events: Sequence[Mapping[str, Any]], *, k: int, exclude: Container[str] = (), **_asked: Any
    ) -> Answer:
        return answer(None, self._popular, k=k, exclude=exclude)


def _item_ids(path: Path) -> list[str]:
    """An empty list where the file is missing or broken: no items are better than no answer."""
    try:
        values = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _mapped(path: Path) -> "memoryview[int]":
    """A file as bytes that are read when they are used."""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
