"""
A shop that never was: its events as they arrive, dirt included, and the truth about them.

Made day by day, so that memory holds one day and what is still on its way. The same seed, the same events.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import numpy as np

from ops.catalogue import Catalogue, Generator, Integers
from ops.dirt import Arrival, Journey
from ops.send import in_batches
from ops.tracker import Tracker
from ops.truth import DAY_MS, Truth
from ops.visitors import Habits, Visitors
from ops.visits import SENDS_BACK, VIEW, browse

DAYS = 30
HOUR_MS = 3_600_000
LINES_PER_VISIT = 4.99  # of the log, duplicates among them: measured over 33,000 visits
VISITS_PER_ITEM = 3.1  # decides the size of the catalogue, and so how often something is looked at first
MIN_ITEMS, MAX_ITEMS = 300, 50_000

# Visits by hour of the day (UTC), by weekday (Monday first), and how days differ besides: as in bol.com's
# click sample.
HOURS = (
    15, 6, 5, 6, 14, 33, 65, 95, 122, 131, 137, 158,
    148, 146, 151, 138, 131, 161, 183, 194, 166, 106, 57, 31,
)  # fmt: skip
WEEKDAYS = (1.06, 1.04, 1.04, 1.01, 0.89, 0.87, 1.07)
DAY_SIGMA = 0.085

Event = dict[str, Any]


class Shop:
    """
    Args:
        sessions: how many visits, about; LINES_PER_VISIT says how much that makes.
        until: the end, a full hour; nothing happens after it, though some of it arrives later.
    """

    def __init__(self, *, seed: int, sessions: int, until: datetime, days: int = DAYS) -> None:
        self._seed = seed
        self._sessions = sessions
        self._days = days
        self._from_ms = int((until - timedelta(days=days)).timestamp()) * 1000
        self._until_ms = int(until.timestamp()) * 1000
        self._now_ms = self._from_ms
        self.truth = Truth()

    def arrivals(self) -> Iterator[Arrival]:
        """Every event in the order in which they reach the collector; asked again, they come again."""
        self.truth = Truth()
        under_way: list[Arrival] = []
        for end_ms, journey in self._journeys(np.random.default_rng(self._seed)):
            today, later = journey.until(end_ms)
            due = bisect_left(under_way, end_ms, key=itemgetter(0))
            yield from _merged(under_way[:due], today)
            self._now_ms = end_ms
            under_way = sorted([*under_way[due:], *later], key=itemgetter(0))
        self._now_ms = self._until_ms
        yield from under_way

    def batches(self) -> Iterator[list[Event]]:
        return in_batches(arrival.event for arrival in self.arrivals())

    def share(self) -> float:
        """How much of the time has passed, by whole days, 0 to 1."""
        return min(1.0, (self._now_ms - self._from_ms) / (self._until_ms - self._from_ms))

    def _journeys(self, rng: Generator) -> Iterator[tuple[int, Journey]]:
        """For each calendar day its end, and the way of its events to the collector."""
        catalogue = Catalogue(int(min(MAX_ITEMS, max(MIN_ITEMS, self._sessions / VISITS_PER_ITEM))), rng)
        visitors = Visitors(self._sessions / self._days, rng)
        orders = spoiled = 0
        for end_ms, started_ms_V in self._starts(rng):
            catalogue.open_day()
            arrived = visitors.arrive(started_ms_V)
            habits = Habits(arrived.number_V, salt=16 * self._seed)
            sends_back_V = (arrived.last_order_V > 0) & (rng.random(len(started_ms_V)) < SENDS_BACK)
            day = browse(
                catalogue,
                habits,
                started_ms_V=started_ms_V,
                sends_back_V=sends_back_V,
                until_ms=self._until_ms,
                rng=rng,
            )
            catalogue.close_day(day.item_E[day.kind_E == VIEW])
            tracker = Tracker(day, arrived, habits, catalogue, first_order=orders + 1, rng=rng)
            visitors.leave(arrived, ended_ms_V=day.ended_ms(started_ms_V), **tracker.bought())
            journey = Journey(day, tracker, ~habits.denies_consent_V, spoiled_before=spoiled, rng=rng)
            orders += len(tracker.orders)
            spoiled += journey.spoiled
            self.truth.add_day(day, tracker, habits, journey)
            yield end_ms, journey

    def _starts(self, rng: Generator) -> Iterator[tuple[int, Integers]]:
        """For each calendar day (UTC) its end, and when visits start in it."""
        hours_ms = np.arange(self._from_ms, self._until_ms, HOUR_MS)
        day_H = hours_ms // DAY_MS
        mood_D = rng.lognormal(0, DAY_SIGMA, int(day_H[-1] - day_H[0]) + 1)
        weekday_H = (day_H + 3) % 7  # 1970 began on a Thursday
        weight_H = np.array(HOURS)[hours_ms // HOUR_MS % 24] * np.array(WEEKDAYS)[weekday_H]
        weight_H = weight_H * mood_D[day_H - day_H[0]]
        expected_H = self._sessions * weight_H / weight_H.sum()
        for day in np.unique(day_H).tolist():
            starts = np.repeat(hours_ms[day_H == day], rng.poisson(expected_H[day_H == day]))
            yield (day + 1) * DAY_MS, np.sort(starts + rng.integers(0, HOUR_MS, len(starts)))


def _merged(few: list[Arrival], many: Iterator[Arrival]) -> Iterator[Arrival]:
    """Both in order, into one order; costs next to nothing for each of the many."""
    waiting = iter(few)
    first = next(waiting, None)
    for arrival in many:
        while first and first.at_ms <= arrival.at_ms:
            yield first
            first = next(waiting, None)
        yield arrival
    if first:
        yield first
        yield from waiting
