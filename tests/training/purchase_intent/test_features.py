import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import EVENT_NAMES
from training.purchase_intent import recipe
from training.purchase_intent.features import (
    FALLING,
    FEATURES,
    MAX_EVENTS,
    MAX_SECONDS,
    RISING,
    encode,
)

FRIDAY_NOON_MS = 1_591_963_200_000  # 2020-06-12T12:00:00Z

MOMENTS = st.none() | st.integers(FRIDAY_NOON_MS, FRIDAY_NOON_MS + 3_000_000)


def event(name: str, *, at_ms: int | None = None, item_id: str | None = None, value: float | None = None):
    fields = {"occurred_at": at_ms, "value": value, "items": [{"item_id": item_id}] if item_id else None}
    return {"name": name, **{key: field for key, field in fields.items() if field is not None}}


def described(*events: dict[str, Any]) -> dict[str, float]:
    return dict(zip(FEATURES, encode(events) or (), strict=True))


EVENTS = st.builds(
    event,
    st.sampled_from([name for name in EVENT_NAMES if name != "purchase"]),
    at_ms=MOMENTS,
    item_id=st.none() | st.sampled_from("abc"),
    value=st.none() | st.floats(-100, 100),
)


def test_a_session_is_counted():
    numbers = described(
        event("page_view", at_ms=FRIDAY_NOON_MS),
        event("search", at_ms=FRIDAY_NOON_MS + 10_000),
        event("view_item", at_ms=FRIDAY_NOON_MS + 20_000, item_id="a", value=30.0),
        event("view_item", at_ms=FRIDAY_NOON_MS + 50_000, item_id="b", value=20.0),
        event("view_item", at_ms=FRIDAY_NOON_MS + 60_000, item_id="a", value=30.0),
        event("add_to_cart", at_ms=FRIDAY_NOON_MS + 70_000, item_id="a", value=30.0),
        event("add_to_cart", at_ms=FRIDAY_NOON_MS + 75_000, item_id="b", value=20.0),
        event("remove_from_cart", at_ms=FRIDAY_NOON_MS + 90_000, item_id="b", value=20.0),
    )

    assert numbers == {
        "pages": 1,
        "lists": 0,
        "selections": 0,
        "searches": 1,
        "looks": 3,
        "items": 2,
        "repeats": 1,
        "highest_value": 30,
        "adds": 2,
        "removals": 1,
        "checkouts": 0,
        "cart_value": 30,
        "seconds": 90,
        "seconds_per_event": 15,  # six events besides those that filled the cart
        "seconds_at_last": 30,
        "seconds_since_add": 15,
        "events_since_checkout": MAX_EVENTS,
        "hour": 12,
        "weekday": 4,
    }


def test_the_events_after_the_checkout_are_counted():
    assert described(event("begin_checkout"))["events_since_checkout"] == 0
    assert described(event("begin_checkout"), event("page_view"))["events_since_checkout"] == 1
    assert described(event("begin_checkout"), event("add_to_cart"))["events_since_checkout"] == 0


def test_without_moments_no_time_passes_and_the_hour_is_unknown():
    numbers = described(event("view_item", item_id="a"), event("add_to_cart", item_id="a"))

    assert (numbers["seconds"], numbers["seconds_since_add"]) == (0, 0)
    assert (numbers["hour"], numbers["weekday"]) == (-1, -1)


def test_a_moment_before_the_last_one_counts_as_that():
    numbers = described(
        event("view_item", at_ms=FRIDAY_NOON_MS), event("view_item", at_ms=FRIDAY_NOON_MS - 5000)
    )

    assert (numbers["seconds"], numbers["hour"]) == (0, 12)


def test_without_a_cart_the_last_add_is_a_day_away():
    assert described(event("page_view"))["seconds_since_add"] == MAX_SECONDS


def test_a_purchase_begins_anew():
    again = [event("view_item", at_ms=FRIDAY_NOON_MS, item_id="a")]

    assert encode([event("add_to_cart", value=5.0), event("purchase"), *again]) == encode(again)


@pytest.mark.parametrize("events", [[], [event("view_item"), event("purchase")]])
def test_where_nothing_has_happened_there_are_no_numbers(events: list[dict[str, Any]]):
    assert encode(events) is None


@given(events=st.lists(EVENTS, min_size=1, max_size=12), value=st.none() | st.floats(0, 1000))
def test_what_is_put_into_the_cart_moves_only_what_may_only_raise_the_odds(
    events: list[dict[str, Any]], value: float | None
):
    moments = [event["occurred_at"] for event in events if "occurred_at" in event]
    add = event("add_to_cart", at_ms=max(moments, default=None), item_id="a", value=value)

    before, after = described(*events), described(*events, add)

    for name in FEATURES:
        if name in RISING:
            assert after[name] >= before[name]
        elif name in FALLING:
            assert after[name] <= before[name]
        else:
            assert after[name] == before[name]


@given(events=st.lists(EVENTS, min_size=1, max_size=12))
def test_training_sees_after_each_event_what_serving_sees_then(events: list[dict[str, Any]]):
    at_ms = FRIDAY_NOON_MS
    for one in events:
        one["occurred_at"] = at_ms = max(at_ms, one.get("occurred_at", at_ms))  # as the mart orders them

    rows = recipe.load(as_columns(events)).x_NF.tolist()

    assert rows == [encode(events[: place + 1]) for place in range(len(events))]


def as_columns(events: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The mart's row of one session."""
    return {
        "SESSION_KEY": ["one"],
        "SITE": ["shop"],
        "CLIENT_ID": ["visitor"],
        "STARTED_AT": [datetime(2020, 6, 12, 12)],
        "ENDED_AT": [datetime(2020, 6, 12, 13)],
        "EVENT_NAMES": [json.dumps([event["name"] for event in events])],
        "OCCURRED_AT_MS": [json.dumps([event["occurred_at"] for event in events])],
        "ITEM_IDS": [
            json.dumps([event["items"][0]["item_id"] if "items" in event else "" for event in events])
        ],
        "EVENT_VALUES": [json.dumps([event.get("value", 0) for event in events])],
        "HAS_PURCHASE": [False],
    }
