import json
from datetime import UTC, datetime

import pytest

from training.next_item.sessions import EmptySnapshot, Sessions, from_columns, split_by_time


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def sessions_of(*rows: tuple[str, list[str], list[int]]) -> Sessions:
    return from_columns(
        {
            "SESSION_KEY": [key for key, _, _ in rows],
            "ITEM_IDS": [json.dumps(items) for _, items, _ in rows],
            "OCCURRED_AT_MS": [json.dumps(moments) for _, _, moments in rows],
        }
    )


def test_sessions_keep_their_items_and_stand_in_the_order_they_ended():
    sessions = sessions_of(("late", ["b", "a"], [20, 40]), ("early", ["a", "c", "a"], [10, 20, 30]))

    assert sessions.item_ids() == [["a", "c", "a"], ["b", "a"]]
    assert sessions.catalog == ["a", "b", "c"]
    assert list(sessions.started_at_S) == [10, 20]
    assert list(sessions.ended_at_S) == [30, 40]


def test_the_order_of_rows_does_not_matter():
    rows = [("x", ["a"], [5]), ("y", ["b"], [5]), ("z", ["c"], [1])]

    assert sessions_of(*rows).item_ids() == sessions_of(*reversed(rows)).item_ids()


def test_no_rows_is_an_error():
    with pytest.raises(EmptySnapshot):
        sessions_of()


def test_the_last_calendar_days_are_the_test():
    past, test = split_by_time(
        sessions_of(
            ("last", ["last"], [ms("2020-06-10T00:10")]),
            ("first of the test", ["first"], [ms("2020-06-08T00:00")]),
            ("before it", ["before"], [ms("2020-06-07T23:59:59.999")]),
        ),
        test_days=3,
    )

    assert past.item_ids() == [["before"]]
    assert test.item_ids() == [["first"], ["last"]]


def test_a_session_that_runs_into_the_test_is_in_neither_part():
    past, test = split_by_time(
        sessions_of(
            ("across", ["across", "across"], [ms("2020-06-07T23:59"), ms("2020-06-08T00:01")]),
            ("before", ["before"], [ms("2020-06-07T12:00")]),
            ("last", ["last"], [ms("2020-06-10T12:00")]),
        ),
        test_days=3,
    )

    assert past.item_ids() == [["before"]]
    assert test.item_ids() == [["last"]]
