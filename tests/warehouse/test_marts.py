import json
from datetime import datetime

from tests.offline_shop import NEW_YEAR_MS, Shop, line
from training.next_item import features


def item_lists(shop: Shop) -> list[list[str]]:
    rows = shop.rows("select item_ids from marts.next_item_sessions order by started_at, session_key")
    return [json.loads(item_ids) for (item_ids,) in rows]


def test_a_session_is_its_items_in_order_with_a_time_for_each(shop: Shop):
    shop.send(
        line("e3", seconds=2, item="a"),
        line("e1", seconds=1, item="b"),
        line("e2", seconds=1, items=[{"item_id": "d"}, {"item_id": "c"}]),
    )

    shop.transform()

    [(item_ids, occurred_at_ms)] = shop.rows("select item_ids, occurred_at_ms from marts.next_item_sessions")
    assert json.loads(item_ids) == ["b", "d", "c", "a"]
    assert json.loads(occurred_at_ms) == [NEW_YEAR_MS + ms for ms in (1000, 1000, 1000, 2000)]


def test_looking_at_an_item_twice_counts_twice(shop: Shop):
    shop.send(line("e1"), line("e2", seconds=1), line("e3", seconds=2, item="b"))

    shop.transform()

    assert item_lists(shop) == [["a", "a", "b"]]


def test_the_session_that_a_client_declares_groups_the_mart(shop: Shop):
    shop.send(
        line("e1", item="a", session_id="s1"),
        line("e2", item="b", session_id="s1", seconds=7200),
        line("e3", item="c", session_id="s2", seconds=7201),
        line("e4", item="d", client_id="c2"),
        line("e5", item="e", client_id="c2", seconds=7200),
    )

    shop.transform()

    assert sorted(item_lists(shop)) == [["a", "b"], ["c"], ["d"], ["e"]]


def test_a_session_without_items_is_not_in_the_mart(shop: Shop):
    shop.send(line("e1", name="page_view", items=None))

    shop.transform()

    assert item_lists(shop) == []
    assert shop.violations() == {}


def test_the_mart_keeps_the_events_that_the_model_reads(shop: Shop):
    names = ("page_view", "view_item_list", "select_item", "view_item", "add_to_cart", "purchase")
    shop.send(*(line(name, name=name, item=name) for name in names))

    shop.transform()

    assert {item for items in item_lists(shop) for item in items} == {features.ITEM_EVENT}


def test_no_visitor_can_break_a_check_with_ids_of_their_own(shop: Shop):
    shop.send(
        line("z", client_id="x|y", session_id="z"),
        line("y|z", client_id="x", session_id="y|z"),
        line("1", client_id="1|x", session_id="x"),
        line("2", client_id="1", session_id="x|x"),
    )

    shop.transform()

    assert len(item_lists(shop)) == 4
    assert shop.violations() == {}


def test_a_session_without_end_keeps_its_newest_looks(shop: Shop):
    page = [{"item_id": f"p{number}"} for number in range(200)]
    first, *newest = (line(f"e{hour}", seconds=hour * 3600, session_id="s", items=page) for hour in range(6))
    shop.send(first, *newest)

    shop.transform()

    assert [len(items) for items in item_lists(shop)] == [1000]
    assert shop.rows("select started_at, ended_at from marts.next_item_sessions") == [
        (datetime(2026, 1, 1, 1), datetime(2026, 1, 1, 5))
    ]
    assert shop.violations() == {}


def test_a_look_of_many_items_is_cut_at_its_start(shop: Shop):
    page = [{"item_id": f"p{number}"} for number in range(200)]
    shop.send(
        line("e0", session_id="s", items=page),
        *(line(f"e{hour}", seconds=hour * 3600, session_id="s", items=page) for hour in range(1, 5)),
        line("e5", seconds=5 * 3600, session_id="s"),
    )

    shop.transform()

    [items] = item_lists(shop)
    assert (len(items), items[0], items[-1]) == (1000, "p1", "a")
