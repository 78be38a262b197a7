import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import EVENT_NAMES, MAX_EVENT_BYTES, MAX_ITEMS, RESERVED_NAMES, checked
from domain.refusal import Refused

EXAMPLES = Path(__file__).parent.parent / "events"
VIEW = {
    "name": "view_item",
    "occurred_at": 1_592_337_718_000,
    "client_id": "client-1",
    "items": [{"item_id": "sku-17"}],
}


def refusal(event: object) -> Refused:
    with pytest.raises(Refused) as caught:
        checked(event, site="shop")
    return caught.value


@pytest.mark.parametrize("name", EVENT_NAMES)
def test_the_example_of_every_name_is_taken_as_it_is(name: str) -> None:
    example = json.loads((EXAMPLES / f"{name}.json").read_text())

    assert checked(example, site="shop") == example


def test_unknown_fields_are_kept() -> None:
    event = {**VIEW, "colour_scheme": "dark", "items": [{"item_id": "sku-17", "shelf": 3}]}

    kept = checked(event, site="shop")

    assert kept["colour_scheme"] == "dark"
    assert kept["items"][0]["shelf"] == 3


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"name": None}, "missing_field", "name"),
        ({"name": "wishlist"}, "unknown_name", "name"),
        ({"name": ["view_item"]}, "unknown_name", "name"),
        *[({"name": name}, "reserved_name", "name") for name in RESERVED_NAMES],
        ({"client_id": ""}, "missing_field", "client_id"),
        ({"client_id": 17}, "wrong_value", "client_id"),
        ({"client_id": "c" * 257}, "wrong_value", "client_id"),
        ({"session_id": ""}, "wrong_value", "session_id"),
        ({"occurred_at": 1_592_337_718}, "wrong_value", "occurred_at"),
        ({"occurred_at": "2020-06-16"}, "wrong_value", "occurred_at"),
        ({"occurred_at": True}, "wrong_value", "occurred_at"),
        ({"value": 1e13}, "wrong_value", "value"),
        ({"tax": "19 %"}, "wrong_value", "tax"),
        ({"shipping": [1]}, "wrong_value", "shipping"),
        ({"currency": "euro"}, "wrong_value", "currency"),
        ({"currency": "EU1"}, "wrong_value", "currency"),
        ({"consent": True}, "wrong_value", "consent"),
        ({"consent": {"analytics_storage": "no"}}, "wrong_value", "consent"),
        ({"consent": {"analytics_storage": "granted"}, "client_id": None}, "missing_field", "client_id"),
        ({"referrer": 1}, "wrong_value", "referrer"),
        ({"search_term": {}}, "wrong_value", "search_term"),
        ({"transaction_id": 17}, "wrong_value", "transaction_id"),
        ({"prediction_id": []}, "wrong_value", "prediction_id"),
        ({"event_id": ""}, "wrong_value", "event_id"),
        ({"user_id": 9}, "wrong_value", "user_id"),
        ({"items": []}, "missing_field", "items"),
        ({"items": "sku-17"}, "wrong_value", "items"),
        ({"items": [{"item_id": "a"}] * (MAX_ITEMS + 1)}, "wrong_value", "items"),
        ({"items": [{"item_id": "a"}, "b"]}, "wrong_value", "items[1]"),
        ({"items": [{"item_id": "a"}, {"item_id": 2}]}, "wrong_value", "items[1].item_id"),
        ({"items": [{"item_id": "a", "price": "9"}]}, "wrong_value", "items[0].price"),
        ({"items": [{"item_id": "a", "quantity": True}]}, "wrong_value", "items[0].quantity"),
        ({"items": [{"item_id": "a", "item_name": 1}]}, "wrong_value", "items[0].item_name"),
        ({"name": "purchase"}, "missing_field", "transaction_id"),
        ({"name": "search"}, "missing_field", "search_term"),
        ({"value": False}, "wrong_value", "value"),
        ({"url": "https://shop.example/" + "a" * MAX_EVENT_BYTES}, "too_large", "event"),
        ({"url": "cut in the middle of an emoji: \ud83d"}, "bad_text", "event"),
        ({"url": "NUL \0 in a text"}, "bad_text", "event"),
        ({"name of a field \\\0": 1}, "bad_text", "event"),
    ],
)
def test_a_refusal_names_the_reason_and_the_field(change: dict[str, Any], reason: str, field: str) -> None:
    refused = refusal({**VIEW, **change})

    assert (refused.reason, refused.detail["field"]) == (reason, field)


def test_a_refusal_says_what_was_expected_and_what_came() -> None:
    refused = refusal({**VIEW, "occurred_at": "yesterday"})

    assert refused.detail["expected"].startswith("epoch milliseconds")
    assert refused.detail["got"] == '"yesterday"'


@pytest.mark.parametrize("field", ["user_id", "session_id", "referrer", "value", "items"])
def test_null_is_the_same_as_absent_where_a_field_is_optional(field: str) -> None:
    page_view = {**VIEW, "name": "page_view", field: None}

    assert checked(page_view, site="shop")["name"] == "page_view"


def test_a_text_that_only_shows_how_nul_is_spelled_is_taken() -> None:
    event = {**VIEW, "url": "\\u0000 and \\\\u0000"}

    assert checked(event, site="shop")["url"] == event["url"]


def test_who_denied_consent_needs_no_client_id() -> None:
    event = {**VIEW, "client_id": None, "consent": {"analytics_storage": "denied"}}

    assert checked(event, site="shop")["consent"] == {"analytics_storage": "denied"}


def test_a_purpose_that_is_not_known_yet_is_kept() -> None:
    event = {**VIEW, "consent": {"analytics_storage": "granted", "mind_reading": ["no"]}}

    assert checked(event, site="shop")["consent"] == event["consent"]


def test_an_event_without_an_id_gets_the_same_one_every_time_it_is_sent() -> None:
    reordered = dict(reversed(VIEW.items()))

    assert checked(VIEW, site="shop")["event_id"] == checked(reordered, site="shop")["event_id"]


def test_equal_events_of_two_sites_are_two_events() -> None:
    assert checked(VIEW, site="shop")["event_id"] != checked(VIEW, site="outlet")["event_id"]


def test_the_rule_for_event_ids_never_changes() -> None:
    assert checked(VIEW, site="shop")["event_id"] == "33d251a3-dfb4-58cc-b6cd-626cf0bcf7a8"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*VIEW, "event_id", "value", "url"]), json_values))
def test_any_change_to_an_event_is_taken_or_refused(change: dict[str, Any]) -> None:
    try:
        kept = checked({**VIEW, **change}, site="shop")
    except Refused as refused:
        assert set(refused.detail) == {"field", "expected", "got"}
    else:
        assert kept["event_id"]
