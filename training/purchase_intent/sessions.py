"""
The snapshot's sessions as rows to learn from: each beginning of one as the numbers that `features` makes.

Axes: S sessions, in the order they ended; N rows, session after session, shortest beginning first;
F features.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from training.purchase_intent.features import FALLING, FEATURES, MAX_EVENTS, RISING, Session
from training.recipe import Booleans, EmptySnapshot, Floats, Integers

Texts = npt.NDArray[np.object_]

EVENT_COLUMNS = ("EVENT_NAMES", "OCCURRED_AT_MS", "ITEM_IDS", "EVENT_VALUES")


@dataclass(frozen=True, kw_only=True)
class Event:
    name: str
    at_ms: int
    item_id: str  # of its first item, empty where there is none
    value: float


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """
    Moments are epoch ms. `rising` and `falling` name the features that may only raise, or lower, the odds.

    The features need not be those of this model: a table of other ones is fitted and tested by the same code.
    """

    features: tuple[str, ...]
    rising: tuple[str, ...]
    falling: tuple[str, ...]
    x_NF: Floats
    key_S: Texts
    site_S: Texts
    is_returning_S: Booleans  # the visitor has an earlier session in the snapshot
    length_S: Integers  # rows of each session
    bought_S: Booleans
    started_at_S: Integers
    ended_at_S: Integers
    events_S: Texts  # of each session the JSON texts of EVENT_COLUMNS

    def __len__(self) -> int:
        return len(self.length_S)

    @property
    def session_N(self) -> Integers:
        return np.repeat(np.arange(len(self)), self.length_S)

    @property
    def place_N(self) -> Integers:
        """How many events a row has seen, from 1 on."""
        starts_S = np.cumsum(self.length_S) - self.length_S
        return np.arange(len(self.x_NF)) - np.repeat(starts_S, self.length_S) + 1

    @property
    def bought_N(self) -> Booleans:
        return np.repeat(self.bought_S, self.length_S)

    @property
    def weight_N(self) -> Floats:
        """A session counts once, however long it is."""
        return np.repeat(1 / self.length_S, self.length_S)

    def where(self, keep_S: Booleans) -> "Sessions":
        return replace(
            self,
            x_NF=self.x_NF[np.repeat(keep_S, self.length_S)],
            key_S=self.key_S[keep_S],
            site_S=self.site_S[keep_S],
            is_returning_S=self.is_returning_S[keep_S],
            length_S=self.length_S[keep_S],
            bought_S=self.bought_S[keep_S],
            started_at_S=self.started_at_S[keep_S],
            ended_at_S=self.ended_at_S[keep_S],
            events_S=self.events_S[keep_S],
        )

    def events(self) -> Iterator[list[Event]]:
        """Session by session: those after which there is a row, oldest first."""
        return map(self.events_of, range(len(self)))

    def events_of(self, number: int) -> list[Event]:
        return list(_events(self.events_S[number]))


def from_columns(columns: Mapping[str, Sequence[Any]]) -> Sessions:
    """
    Args:
        columns: those of the contract; the arrays in them are JSON texts, aligned, oldest first.

    Raises:
        EmptySnapshot: no rows.
    """
    rows = sorted(
        zip(
            map(_epoch_ms, columns["ENDED_AT"]),
            columns["SESSION_KEY"],
            map(_epoch_ms, columns["STARTED_AT"]),
            columns["SITE"],
            columns["CLIENT_ID"],
            columns["HAS_PURCHASE"],
            zip(*(columns[name] for name in EVENT_COLUMNS), strict=True),
            strict=True,
        )
    )  # files come in any order; the artifact must not depend on it
    if not rows:
        raise EmptySnapshot("the snapshot holds no session")
    ended_at, keys, started_at, sites, client_ids, bought, events = zip(*rows, strict=True)
    numbers = array("d")
    lengths = [_add_numbers(numbers, _events(texts)) for texts in events]
    events_S = np.empty(len(events), dtype=object)
    events_S[:] = events
    return Sessions(
        features=FEATURES,
        rising=RISING,
        falling=FALLING,
        x_NF=np.frombuffer(numbers).reshape(-1, len(FEATURES)),
        key_S=np.array(keys, dtype=object),
        site_S=np.array(sites, dtype=object),
        is_returning_S=_seen_before(zip(sites, client_ids, strict=True)),
        length_S=np.array(lengths, dtype=np.int64),
        bought_S=np.array(bought, dtype=bool),
        started_at_S=np.array(started_at, dtype=np.int64),
        ended_at_S=np.array(ended_at, dtype=np.int64),
        events_S=events_S,
    )


def _epoch_ms(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)


def _events(texts: Sequence[str]) -> Iterator[Event]:
    """Those that a request can hold."""
    for name, at_ms, item_id, value in zip(*(json.loads(text)[:MAX_EVENTS] for text in texts), strict=True):
        yield Event(name=name, at_ms=at_ms, item_id=item_id, value=float(value))


def _add_numbers(numbers: "array[float]", events: Iterable[Event]) -> int:
    """Append the numbers of each beginning of a session; how many these are."""
    session = Session()
    for event in events:
        session.add(event.name, at_ms=event.at_ms, item_id=event.item_id, value=event.value)
        numbers.extend(session.numbers())
    return session.events


def _seen_before(visitors: Iterable[tuple[str, str]]) -> Booleans:
    seen: set[tuple[str, str]] = set()
    found = []
    for visitor in visitors:
        found.append(visitor in seen)
        seen.add(visitor)
    return np.array(found)
