"""
A small shop that never was: thirty days of its events, dirt included, and the truth about them.

The journey and the tests send the events and compare what comes out. The same seed gives the same events.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import itemgetter
from random import Random
from typing import Any

from domain.batch import MAX_EVENTS
from ops import dirt
from ops.catalogue import Catalogue
from ops.visits import Visit, Visitor, random_id

DAYS = 30
HOUR_MS = 3_600_000
SESSION_GAP_MS = 1_800_000  # a gap of exactly this does not end a session
RETURNING = 0.25  # share of visits by somebody who was here before

# Visits per hour of the day, UTC: trough 0.05 and peak 1.94 times the mean, as in a bol.com click sample.
HOURS = (
    18, 9, 6, 4, 6, 12, 30, 62, 90, 108, 115, 118,
    120, 122, 120, 118, 120, 130, 155, 169, 166, 150, 95, 45,
)  # fmt: skip

Event = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """
    What must come out: sent = accepted + rejected, accepted = unique + duplicates.

    `sessions` are cut by silence; `next_item_sessions` are the client's own where it names them, and only
    those that looked at an item.
    """

    sent: int
    accepted: int
    rejected: int
    reasons: dict[str, int]
    duplicates: int
    unique: int
    sessions: int
    next_item_sessions: int


class Shop:
    """
    Args:
        sessions: how many visits; one has five to six events on average.
        until: the end of the thirty days; nothing happens after it, though some of it arrives later.
    """

    def __init__(self, *, seed: int, sessions: int, until: datetime) -> None:
        rng = Random(seed)  # noqa: S311 - made-up shoppers need no cryptography
        good = _browsed(sessions, until_ms=int(until.timestamp() * 1000), rng=rng)
        arrived = dirt.arrivals(good, rng)
        again = dirt.duplicates(arrived, rng)
        spoiled = dirt.spoiled(arrived, rng)
        everything = [*arrived, *again, *(arrival for _, arrival in spoiled)]
        self._events = [event for _, event in sorted(everything, key=itemgetter(0))]
        self.truth = Truth(
            sent=len(everything),
            accepted=len(good) + len(again),
            rejected=len(spoiled),
            reasons=dict(Counter(reason for reason, _ in spoiled)),
            duplicates=len(again),
            unique=len(good),
            sessions=len(cut_by_silence(good)),
            next_item_sessions=sum(_has_view(session) for session in declared_sessions(good)),
        )

    def batches(self, size: int = MAX_EVENTS) -> Iterator[list[Event]]:
        """The events in the order they arrive."""
        for start in range(0, len(self._events), size):
            yield self._events[start : start + size]


def cut_by_silence(events: Iterable[Event]) -> list[list[Event]]:
    """Each visitor's events, cut where a gap is over 30 minutes."""
    by_client: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=itemgetter("occurred_at")):
        by_client[event["client_id"]].append(event)
    return [session for history in by_client.values() for session in _cut(history)]


def declared_sessions(events: Iterable[Event]) -> list[list[Event]]:
    """Events by the client's own session id where it sends one, else cut by silence."""
    by_id: dict[tuple[str, str], list[Event]] = defaultdict(list)
    others: list[Event] = []
    for event in events:
        if "session_id" in event:
            by_id[event["client_id"], event["session_id"]].append(event)
        else:
            others.append(event)
    return [*by_id.values(), *cut_by_silence(others)]


def _has_view(session: list[Event]) -> bool:
    return any(event["name"] == "view_item" for event in session)


def _cut(history: list[Event]) -> list[list[Event]]:
    sessions = [history[:1]]
    for before, event in pairwise(history):
        if event["occurred_at"] - before["occurred_at"] > SESSION_GAP_MS:
            sessions.append([])
        sessions[-1].append(event)
    return sessions


def _browsed(sessions: int, *, until_ms: int, rng: Random) -> list[Event]:
    catalogue = Catalogue(rng)
    visitors: list[Visitor] = []
    events: list[Event] = []
    for started_ms in _starts(sessions, until_ms=until_ms, rng=rng):
        if not visitors or rng.random() > RETURNING:
            visitors.append(_newcomer(rng))
            visitor = visitors[-1]
        else:
            visitor = rng.choice(visitors)
        visit = Visit(visitor, started_ms=started_ms, rng=rng)
        visit.browse(catalogue)
        events += [event for event in visit.events if event["occurred_at"] < until_ms]
    return events


def _starts(sessions: int, *, until_ms: int, rng: Random) -> list[int]:
    hours_ms = range(until_ms - DAYS * 24 * HOUR_MS, until_ms, HOUR_MS)
    weights = [HOURS[hour_ms // HOUR_MS % 24] for hour_ms in hours_ms]
    chosen_ms = rng.choices(hours_ms, weights, k=sessions)
    return sorted(hour_ms + rng.randrange(HOUR_MS) for hour_ms in chosen_ms)


def _newcomer(rng: Random) -> Visitor:
    """Trackers differ: not every one makes ids for sessions, and an old one makes none for events."""
    return Visitor(
        client_id=random_id(rng), has_session_id=rng.random() < 0.5, has_event_id=rng.random() < 0.9
    )
