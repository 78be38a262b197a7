import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from domain.intake import Intake, Post, take_in
from ops.shop import Shop, cut_by_silence, declared_sessions

UNTIL = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(seed=1, sessions=550, until=UNTIL)


@pytest.fixture(scope="module")
def intakes(shop: Shop) -> list[Intake]:
    return [collected(batch) for batch in shop.batches()]


def collected(batch: list[dict[str, Any]]) -> Intake:
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


def logged(intakes: list[Intake]) -> list[dict[str, Any]]:
    return [json.loads(line)["event"] for intake in intakes for line in intake.accepted]


def test_the_collector_accepts_and_refuses_what_the_truth_says(shop: Shop, intakes: list[Intake]) -> None:
    reasons = sum((intake.reasons for intake in intakes), Counter())

    assert len(logged(intakes)) == shop.truth.accepted
    assert reasons == shop.truth.reasons
    assert shop.truth.sent == shop.truth.accepted + shop.truth.rejected


def test_the_log_holds_as_many_different_events_as_the_truth_says(shop: Shop, intakes: list[Intake]) -> None:
    event_ids = [event["event_id"] for event in logged(intakes)]

    assert len(set(event_ids)) == shop.truth.unique
    assert len(event_ids) - len(set(event_ids)) == shop.truth.duplicates > 0


def test_the_log_holds_as_many_sessions_as_the_truth_says(shop: Shop, intakes: list[Intake]) -> None:
    unique = {event["event_id"]: event for event in logged(intakes)}.values()

    viewed = [s for s in declared_sessions(unique) if any(event["name"] == "view_item" for event in s)]

    assert len(cut_by_silence(unique)) == shop.truth.sessions
    assert len(viewed) == shop.truth.next_item_sessions > 0


def test_mistakes_are_of_many_kinds(shop: Shop) -> None:
    assert len(shop.truth.reasons) >= 6


@pytest.mark.parametrize("field", ["event_id", "session_id"])
def test_some_trackers_send_ids_and_some_do_not(field: str, shop: Shop) -> None:
    events = [event for batch in shop.batches() for event in batch]

    assert 0 < sum(field in event for event in events) < len(events)


def test_the_same_seed_gives_the_same_events_and_another_one_others() -> None:
    first, again, other = (list(Shop(seed=seed, sessions=20, until=UNTIL).batches()) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_a_batch_is_never_larger_than_the_collector_takes(shop: Shop) -> None:
    assert all(len(batch) <= 500 for batch in shop.batches())
    assert sum(len(batch) for batch in shop.batches(size=7)) == shop.truth.sent


def test_nothing_happens_after_the_end_nor_thirty_days_before_it(intakes: list[Intake]) -> None:
    moments = [datetime.fromtimestamp(event["occurred_at"] / 1000, UTC) for event in logged(intakes)]

    assert UNTIL - timedelta(days=30) <= min(moments) < max(moments) < UNTIL


def test_some_events_arrive_late(intakes: list[Intake]) -> None:
    moments_ms = [event["occurred_at"] for event in logged(intakes)]

    is_late = [later < earlier - 60_000 for earlier, later in pairwise(moments_ms)]

    assert 0 < sum(is_late) < len(moments_ms) / 20


def test_a_gap_of_exactly_thirty_minutes_does_not_end_a_session() -> None:
    visit = [{"client_id": "client-1", "occurred_at": moment_ms} for moment_ms in (0, 1_800_000, 3_600_001)]

    assert declared_sessions(visit) == [visit[:2], visit[2:]]


def test_a_clients_own_session_id_wins_over_the_gap() -> None:
    visit = [
        {"client_id": "client-1", "session_id": "session-1", "occurred_at": moment_ms}
        for moment_ms in (0, 9_000_000)
    ]

    assert declared_sessions(visit) == [visit]


def test_what_people_look_at_next_depends_on_what_they_look_at() -> None:
    events = [event for batch in Shop(seed=1, sessions=3_000, until=UNTIL).batches() for event in batch]
    views = [event for event in events if event.get("name") == "view_item" and "client_id" in event]
    paths = [[view["items"][0]["item_id"] for view in session] for session in declared_sessions(views)]

    popularity = Counter(item for path in paths for item in path)
    [(favourite, _)] = popularity.most_common(1)
    next_items = Counter(step[1] for path in paths for step in pairwise(path) if step[0] == favourite)

    assert share_of_top(popularity, size=20) < 0.2
    assert share_of_top(next_items, size=5) > 0.4


def share_of_top(counts: Counter[str], *, size: int) -> float:
    return sum(count for _, count in counts.most_common(size)) / counts.total()
