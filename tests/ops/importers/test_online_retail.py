import gzip
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from adapters import lake
from ops import bulk
from ops.importers import FORMATS, find
from ops.importers.reading import Reading

DATA = Path(os.environ.get("SKIFF_DATA", "../shared/data")) / "online-retail"
NINE = datetime(2011, 3, 1, 9)
LINE: dict[str, Any] = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Description": " HOLDER ",
    "Quantity": 6,
    "InvoiceDate": NINE,
    "UnitPrice": 2.55,
    "CustomerID": 17850.0,
    "Country": "United Kingdom",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(folder: Path, *lines: dict[str, Any]) -> tuple[list[dict[str, Any]], Reading]:
    path = folder / "retail.parquet"
    pq.write_table(pa.Table.from_pylist([{**LINE, **line} for line in lines]), path)
    reading = Reading(path, FORMATS["online-retail"], site="shop")
    return list(reading), reading


def test_an_invoice_is_one_purchase_of_all_its_lines(folder: Path) -> None:
    [event], reading = read(folder, {}, {"StockCode": "71053", "UnitPrice": 3.39})

    assert event == {
        "event_id": event["event_id"],
        "name": "purchase",
        "occurred_at": 1_298_970_000_000,
        "client_id": "17850",
        "user_id": "17850",
        "transaction_id": "536365",
        "currency": "GBP",
        "value": 35.64,
        "items": [
            {"item_id": "85123A", "item_name": "HOLDER", "price": 2.55, "quantity": 6},
            {"item_id": "71053", "item_name": "HOLDER", "price": 3.39, "quantity": 6},
        ],
        "country": "United Kingdom",
    }
    assert reading.rows == 2


def test_a_cancellation_is_a_refund_of_what_came_back(folder: Path) -> None:
    [event], _ = read(folder, {"InvoiceNo": "C536379", "Quantity": -1, "UnitPrice": 27.5})

    assert (event["name"], event["transaction_id"], event["value"]) == ("refund", "C536379", 27.5)
    assert event["items"][0]["quantity"] == 1


@pytest.mark.parametrize(
    ("line", "value", "item"),
    [
        ({"InvoiceNo": "A563186", "Quantity": 1, "UnitPrice": -11062.06}, 11062.06, (1, 11062.06)),
        ({"Quantity": -10, "UnitPrice": 0.0}, 0.0, (10, 0.0)),
    ],
    ids=["bad debt", "stock written off"],
)
def test_an_adjustment_that_takes_away_is_a_refund_and_noted(
    folder: Path, line: dict[str, Any], value: float, item: tuple[int, float]
) -> None:
    [event], reading = read(folder, line)

    assert (event["name"], event["value"]) == ("refund", value)
    assert (event["items"][0]["quantity"], event["items"][0]["price"]) == item
    assert reading.notes["refunds that are adjustments, not cancellations"] == 1


def test_a_customer_who_is_not_known_is_a_visitor_of_one_invoice(folder: Path) -> None:
    [event], _ = read(folder, {"CustomerID": None})

    assert event["client_id"] == "invoice-536365"
    assert "user_id" not in event


def test_an_invoice_that_is_too_long_or_goes_on_later_is_split_without_losing_a_line(folder: Path) -> None:
    lines = [{"StockCode": str(number)} for number in range(450)]

    events, reading = read(folder, *lines, {"InvoiceNo": "536366"}, {"StockCode": "last"})

    assert [event["transaction_id"] for event in events] == [
        "536365",
        "536365/2",
        "536365/3",
        "536366",
        "536365/4",
    ]
    assert sum(len(event["items"]) for event in events) == 452
    assert reading.notes["further parts of an invoice"] == 3


def test_lines_of_two_minutes_are_one_order_and_of_two_days_are_two(folder: Path) -> None:
    same_day, next_day = NINE.replace(minute=1), NINE.replace(day=2)

    events, _ = read(folder, {}, {"InvoiceDate": same_day}, {"InvoiceDate": next_day})

    assert [len(event["items"]) for event in events] == [2, 1]


def test_equal_lines_of_an_invoice_were_both_sold(folder: Path) -> None:
    [event], reading = read(folder, {}, {})

    assert (len(event["items"]), event["value"]) == (2, 30.6)
    assert reading.notes["equal lines of an invoice, kept"] == 1


def test_a_line_that_cannot_be_read_costs_itself_and_not_its_invoice(folder: Path) -> None:
    bad = [{"Quantity": None}, {"UnitPrice": float("nan")}, {"InvoiceDate": None}, {"StockCode": None}]

    [event], reading = read(folder, {}, *bad, {"StockCode": "71053"})

    assert [item["item_id"] for item in event["items"]] == ["85123A", "71053"]
    assert [number for number, _ in reading.shown] == [2, 3, 4, 5]
    assert reading.shown[0][1] == "Quantity must be a whole number, not None"


LINES = st.lists(
    st.builds(
        dict,
        InvoiceNo=st.sampled_from(["1", "2", "C3", "A4"]),
        StockCode=st.sampled_from("ab"),
        Quantity=st.integers(-80_995, 80_995),
        UnitPrice=st.decimals(-11_062, 38_970, places=3, allow_nan=False).map(float),
        InvoiceDate=st.datetimes(datetime(2010, 12, 1), datetime(2011, 1, 31)),
    ),
    min_size=1,
)


@given(lines=LINES)
def test_whatever_the_lines_the_days_add_up_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, lines: list[dict[str, Any]]
) -> None:
    events, reading = read(tmp_path_factory.mktemp("retail"), *lines)

    days: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        days[f"{line['InvoiceDate']:%Y-%m-%d}"] += line["Quantity"] * Decimal(repr(line["UnitPrice"]))
    assert reading.unreadable == 0
    assert len({(event["name"], event["transaction_id"]) for event in events}) == len(events)
    assert revenue(events, length=10) == days


@pytest.fixture(scope="module")
def imported() -> Iterator[list[dict[str, Any]]]:
    """The whole file, through the bulk path into a lake, as events read back from there."""
    if not DATA.is_dir():
        pytest.skip(f"no Online Retail in {DATA}; set SKIFF_DATA")
    lake._s3.cache_clear()
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="lake")
        reading = Reading(*find(DATA), site="shop")
        files = bulk.Files(lambda key, lines: lake.write("lake", key, lines), folder="events", name="import")
        bulk.write(reading, files, site="shop")
        assert (reading.rows, reading.unreadable, files.lines) == (541_909, 0, reading.made)
        keys = [found["Key"] for found in s3.list_objects_v2(Bucket="lake")["Contents"]]
        packed = [s3.get_object(Bucket="lake", Key=key)["Body"].read() for key in keys]
    lake._s3.cache_clear()
    yield [json.loads(line)["event"] for body in packed for line in gzip.decompress(body).splitlines()]


@pytest.mark.prove
def test_the_whole_file_makes_the_revenue_of_each_month_to_the_cent(imported: list[dict[str, Any]]) -> None:
    by_hand = duckdb.sql(
        f"""
        select strftime(InvoiceDate, '%Y-%m'), sum(Quantity * UnitPrice::decimal(18, 3))::decimal(18, 3)
        from '{DATA}/*.parquet'
        group by 1
        """
    ).fetchall()

    assert len(by_hand) == 13
    assert revenue(imported, length=7) == dict(by_hand)


@pytest.mark.prove
def test_the_whole_file_keeps_every_line_and_no_order_twice(imported: list[dict[str, Any]]) -> None:
    orders = Counter(event["transaction_id"] for event in imported)
    cancelled = {event["transaction_id"] for event in imported if event["transaction_id"].startswith("C")}

    assert sum(len(event["items"]) for event in imported) == 541_909
    assert max(orders.values()) == 1
    assert len({order.partition("/")[0] for order in orders}) == 25_900
    assert {event["name"] for event in imported if event["transaction_id"] in cancelled} == {"refund"}


def revenue(events: list[dict[str, Any]], *, length: int) -> dict[str, Decimal]:
    """Purchases minus refunds by the first *length* characters of the date, as number(18, 4) keeps them."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    for event in events:
        period = datetime.fromtimestamp(event["occurred_at"] / 1000, UTC).isoformat()[:length]
        value = Decimal(repr(event["value"])).quantize(Decimal("0.0001"))
        total[period] += value if event["name"] == "purchase" else -value
    return total
