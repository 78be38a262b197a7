"""One small history of a shop, and what each table tells of it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.offline_shop import NEW_YEAR_MS, Shop, line
from warehouse import run

MINUTE = 60
HOUR = 3600
TEA = {"item_id": "tea", "item_name": "Tea", "item_category": "drinks", "price": 4.5}
POT = {"item_id": "pot", "item_name": "Pot", "price": 20, "quantity": 2}


HISTORY = (
    # c1 searches, looks, buys, and comes back after the purchase; the order is reported twice
    line("s1", seconds=0, name="search", search_term=" Green TEA ", items=None),
    line("v1", seconds=10, items=[TEA], user_id="u1"),
    line("a1", seconds=20, name="add_to_cart", items=[TEA], value=4.5),
    line("s2", seconds=30, name="search", search_term="pot", items=None),
    line("v2", seconds=40, items=[POT]),
    line(
        "b1",
        seconds=50,
        name="purchase",
        transaction_id="t1",
        items=[TEA, POT],
        value=44.5,
        tax=7,
        shipping=3.9,
    ),
    line("b2", seconds=60, name="purchase", transaction_id="t1", items=[TEA, POT], value=99),
    line("v3", seconds=70, items=[{**TEA, "item_name": "Green tea", "price": 5}]),
    line("r1", seconds=2 * HOUR, name="refund", transaction_id="t1", value=20, items=None),
    line("r2", seconds=3 * HOUR, name="refund", transaction_id="t1", value=4.5, items=None),
    # c2 only looks
    line("v4", seconds=HOUR, client_id="c2", items=[TEA], prediction_id="p1"),
    line("v5", seconds=HOUR + MINUTE, client_id="c2", items=[POT]),
    # nobody that we may know
    line("n1", seconds=HOUR, client_id=None, items=[TEA]),
    # c2 was answered before
    line(
        "p1",
        seconds=HOUR - MINUTE,
        source="predict",
        client_id="c2",
        name="prediction",
        items=None,
        model="next_item",
        version="3",
        tier="model",
        release_id="r-3",
        arm="challenger",
        took_ms=0.8,
        request={"events": [{"name": "view_item"}, {"name": "view_item"}]},
        answer={"items": [{"item_id": "pot", "score": 0.7}, {"item_id": "tea", "score": 0.2}]},
    ),
    # c1 was, by a release that knew no arms, just before it bought
    line(
        "p2",
        seconds=45,
        source="predict",
        name="prediction",
        items=None,
        model="purchase_intent",
        version="2",
        tier="model",
        release_id="r-2",
        took_ms=0.1,
        request={"events": [{"name": "view_item"}]},
        answer={"probability": 0.8},
    ),
    line(
        "run",
        name="training_run",
        client_id=None,
        items=None,
        run_id="job-1",
        model="next_item",
        version="3",
        status="Completed",
        cost_usd=0.25,
        started_at=NEW_YEAR_MS,
        ended_at=NEW_YEAR_MS + 60_000,
        metrics={"hit_rate_20": 0.66},
    ),
)


@pytest.fixture(scope="module")
def shop(opened: Shop) -> Shop:
    opened.forget()
    opened.send(*HISTORY)
    opened.transform()
    assert opened.violations() == {}
    return opened


def one(shop: Shop, query: str) -> tuple[Any, ...]:
    [row] = shop.rows(query)
    return row


def test_of_an_order_the_first_report_counts_and_all_refunds_do(shop: Shop):
    order = one(
        shop,
        "select event_id, ordered_at, value, tax, shipping, item_count, refund_count, refunded_value "
        "from intermediate.orders",
    )

    assert order[0] == "b1"
    assert order[2:] == (Decimal("44.5"), Decimal(7), Decimal("3.9"), 2, 2, Decimal("24.5"))


def test_purchase_intent_sees_nothing_from_the_purchase_on(shop: Shop):
    bought = one(
        shop,
        "select event_names, item_ids, event_values, has_purchase "
        "from marts.purchase_intent_sessions where has_purchase",
    )

    assert json.loads(bought[0]) == ["search", "view_item", "add_to_cart", "search", "view_item"]
    assert json.loads(bought[1]) == ["", "tea", "tea", "", "pot"]
    assert [float(value) for value in json.loads(bought[2])] == [0, 0, 4.5, 0, 0]


def test_a_session_that_did_not_buy_is_an_example_too(shop: Shop):
    names = one(shop, "select event_names from marts.purchase_intent_sessions where client_id = 'c2'")

    assert json.loads(names[0]) == ["view_item", "view_item"]


def test_a_customer_who_logs_in_is_another_than_the_browser(shop: Shop):
    rows = shop.rows(
        "select customer_id, item_id, view_count, add_to_cart_count, order_count, quantity "
        "from marts.customer_items where site = 'shop' order by 1, 2"
    )

    assert rows == [
        ("c1", "pot", 1, 0, 1, Decimal(2)),
        ("c1", "tea", 1, 1, 1, Decimal(1)),
        ("c2", "pot", 1, 0, 0, Decimal(0)),
        ("c2", "tea", 1, 0, 0, Decimal(0)),
        ("u1", "tea", 1, 0, 0, Decimal(0)),
    ]


def test_the_catalogue_knows_what_was_told_last(shop: Shop):
    rows = shop.rows("select item_id, item_name, item_category, price from marts.catalogue order by 1")

    # nothing newer than v3 names a price for tea, but v4 and n1 do: they are an hour younger
    assert rows == [("pot", "Pot", None, Decimal(20)), ("tea", "Tea", "drinks", Decimal("4.5"))]


def test_a_search_is_credited_with_what_follows_until_the_next(shop: Shop):
    rows = shop.rows(
        "select search_term, view_count, first_item_id, has_add_to_cart, has_purchase "
        "from marts.searches order by searched_at"
    )

    assert rows == [("green tea", 1, "tea", True, False), ("pot", 2, "pot", False, True)]


def test_traffic_counts_everybody_and_each_order_once(shop: Shop):
    rows = shop.rows(
        "select event_count, visitor_count, session_count, view_count, search_count, order_count, revenue, "
        "prediction_count from marts.traffic_hourly order by hour"
    )

    assert rows == [
        (8, 1, 1, 3, 2, 1, Decimal("44.5"), 2),
        (3, 1, 1, 3, 0, 0, Decimal(0), 0),
        (1, 1, 1, 0, 0, 0, Decimal(0), 0),
        (1, 1, 1, 0, 0, 0, Decimal(0), 0),
    ]
    day = one(shop, "select event_count, visitor_count, session_count, revenue from marts.traffic_daily")
    assert day == (13, 2, 4, Decimal("44.5"))


def test_who_denied_consent_is_counted_and_in_no_session(shop: Shop):
    assert one(shop, "select session_key from intermediate.session_events where event_id = 'n1'") == (None,)
    assert one(shop, "select count(*) as n from intermediate.sessions where client_id is null") == (0,)


def test_an_answer_is_kept_with_what_it_said(shop: Shop):
    answer = one(
        shop,
        "select client_id, model, version, tier, release_id, took_ms, seen_count, item_ids, "
        "arm, probability, score "
        "from marts.predictions where prediction_id = 'p1'",
    )

    assert answer[:7] == ("c2", "next_item", "3", "model", "r-3", Decimal("0.8"), 2)
    assert json.loads(answer[7]) == ["pot", "tea"]
    assert answer[8:] == ("challenger", None, Decimal("0.7"))
    intent = one(shop, "select arm, probability, score from marts.predictions where prediction_id = 'p2'")
    assert intent == ("champion", Decimal("0.8"), Decimal("0.8"))


def test_an_answer_is_joined_with_what_came_of_it(shop: Shop):
    outcome = one(
        shop,
        "select next_item_id, next_item_rank, clicked_at, ordered_at, bought_at, arm "
        "from marts.prediction_outcomes where prediction_id = 'p1'",
    )

    assert outcome[:2] == ("tea", 2)
    assert outcome[2] is not None
    assert outcome[3:] == (None, None, "challenger")


def test_an_arm_is_counted_by_visitors(shop: Shop):
    arms, _ = run.run(shop.connection, "operations/arms", release_id="r-3", model="next_item")

    counts = {"answers": 1, "visitors": 1, "clicked": 1, "hit": 1, "bought": 0, "fallbacks": 0}
    assert [{name: row[name] for name in counts} for row in arms] == [counts]
    assert (arms[0]["arm"], arms[0]["version"]) == ("challenger", "3")


def test_whoever_buys_within_the_half_hour_after_has_bought(shop: Shop):
    query = "select bought_at, predicted_at from marts.prediction_outcomes where prediction_id = 'p2'"
    bought_at, predicted_at = one(shop, query)

    assert (bought_at - predicted_at).total_seconds() == 5


def test_a_training_run_is_a_row(shop: Shop):
    run = one(shop, "select run_id, model, status, cost_usd, metrics from marts.training_runs")

    assert run[:4] == ("job-1", "next_item", "Completed", Decimal("0.25"))
    assert json.loads(run[4]) == {"hit_rate_20": 0.66}
