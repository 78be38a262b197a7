import pytest

HEADER = "session_id_hash,event_type,product_action,product_sku_hash,server_timestamp_epoch_ms,hashed_url\n"


def row(kind: str, action: str, sku: str = "sku-1", at: str = "1550885210881") -> str:
    return f"session-1,{kind},{action},{sku},{at},url-1\n"


def test_a_page_view_has_its_address_and_no_items(read) -> None:
    [event], _ = read("coveo", HEADER + row("pageview", "", sku=""))

    assert event == {
        "event_id": event["event_id"],
        "name": "page_view",
        "occurred_at": 1_550_885_210_881,
        "client_id": "session-1",
        "session_id": "session-1",
        "url": "url-1",
    }


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("detail", "view_item"),
        ("click", "select_item"),
        ("add", "add_to_cart"),
        ("remove", "remove_from_cart"),
        ("purchase", "purchase"),
    ],
)
def test_an_action_on_a_product_becomes_an_event_about_an_item(read, action: str, name: str) -> None:
    [event], _ = read("coveo", HEADER + row("event_product", action))

    assert (event["name"], event["items"]) == (name, [{"item_id": "sku-1"}])


def test_two_products_bought_at_once_are_two_orders_so_that_neither_is_lost(read) -> None:
    rows = row("event_product", "purchase") + row("event_product", "purchase", sku="sku-2")

    first, second = read("coveo", HEADER + rows)[0]

    assert first["transaction_id"] != second["transaction_id"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (row("event_product", "stare"), "event_product with one of detail, click"),
        (row("pageview", "", at="yesterday"), "server_timestamp_epoch_ms must be a whole number"),
        (row("event_product", "add", sku=""), "items[0].item_id must be"),
        (row("pageview", "", at="1550885210"), "occurred_at must be epoch milliseconds"),
    ],
)
def test_other_rows_are_counted_and_shown(read, line: str, reason: str) -> None:
    events, reading = read("coveo", HEADER + line)

    [(number, shown)] = reading.shown
    assert (events, number) == ([], 2)
    assert reason in shown
