"""
What trackers and networks do to a shop's events on their way: some come late, some twice, some spoiled.
"""

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

Event = dict[str, Any]
Arrival = tuple[int, Event]  # epoch ms at which it reaches the collector, and what does

# Assumptions: the click logs that could be had show neither.
LATE = 0.015
DUPLICATE = 0.01
SPOILED = 0.004


def arrivals(events: Iterable[Event], rng: Random) -> list[Arrival]:
    return [(event["occurred_at"] + _delay_ms(rng), event) for event in events]


def duplicates(arrived: Iterable[Arrival], rng: Random) -> list[Arrival]:
    """The same event once more: a client that did not hear the answer."""
    return [(at_ms + _delay_ms(rng), event) for at_ms, event in arrived if rng.random() < DUPLICATE]


def spoiled(arrived: list[Arrival], rng: Random) -> list[tuple[str, Arrival]]:
    """Further events, each with a mistake and the reason that the collector must give; all mistakes occur."""
    count = max(len(MISTAKES), round(len(arrived) * SPOILED))
    victims = rng.choices(arrived, k=count)
    return [
        (MISTAKES[number % len(MISTAKES)][0], (at_ms, MISTAKES[number % len(MISTAKES)][1](event)))
        for number, (at_ms, event) in enumerate(victims)
    ]


def _delay_ms(rng: Random) -> int:
    """Seconds as a rule; minutes to hours for a phone that was offline."""
    return int(1000 * (rng.lognormvariate(6, 2) if rng.random() < LATE else rng.uniform(0.05, 2)))


def _without(field: str) -> Callable[[Event], Event]:
    return lambda event: {name: value for name, value in event.items() if name != field}


def _with(**fields: Any) -> Callable[[Event], Event]:
    return lambda event: {**event, **fields}


def _in_seconds(event: Event) -> Event:
    return {**event, "occurred_at": event["occurred_at"] // 1000}


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
