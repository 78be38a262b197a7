import json

CLICK = {"aid": 7, "ts": 1_661_724_000_278, "type": "clicks"}


def session(*events: object, name: object = 42) -> str:
    return json.dumps({"session": name, "events": list(events)}) + "\n"


def test_a_session_becomes_one_event_per_click_cart_and_order(read) -> None:
    line = session(CLICK, {**CLICK, "type": "carts"}, {**CLICK, "type": "orders"})

    events, reading = read("otto", line)

    view, cart, order = events
    assert view == {
        "event_id": view["event_id"],
        "name": "view_item",
        "occurred_at": 1_661_724_000_278,
        "client_id": "42",
        "session_id": "42",
        "items": [{"item_id": "7"}],
    }
    assert cart["name"] == "add_to_cart"
    assert (order["name"], order["transaction_id"]) == ("purchase", "42/7/1661724000278")
    assert reading.rows == 3


def test_one_bad_event_costs_itself_and_not_its_session(read) -> None:
    events, reading = read("otto", session(CLICK, {**CLICK, "type": "likes"}, {**CLICK, "ts": "now"}, CLICK))

    assert [event["name"] for event in events] == ["view_item", "view_item"]
    assert [number for number, _ in reading.shown] == [1, 1]
    assert reading.duplicates == 1  # the very same click twice


def test_lines_that_are_no_sessions_are_counted_and_the_rest_goes_on(read) -> None:
    lines = [session(CLICK), "{broken\n", "[1]\n", json.dumps({"session": 1}) + "\n", session(CLICK, name=43)]

    events, reading = read("otto", "".join(lines))

    assert [event["client_id"] for event in events] == ["42", "43"]
    assert [number for number, _ in reading.shown] == [2, 3, 4]
