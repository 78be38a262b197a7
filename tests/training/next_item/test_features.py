from pathlib import Path
from typing import Any

from training.next_item.features import ITEM_EVENT, MAX_ITEMS, encode, recent


def event(name: str, *item_ids: str) -> dict[str, Any]:
    return {"name": name, "items": [{"item_id": item_id} for item_id in item_ids]}


def test_a_session_is_its_items_in_order_with_repeats():
    events = [event("view_item", "b"), event("view_item", "a", "b"), event("view_item", "b")]

    assert encode(events) == ["b", "a", "b", "b"]


def test_only_looking_at_an_item_counts():
    names = ("view_item_list", "select_item", "view_item", "add_to_cart", "purchase")
    events = [*(event(name, name) for name in names), {"name": "search"}]

    assert encode(events) == ["view_item"]


def test_training_counts_the_same_events():
    mart = Path(__file__).parents[3] / "warehouse/marts/next_item_sessions.sql"

    assert f"item_events.name = '{ITEM_EVENT}'" in mart.read_text()


def test_only_the_last_items_of_a_long_session_count():
    item_ids = [str(number) for number in range(MAX_ITEMS + 5)]

    assert encode([event("view_item", item_id) for item_id in item_ids]) == item_ids[5:]
    assert recent(item_ids) == item_ids[5:]


def test_an_empty_session_has_no_items():
    assert encode([]) == []
