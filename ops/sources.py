"""
Where the journey's events come from: a folder of real ones, or the made-up shop.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.events import checked
from domain.refusal import Refused
from ops import importers
from ops.importers.reading import Reading
from ops.send import in_batches
from ops.shop import Shop
from ops.truth import Truth

SEED = 20
EXAMPLES = 20  # visits to ask predictions for
RECENT = 2000  # events in which to look for them

Event = dict[str, Any]


class Source:
    """
    Events in the order in which they are sent: take `batches` once. What they were is known afterwards.

    Args:
        share: tells how much has been taken, 0 to 1.
        until: the moment after the last event, where it is known beforehand.
        shop, reading: where the events come from, of which one.
    """

    def __init__(
        self,
        name: str,
        events: Iterable[Event],
        *,
        share: Callable[[], float],
        until: datetime | None = None,
        shop: Shop | None = None,
        reading: Reading | None = None,
    ) -> None:
        self.name = name
        self.reading = reading
        self.sent = 0
        self.names: dict[str, str] = {}  # what items are called, where the events say
        self.share = share
        self._events = events
        self._until = until
        self._shop = shop
        self._last_ms = 0
        self._recent: deque[Event] = deque(maxlen=RECENT)

    def batches(self) -> Iterator[list[Event]]:
        return in_batches(self._watched())

    @property
    def truth(self) -> Truth | None:
        """Known of made-up events only."""
        return self._shop.truth if self._shop else None

    @property
    def as_of(self) -> datetime:
        # a second later: correcting a client's clock moves events by the milliseconds of the way
        last = datetime.fromtimestamp(self._last_ms / 1000, UTC) + timedelta(seconds=1)
        return self._until or last

    def examples(self) -> list[list[Event]]:
        """The last visits that looked at three items or more: what was seen, oldest first."""
        return [visit[-10:] for visit in _visits(self._recent) if len(visit) > 2][-EXAMPLES:]

    def _watched(self) -> Iterator[Event]:
        for event in self._events:
            self.sent += 1
            self._recent.append(event)
            self._last_ms = max(self._last_ms, event["occurred_at"])
            for item in event.get("items") or ():
                if "item_name" in item:
                    self.names[item["item_id"]] = item["item_name"]
            yield event


def open_source(data: Path | None, *, sessions: int, now: datetime, site: str) -> Source:
    """
    Args:
        data: a folder of real events; None makes some up, that end at the last full hour before *now*.

    Raises:
        WrongFile: *data* is not there, or holds nothing of a known format.
    """
    return _real(data, site) if data else _shop(sessions, now.replace(minute=0, second=0, microsecond=0))


def _shop(sessions: int, until: datetime) -> Source:
    shop = Shop(seed=SEED, sessions=sessions, until=until)
    events = (arrival.event for arrival in shop.arrivals())
    return Source(f"made-up shop, seed {SEED}", events, share=shop.share, until=until, shop=shop)


def _real(data: Path, site: str) -> Source:
    path, format = importers.find(data)
    reading = Reading(path, format, site=site)
    return Source(f"{data.name} ({format.name})", reading, share=reading.share, reading=reading)


def _visits(events: Iterable[Event]) -> list[list[Event]]:
    visits: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if _is_look(event):
            visits[event["client_id"]].append(event)
    return list(visits.values())


def _is_look(event: Event) -> bool:
    """Some made-up events are malformed on purpose, and who denied consent is nobody's example."""
    try:
        return checked(event, site="any")["name"] == "view_item" and "consent" not in event
    except Refused:
        return False
