import json
from typing import Any

import pytest

PURCHASE: dict[str, Any] = {
    "event_date": "20210131",
    "event_timestamp": "1612069510766593",
    "event_name": "purchase",
    "event_params": [
        {"key": "ga_session_id", "value": {"string_value": None, "int_value": "664"}},
        {"key": "page_location", "value": {"string_value": "https://shop.example/paid"}},
        {"key": "currency", "value": {"string_value": "USD"}},
        {"key": "engaged", "value": {"int_value": "1"}},
        {"key": "empty", "value": {}},
    ],
    "user_pseudo_id": "1026454.4271112504",
    "user_id": None,
    "privacy_info": {"analytics_storage": "Yes", "ads_storage": "No"},
    "ecommerce": {
        "transaction_id": "741471",
        "purchase_revenue": 51.6,
        "tax_value": 4.1,
        "shipping_value": None,
    },
    "items": [
        {
            "item_id": "9195",
            "item_name": "Cap",
            "item_brand": "(not set)",
            "item_category": "Caps",
            "price": 25.8,
            "quantity": "2",
        }
    ],
}


def line(**fields: Any) -> str:
    return json.dumps({**PURCHASE, **fields}) + "\n"


def test_a_purchase_keeps_its_money_items_and_parameters(read) -> None:
    [event], _ = read("ga4", line())

    assert event == {
        "event_id": event["event_id"],
        "name": "purchase",
        "occurred_at": 1_612_069_510_766,
        "client_id": "1026454.4271112504",
        "session_id": "664",
        "url": "https://shop.example/paid",
        "transaction_id": "741471",
        "currency": "USD",
        "value": 51.6,
        "tax": 4.1,
        "items": [
            {"item_id": "9195", "item_name": "Cap", "item_category": "Caps", "price": 25.8, "quantity": 2}
        ],
        "consent": {"analytics_storage": "granted", "ad_storage": "denied"},
        "event_timestamp": "1612069510766593",
        "params": {"page_location": "https://shop.example/paid", "currency": "USD", "engaged": 1},
    }


def test_a_search_has_another_name_there(read) -> None:
    params = [{"key": "search_term", "value": {"string_value": "caps"}}]

    [event], _ = read("ga4", line(event_name="view_search_results", event_params=params))

    assert (event["name"], event["search_term"]) == ("search", "caps")


def test_who_denied_consent_is_counted_without_a_name(read) -> None:
    denied = line(
        event_name="page_view", user_pseudo_id=None, privacy_info={"analytics_storage": "No"}, items=[]
    )

    [event], _ = read("ga4", denied)

    assert event["consent"] == {"analytics_storage": "denied"}
    assert "client_id" not in event


def test_events_that_skiff_does_not_collect_are_skipped_by_name(read) -> None:
    events, reading = read(
        "ga4", line(event_name="scroll") + line(event_name="scroll") + line(event_name=["a"])
    )

    assert events == []
    assert reading.skipped == {"scroll": 2, "['a']": 1}
    assert reading.unreadable == 0


def test_two_events_of_the_same_millisecond_are_two(read) -> None:
    events, reading = read("ga4", line() + line(event_timestamp="1612069510766594") + line())

    assert len({event["event_id"] for event in events}) == 2
    assert reading.duplicates == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"event_timestamp": "soon"}, "event_timestamp must be a whole number, not 'soon'"),
        ({"event_timestamp": None}, "event_timestamp must be a whole number"),
        ({"ecommerce": {}}, "transaction_id must be"),
        ({"ecommerce": "none"}, "ecommerce must be an object"),
        ({"ecommerce": {"purchase_revenue": "much"}}, "purchase_revenue must be a number"),
        ({"items": "caps"}, "items must be a list"),
        ({"items": [{"item_name": "Cap"}]}, "items[0].item_id must be"),
        ({"items": [{"item_id": "1", "price": "cheap"}]}, "price must be a number"),
        ({"event_params": ["x"]}, "event_params must be a list"),
        ({"event_params": [{"key": "x", "value": {"int_value": "y"}}]}, "int_value must be a whole number"),
        ({"user_pseudo_id": None}, "client_id must be"),
    ],
)
def test_what_cannot_be_read_names_the_field_and_costs_its_row_only(
    read, fields: dict[str, Any], reason: str
) -> None:
    events, reading = read("ga4", line() + line(**fields) + line(event_timestamp="1612069510766594"))

    [(number, shown)] = reading.shown
    assert (len(events), number) == (2, 2)
    assert reason in shown
