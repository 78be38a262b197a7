import os
from collections import Counter
from pathlib import Path

import pytest

from domain.events import checked
from ops.importers import find
from ops.importers.reading import Reading

DATA = Path(os.environ.get("SKIFF_DATA", "../shared/data")) / "rees46-sample"
HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
VIEW = "2019-10-01 00:00:00 UTC,view,44600062,21038,,shiseido,35.79,541312140,72d76fde\n"


def test_a_view_keeps_every_column_and_leaves_out_what_is_unknown(read) -> None:
    [event], _ = read("rees46", HEADER + VIEW)

    assert event == {
        "event_id": event["event_id"],
        "name": "view_item",
        "occurred_at": 1_569_888_000_000,
        "client_id": "541312140",
        "user_id": "541312140",
        "session_id": "72d76fde",
        "items": [
            {
                "item_id": "44600062",
                "item_brand": "shiseido",
                "category_id": "21038",
                "price": 35.79,
                "quantity": 1,
            }
        ],
    }


def test_a_purchase_is_an_order_with_a_value(read) -> None:
    [event], _ = read("rees46", HEADER + VIEW.replace("view", "purchase"))

    assert (event["name"], event["value"]) == ("purchase", 35.79)
    assert event["transaction_id"] == "72d76fde/44600062/2019-10-01 00:00:00 UTC"


def test_an_equal_row_is_a_duplicate_with_the_same_id(read) -> None:
    events, reading = read("rees46", HEADER + VIEW + VIEW)

    assert events[0] == events[1]
    assert (reading.made, reading.duplicates) == (2, 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2019-10-01 02:50:00 UTC,view,10900305,205,,elenberg,25.71,520", "8 columns, expected 9"),
        (VIEW.replace("view", "wish"), "event_type must be one of view, cart"),
        (VIEW.replace("00:00:00 UTC", "noon"), "event_time must be like 2019-10-01 00:00:00 UTC"),
        (VIEW.replace("35.79", "35,79"), "10 columns, expected 9"),
        (VIEW.replace("35.79", "cheap"), "price must be a number"),
        (VIEW.replace("541312140", ""), "client_id must be"),
    ],
)
def test_a_row_that_cannot_be_read_is_shown_with_its_number_and_the_rest_goes_on(
    read, row: str, reason: str
) -> None:
    events, reading = read("rees46", HEADER + row.rstrip() + "\n" + VIEW)

    [(number, shown)] = reading.shown
    assert number == 2
    assert reason in shown
    assert (len(events), reading.rows, reading.unreadable) == (1, 2, 1)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no REES46 sample in {DATA}; set SKIFF_DATA")
def test_of_the_whole_sample_only_the_cut_line_is_lost_and_five_rows_are_duplicates() -> None:
    reading = Reading(*find(DATA), site="shop")

    events = [checked(event, site="shop") for event in reading]

    names = Counter(event["name"] for event in events)
    assert names == {"view_item": 17_055, "add_to_cart": 165, "purchase": 214}
    assert len(events) - len({event["event_id"] for event in events}) == reading.duplicates == 5
    assert reading.rows == len(events) + 1
    assert reading.shown == [(17_436, "8 columns, expected 9: the row is cut")]
