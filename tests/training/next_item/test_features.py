from pathlib import Path
from typing import Any

from training.next_item.features import ITEM_EVENTS, MAX_ITEMS, encode, recent


def event(name: str, *item_ids: str) -> dict[str, Any]:
    return {"name": name, "items": [{"item_id": item_id} for item_id in item_ids]}


def test_a_session_is_its_items_in_order_with_repeats():
    events = [event("view_item", "b"), event("add_to_cart", "a", "b"), event("view_item", "b")]

    assert encode(events) == ["b", "a", "b", "b"]


def test_only_events_about_a_chosen_item_count():
    events = [event("view_item_list", "x"), *[event(name, name) for name in ITEM_EVENTS], {"name": "search"}]

    assert encode(events) == list(ITEM_EVENTS)


def test_training_counts_the_same_events():
    mart = Path(__file__).parents[3] / "warehouse/marts/next_item_sessions.sql"
    names = ", ".join(f"'{name}'" for name in ITEM_EVENTS)

    assert f"in ({names})" in mart.read_text()


def test_only_the_last_items_of_a_long_session_count():
    item_ids = [str(number) for number in range(MAX_ITEMS + 5)]

    assert encode([event("view_item", item_id) for item_id in item_ids]) == item_ids[5:]
    assert recent(item_ids) == item_ids[5:]


def test_an_empty_session_has_no_items():
    assert encode([]) == []
