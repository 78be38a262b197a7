"""
Where the journey's events come from: a folder of real ones, or the made-up shop.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from domain.events import checked
from domain.refusal import Refused
from ops.importers import bol_clicks
from ops.send import in_batches
from ops.shop import Shop, Truth

SEED = 20
EXAMPLES = 20  # visits to ask predictions for
RECENT = 2000  # events in which to look for them

Event = dict[str, Any]


class NoSuchData(ValueError):
    """The folder holds nothing that an importer knows."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """
    Events to send, in the order they arrive.

    `as_of` is the moment after the last of them; `truth` is known of made-up events only.
    """

    name: str
    events: list[Event]
    as_of: datetime
    truth: Truth | None = None

    def batches(self) -> Iterator[list[Event]]:
        return in_batches(self.events)

    def names(self) -> dict[str, str]:
        """What items are called, where the events say."""
        items = (item for event in self.events if _is_taken(event) for item in event.get("items") or ())
        return {item["item_id"]: item["item_name"] for item in items if "item_name" in item}

    def examples(self) -> list[list[Event]]:
        """The last visits that looked at three items or more: what was seen, oldest first."""
        return [visit[-10:] for visit in _visits(self.events[-RECENT:]) if len(visit) > 2][-EXAMPLES:]


def open_source(data: Path | None, *, sessions: int, now: datetime) -> Source:
    """
    Args:
        data: a folder of real events; None makes some up, that end at the last full hour before *now*.

    Raises:
        NoSuchData: *data* is not there or of no known format.
    """
    return _bol(data) if data else _shop(sessions, now.replace(minute=0, second=0, microsecond=0))


def _shop(sessions: int, until: datetime) -> Source:
    shop = Shop(seed=SEED, sessions=sessions, until=until)
    events = [event for batch in shop.batches() for event in batch]
    return Source(name=f"made-up shop, seed {SEED}", events=events, as_of=until, truth=shop.truth)


def _bol(data: Path) -> Source:
    if not (data / "train.txt.gz").is_file():
        raise NoSuchData(f"{data}: expected a folder with train.txt.gz (bol-clicks)")
    try:
        events = list(bol_clicks(data))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoSuchData(f"{data}/train.txt.gz: expected gzipped SessionId, ItemId, Time: {error}") from error
    if not events:
        raise NoSuchData(f"{data}/train.txt.gz holds no events")
    last_ms = max(event["occurred_at"] for event in events)
    # a second later: correcting a client's clock moves events by the milliseconds of the way
    as_of = datetime.fromtimestamp(last_ms / 1000, UTC) + timedelta(seconds=1)
    return Source(name=data.name, events=events, as_of=as_of)


def _visits(events: Iterable[Event]) -> list[list[Event]]:
    visits: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if _is_taken(event) and event["name"] == "view_item":
            visits[event["client_id"]].append(event)
    return list(visits.values())


def _is_taken(event: Event) -> bool:
    """Some made-up events are malformed on purpose."""
    try:
        checked(event, site="any")
    except Refused:
        return False
    return True
