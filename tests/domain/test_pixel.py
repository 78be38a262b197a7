import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.batch import parse
from domain.events import checked
from domain.pixel import GIF, body

NOW = datetime(2026, 11, 22, 10, 0, 0, 123_000, tzinfo=UTC)


def event(query: str) -> Any:
    (found,) = json.loads(body(query, received_at=NOW))["events"]
    return found


def test_the_image_is_one_transparent_pixel() -> None:
    assert len(GIF) == 43
    assert GIF.startswith(b"GIF89a\x01\x00\x01\x00")


def test_a_mail_that_was_opened_is_a_page_view_of_now() -> None:
    query = "write_key=key-1&name=page_view&client_id=c&url=https%3A%2F%2Fshop.example%2F%3Fa%3Db+c"

    sent = parse(body(query, received_at=NOW), encoding=None)

    assert sent.write_key == "key-1"
    assert sent.events == [
        {
            "occurred_at": 1_795_341_600_123,
            "name": "page_view",
            "client_id": "c",
            "url": "https://shop.example/?a=b c",
        }
    ]


def test_what_belongs_to_an_item_or_to_consent_goes_there() -> None:
    found = event(
        "name=view_item&item_id=17&price=9.90&quantity=2&value=9.9&analytics_storage=denied&shelf=3"
    )

    assert found["items"] == [{"item_id": "17", "price": 9.9, "quantity": 2}]
    assert found["consent"] == {"analytics_storage": "denied"}
    assert (found["value"], found["shelf"]) == (9.9, "3")


def test_a_moment_of_its_own_counts() -> None:
    assert event("occurred_at=1592337718000")["occurred_at"] == 1_592_337_718_000


@pytest.mark.parametrize(
    ("parameter", "kept"),
    [
        ("value=cheap", "cheap"),
        ("value=NaN", "NaN"),
        ("value=1e999", "1e999"),
        ("value=1_000", "1_000"),
        ("value=%D9%A1", "١"),
        ("value=[1]", "[1]"),
        ("value=", ""),
        ("value=%FF", "\udcff"),
        ("value=1&value=2", ["1", "2"]),
    ],
)
def test_what_is_no_number_is_left_for_the_checks_to_name(parameter: str, kept: Any) -> None:
    assert event(parameter)["value"] == kept


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=50)


@given(words, words, words)
def test_any_text_comes_through_a_query(client_id: str, url: str, item_id: str) -> None:
    sent = {"name": "view_item", "client_id": client_id, "url": url, "item_id": item_id}

    kept = checked(event(urlencode(sent)), site="shop")

    assert (kept["client_id"], kept["url"], kept["items"]) == (client_id, url, [{"item_id": item_id}])


@given(st.text(st.characters(max_codepoint=255)))
def test_any_query_is_a_batch_of_one_or_refused_by_the_checks(query: str) -> None:
    assert len(json.loads(body(query, received_at=NOW))["events"]) == 1
