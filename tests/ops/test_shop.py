import hashlib
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

import pytest

from domain import consent
from domain.intake import Intake, Post, take_in
from ops.shop import Shop

UNTIL = datetime(2026, 11, 22, 10, tzinfo=UTC)
GAP_MS = 1_800_000  # a gap of exactly this does not end a session

Event = dict[str, Any]


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(seed=1, sessions=3_000, until=UNTIL)


@pytest.fixture(scope="module")
def intakes(shop: Shop) -> list[Intake]:
    return [collected(batch) for batch in shop.batches()]


@pytest.fixture(scope="module")
def unique(intakes: list[Intake]) -> list[Event]:
    """What the log holds, each event once, in the order of first arrival."""
    return list({event["event_id"]: event for event in logged(intakes)}.values())


def collected(batch: list[Event]) -> Intake:
    post = Post(
        body=json.dumps({"events": batch}).encode(),
        encoding=None,
        write_key="key-1",
        received_at=UNTIL,
        request_id="request-1",
        ip=None,
        user_agent=None,
    )
    return take_in(post, write_keys={"key-1": "shop"})


def logged(intakes: list[Intake]) -> list[Event]:
    return [json.loads(line)["event"] for intake in intakes for line in intake.accepted]


def sessions(events: list[Event], *key: str) -> list[list[Event]]:
    """Cut by silence within each *key*; who denied consent has none."""
    known = [event for event in events if not consent.is_denied(event)]
    found: list[list[Event]] = []
    known.sort(key=lambda event: ([event.get(field, "") for field in key], event["occurred_at"]))
    for _, history in groupby(known, key=lambda event: [event.get(field, "") for field in key]):
        first, *others = history
        found.append([first])
        for event in others:
            if event["occurred_at"] - found[-1][-1]["occurred_at"] > GAP_MS:
                found.append([])
            found[-1].append(event)
    return found


def test_the_collector_accepts_and_refuses_what_the_truth_says(shop: Shop, intakes: list[Intake]) -> None:
    reasons = sum((intake.reasons for intake in intakes), Counter())

    assert len(logged(intakes)) == shop.truth.accepted
    assert reasons == shop.truth.reasons
    assert shop.truth.sent == shop.truth.accepted + shop.truth.rejected


def test_mistakes_are_of_many_kinds(shop: Shop, intakes: list[Intake]) -> None:
    assert len(shop.truth.reasons) >= 6


def test_the_log_holds_as_many_different_events_as_the_truth_says(
    shop: Shop, intakes: list[Intake], unique: list[Event]
) -> None:
    assert len(unique) == shop.truth.unique
    assert len(logged(intakes)) - len(unique) == shop.truth.duplicates > 0
    assert Counter(event["name"] for event in unique) == shop.truth.names


def test_the_log_holds_as_many_sessions_as_the_truth_says(shop: Shop, unique: list[Event]) -> None:
    declared = sessions(unique, "client_id", "session_id")
    looked = [visit for visit in declared if any(event["name"] == "view_item" for event in visit)]

    assert len(sessions(unique, "client_id")) == shop.truth.sessions
    assert len(looked) == shop.truth.next_item_sessions > 0


def test_the_orders_and_the_money_of_each_day_are_as_the_truth_says(shop: Shop, unique: list[Event]) -> None:
    purchases = [event for event in unique if event["name"] == "purchase"]
    refunds = [event for event in unique if event["name"] == "refund"]

    assert len({event["transaction_id"] for event in purchases}) == shop.truth.orders > 50
    assert cents_by_day(purchases) == shop.truth.revenue_cents
    assert cents_by_day(refunds) == shop.truth.refunded_cents
    assert {event["transaction_id"] for event in refunds} < {event["transaction_id"] for event in purchases}


def cents_by_day(events: list[Event]) -> Counter[str]:
    cents: Counter[str] = Counter()
    for event in events:
        cents[datetime.fromtimestamp(event["occurred_at"] / 1000, UTC).date().isoformat()] += round(
            100 * event["value"]
        )
    return cents


def test_an_order_costs_what_its_items_cost(unique: list[Event]) -> None:
    for event in unique:
        if event["name"] == "purchase":
            items = sum(round(100 * item["price"]) * item["quantity"] for item in event["items"])
            assert items == round(100 * event["value"])


@pytest.mark.parametrize("field", ["event_id", "session_id", "user_id", "consent"])
def test_some_trackers_send_a_field_and_some_do_not(field: str, shop: Shop) -> None:
    events = [arrival.event for arrival in shop.arrivals()]

    assert 0 < sum(field in event for event in events) < len(events)


def test_people_come_back_and_are_the_same_user_again(unique: list[Event]) -> None:
    visits = Counter(visit[0].get("user_id") for visit in sessions(unique, "client_id"))
    visits.pop(None)

    assert max(visits.values()) > 3
    assert sum(count > 1 for count in visits.values()) > 0.1 * len(visits)


def test_some_sessions_go_on_over_midnight(unique: list[Event]) -> None:
    days = [
        {event["occurred_at"] // 86_400_000 for event in visit} for visit in sessions(unique, "client_id")
    ]

    assert sum(len(of_visit) > 1 for of_visit in days) > 0


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    first, again, other = (digest(Shop(seed=seed, sessions=50, until=UNTIL)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_asked_again_a_shop_tells_the_same_again(shop: Shop) -> None:
    first = digest(shop), shop.truth

    assert (digest(shop), shop.truth) == first


def digest(shop: Shop) -> str:
    return hashlib.sha256(json.dumps(list(shop.arrivals())).encode()).hexdigest()


def test_events_come_in_the_order_of_their_arrival_and_none_before_it_happened(shop: Shop) -> None:
    arrivals = list(shop.arrivals())

    assert all(earlier.at_ms <= later.at_ms for earlier, later in pairwise(arrivals))
    assert all(arrival.at_ms > arrival.event["occurred_at"] for arrival in arrivals)
    late = [a for a in arrivals if not a.reason and a.at_ms - a.event["occurred_at"] > 10_000]
    assert 0.008 < len(late) / len(arrivals) < 0.02


def test_nothing_happens_after_the_end_nor_thirty_days_before_it(unique: list[Event]) -> None:
    moments = [datetime.fromtimestamp(event["occurred_at"] / 1000, UTC) for event in unique]

    assert UNTIL - timedelta(days=30) <= min(moments) < max(moments) < UNTIL


def test_what_people_look_at_next_depends_on_what_they_look_at(unique: list[Event]) -> None:
    paths: dict[str, list[str]] = defaultdict(list)
    for event in sorted(unique, key=lambda event: event["occurred_at"]):
        if event["name"] == "view_item" and event["client_id"]:
            paths[event["client_id"]].append(event["items"][0]["item_id"])
    popularity = Counter(item for path in paths.values() for item in path)
    [(favourite, _)] = popularity.most_common(1)
    steps = (step for path in paths.values() if len(path) < 60 for step in pairwise(path))
    next_items = Counter(after for item, after in steps if item == favourite)

    assert share_of_top(popularity, size=20) < 0.2
    assert share_of_top(next_items, size=5) > 0.4


def share_of_top(counts: Counter[str], *, size: int) -> float:
    return sum(count for _, count in counts.most_common(size)) / counts.total()
