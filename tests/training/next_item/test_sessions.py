import json

import numpy as np
import pytest

from training.next_item.sessions import Sessions, from_columns
from training.recipe import EmptySnapshot


def sessions_of(*rows: tuple[str, list[str], list[int]]) -> Sessions:
    return from_columns(
        {
            "SESSION_KEY": [key for key, _, _ in rows],
            "SITE": ["shop"] * len(rows),
            "CLIENT_ID": [key for key, _, _ in rows],
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


def test_a_visitor_returns_after_an_earlier_session_on_the_same_site():
    columns = {
        "SESSION_KEY": ["3", "1", "2"],
        "SITE": ["shop", "shop", "other"],
        "CLIENT_ID": ["x", "x", "x"],
        "ITEM_IDS": ['["a"]'] * 3,
        "OCCURRED_AT_MS": ["[30]", "[10]", "[20]"],
    }

    assert from_columns(columns).is_returning_S.tolist() == [False, False, True]


def test_looks_that_repeat_the_one_before_are_counted_within_sessions():
    sessions = sessions_of(("x", ["a", "a", "b"], [1, 2, 3]), ("y", ["b", "c"], [4, 5]))

    assert sessions.repeat_share() == 1 / 3


def test_a_part_keeps_all_that_belongs_to_its_sessions():
    sessions = sessions_of(("x", ["a", "b"], [1, 2]), ("y", ["c"], [3]), ("z", ["b"], [4]))

    part = sessions.where(np.array([True, False, True]))

    assert (part.key_S.tolist(), part.item_ids()) == (["x", "z"], [["a", "b"], ["b"]])
    assert (part.started_at_S.tolist(), part.ended_at_S.tolist()) == ([1, 4], [2, 4])
