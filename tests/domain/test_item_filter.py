import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import item_filter
from domain.item_filter import NO_FILTER, ItemFilter
from domain.refusal import Refused

PURCHASE = {"name": "purchase", "items": [{"item_id": "boat"}, {"item_id": "oar"}]}
IDS = st.lists(st.text(min_size=1, max_size=9), max_size=9)


def parsed(**parts: Any) -> ItemFilter:
    return ItemFilter.parse(json.dumps(parts).encode())


@pytest.mark.parametrize(
    ("parts", "asked", "left_out"),
    [
        ({"out_of_stock": ["hat"], "denied": ["gun"]}, ["sock"], ["hat", "gun", "sock"]),
        ({"out_of_stock": ["hat"], "denied": ["gun"]}, [], ["hat", "gun"]),
        ({}, ["sock"], ["sock"]),
        ({}, [], []),
    ],
    ids=range(4),
)
def test_what_is_out_of_stock_denied_or_asked_for_is_left_out(
    parts: dict[str, Any], asked: list[str], left_out: list[str]
):
    excluded = parsed(**parts).excluded(frozenset(asked))

    assert [item for item in ("hat", "gun", "sock", "shoe") if item in excluded] == left_out


@pytest.mark.parametrize(("again", "left_out"), [(True, []), (False, ["boat", "oar"])])
def test_what_the_session_bought_may_come_again_or_not(again: bool, left_out: list[str]):
    events = [{"name": "view_item", "items": [{"item_id": "sail"}]}, PURCHASE, {"name": "purchase"}]

    of_request = parsed(bought_again=again).of_request(["rope"], events)

    assert of_request == {"rope", *left_out}


def test_no_filter_leaves_out_what_was_asked_for_alone():
    assert NO_FILTER.excluded(NO_FILTER.of_request(["hat"], [PURCHASE])) == {"hat"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", "filter"),
        (b"{", "filter"),
        (b"\xff", "filter"),
        (b'{"out_of_stock": "hat"}', "out_of_stock"),
        (b'{"denied": [1]}', "denied"),
        (b'{"denied": [""]}', "denied"),
        (b'{"bought_again": 1}', "bought_again"),
        (b'{"out_of_stok": []}', "out_of_stok"),
        (b" " * (item_filter.MAX_BYTES + 1), "filter"),
    ],
    ids=range(9),
)
def test_a_wrong_part_is_named(body: bytes, field: str):
    with pytest.raises(Refused) as error:
        ItemFilter.parse(body)

    assert error.value.detail["field"] == field


@given(IDS, IDS, st.booleans())
def test_a_document_says_what_it_was_made_of_and_in_whatever_order_the_same(
    out: list[str], denied: list[str], again: bool
):
    written = item_filter.document({"out_of_stock": out, "denied": denied, "bought_again": again})
    other_order = item_filter.document({"bought_again": again, "denied": denied[::-1], "out_of_stock": out})

    excluded = ItemFilter.parse(written).excluded(frozenset())

    assert written == other_order
    assert all(item in excluded for item in (*out, *denied))
    assert ItemFilter.parse(written).version == ItemFilter.parse(other_order).version != ""
