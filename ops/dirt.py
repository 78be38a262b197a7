"""
What trackers and networks do to a shop's events on their way: some come late, some twice, some spoiled.

Axes: E events of a day as they happened, A arrivals at the collector in their order.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ops.catalogue import Generator, Integers
from ops.tracker import Tracker
from ops.visitors import Booleans
from ops.visits import Day

Event = dict[str, Any]

# Assumptions: the click logs that could be had show neither.
LATE = 0.015
DUPLICATE = 0.01
SPOILED = 0.004

GOOD = -1


class Arrival(NamedTuple):
    """`reason` is the one for which the collector must refuse the event, None for a good one."""

    at_ms: int
    event: Event
    reason: str | None


class Journey:
    """
    A day's events on their way. What is spoiled goes beside its good original, as a further event.

    Args:
        may_spoil_V: by visit; a field that is missed from one visitor's event is optional in another's.
        spoiled_before: on earlier days; mistakes take turns, so that all of them occur.
    """

    def __init__(
        self, day: Day, tracker: Tracker, may_spoil_V: Booleans, *, spoiled_before: int, rng: Generator
    ) -> None:
        self._tracker = tracker
        count = len(day.at_ms_E)
        first_ms_E = day.at_ms_E + _delays_ms(count, rng)
        again = np.flatnonzero(rng.random(count) < DUPLICATE)
        spoiled = np.flatnonzero((rng.random(count) < SPOILED) & may_spoil_V[day.visit_E])
        number = np.concatenate([np.arange(count), again, spoiled])
        at_ms = np.concatenate(
            [first_ms_E, first_ms_E[again] + _delays_ms(len(again), rng), first_ms_E[spoiled]]
        )
        mistake = np.full(len(number), GOOD)
        mistake[count + len(again) :] = (spoiled_before + np.arange(len(spoiled))) % len(MISTAKES)
        order = np.argsort(at_ms, kind="stable")
        self._at_ms_A, self._number_A, self._mistake_A = at_ms[order], number[order], mistake[order]
        self.duplicates = len(again)
        self.spoiled = len(spoiled)

    @property
    def reasons(self) -> Counter[str]:
        return Counter(MISTAKES[mistake][0] for mistake in self._mistake_A.tolist() if mistake != GOOD)

    def until(self, end_ms: int) -> tuple[Iterator[Arrival], list[Arrival]]:
        """What arrives before *end_ms*, each written as it is asked for, and what comes later."""
        due = int(np.searchsorted(self._at_ms_A, end_ms))
        return self._arrivals(slice(None, due)), list(self._arrivals(slice(due, None)))

    def _arrivals(self, part: slice) -> Iterator[Arrival]:
        columns = (self._at_ms_A, self._number_A, self._mistake_A)
        for at_ms, number, mistake in zip(*(column[part].tolist() for column in columns), strict=True):
            event = self._tracker.event(number)
            if mistake == GOOD:
                yield Arrival(at_ms, event, None)
            else:
                reason, spoil = MISTAKES[mistake]
                yield Arrival(at_ms, spoil(event), reason)


def _delays_ms(count: int, rng: Generator) -> Integers:
    """Seconds as a rule; minutes to hours for a phone that was offline."""
    seconds = np.where(rng.random(count) < LATE, rng.lognormal(6, 2, count), rng.uniform(0.05, 2, count))
    return (1000 * seconds).astype(np.int64)


def _without(field: str) -> Callable[[Event], Event]:
    return lambda event: {name: value for name, value in event.items() if name != field}


def _with(**fields: Any) -> Callable[[Event], Event]:
    return lambda event: {**event, **fields}


def _in_seconds(event: Event) -> Event:
    return {**event, "occurred_at": event["occurred_at"] // 1000}


# The reason that the collector must give, and what is wrong.
MISTAKES: tuple[tuple[str, Callable[[Event], Event]], ...] = (
    ("missing_field", _without("client_id")),
    ("missing_field", _with(name="purchase", transaction_id="order-1", items=[])),
    ("unknown_name", _with(name="wishlist")),
    ("reserved_name", _with(name="prediction")),
    ("wrong_value", _in_seconds),
    ("wrong_value", _with(items=[{"item_id": "ropes-1", "price": "12,50"}])),
    ("bad_text", _with(search_term="half an emoji: \ud83d")),
    ("too_large", _with(referrer="https://shop.example/?q=" + "x" * 65_536)),
)
