import json
from datetime import datetime

from tests.offline_shop import NEW_YEAR_MS, Shop, line


def test_copies_of_an_event_collapse(shop: Shop):
    shop.send(line("e1"), line("e1"), minutes_ago=3 * 60)
    shop.transform("staging")
    shop.send(line("e1"), line("e2"))

    shop.transform("staging")

    assert shop.rows("select event_id from staging.events order by event_id") == [("e1",), ("e2",)]


def test_the_copy_that_was_loaded_first_stays(shop: Shop):
    shop.send(line("e1", url="first"), minutes_ago=3 * 60)
    shop.send(line("e1", url="second"))

    shop.transform("staging")

    assert shop.rows("select url from staging.events") == [("first",)]


def test_two_sites_may_use_the_same_event_id(shop: Shop):
    shop.send(line("e1"), line("e1", site="other"))
    shop.transform("staging")
    shop.send(line("e1", site="third"))

    shop.transform("staging")

    rows = shop.rows("select site, event_id from staging.events order by site")
    assert rows == [("other", "e1"), ("shop", "e1"), ("third", "e1")]


def test_a_client_s_clock_is_corrected_by_what_it_shows_when_the_batch_leaves(shop: Shop):
    an_hour_slow = NEW_YEAR_MS - 3600 * 1000
    shop.send(line("e1", occurred_at=an_hour_slow - 5000) | {"sent_at": an_hour_slow + 1000})

    shop.transform("staging")

    assert shop.rows("select occurred_at from staging.events") == [(datetime(2025, 12, 31, 23, 59, 55),)]


def test_without_sent_at_a_client_s_clock_is_believed(shop: Shop):
    shop.send(line("e1", seconds=-86400))

    shop.transform("staging")

    assert shop.rows("select occurred_at from staging.events") == [(datetime(2025, 12, 31),)]


def test_nothing_happens_after_it_was_received(shop: Shop):
    tomorrow = NEW_YEAR_MS + 86400 * 1000
    shop.send(
        line("e1", occurred_at=tomorrow),
        line("e2", occurred_at=tomorrow) | {"sent_at": tomorrow - 5000},
    )

    shop.transform("staging")

    assert shop.rows("select occurred_at from staging.events") == 2 * [(datetime(2026, 1, 1, 0, 0, 1),)]


def test_imported_history_keeps_its_time(shop: Shop):
    shop.send(line("e1", seconds=-6 * 365 * 86400))

    shop.transform("staging")

    assert shop.rows("select occurred_at from staging.events") == [(datetime(2020, 1, 3),)]


def test_what_an_event_says_becomes_columns(shop: Shop):
    shop.send(
        line(
            "e1",
            name="purchase",
            transaction_id="t1",
            currency="EUR",
            value=12.5,
            session_id="s1",
            items=[{"item_id": "b", "quantity": 2}, {"item_name": "no id"}, {"item_id": "a"}],
        )
    )

    shop.transform("staging")

    [(*texts, value, items)] = shop.rows(
        "select name, transaction_id, currency, session_id, client_id, value, items from staging.events"
    )
    assert texts == ["purchase", "t1", "EUR", "s1", "c1"]
    assert float(value) == 12.5
    assert [item.get("quantity") for item in json.loads(items)] == [2, None, None]


def test_an_item_without_an_id_is_no_item_event(shop: Shop):
    shop.send(
        line("e1", items=[{"item_id": "b"}, {"item_name": "no id"}, {"item_id": "a"}]),
        line("e2", name="page_view", items=None),
        line("e3", name="page_view", items=[]),
    )

    shop.transform("staging", "intermediate")

    rows = shop.rows("select event_id, position, item_id from intermediate.item_events order by position")
    assert rows == [("e1", 0, "b"), ("e1", 2, "a")]


def test_a_prediction_keeps_what_answered_it(shop: Shop):
    shop.send(
        line("p1", name="prediction", prediction_id="p1", model="next_item", version="v1", tier="model")
    )

    shop.transform("staging")

    assert shop.rows("select prediction_id, model, version, tier from staging.events") == [
        ("p1", "next_item", "v1", "model")
    ]


def test_a_line_that_names_no_event_stays_in_raw_only(shop: Shop):
    shop.send({"schema": 1, "event": {}}, line("e1"))

    shop.transform()

    assert shop.rows("select event_id from staging.events") == [("e1",)]
    assert shop.violations() == {}
