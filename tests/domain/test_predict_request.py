import json
from typing import Any

import pytest

from domain import predict_request
from domain.predict_request import MAX_BODY_BYTES, PredictRequest
from domain.refusal import Refused

KEYS = {"key-1": "shop"}
VIEW = {"name": "view_item", "items": [{"item_id": "sku-17"}]}
BODY = {"client_id": "client-1", "events": [VIEW]}


def parse(body: Any, *, write_key: str | None = "key-1") -> tuple[str, PredictRequest]:
    return predict_request.parse(json.dumps(body).encode(), write_key=write_key, write_keys=KEYS)


def refusal(body: Any, *, write_key: str | None = "key-1") -> Refused:
    with pytest.raises(Refused) as caught:
        parse(body, write_key=write_key)
    return caught.value


def test_the_least_that_can_be_asked_gets_the_defaults():
    site, request = parse(BODY)

    assert site == "shop"
    assert request == PredictRequest(body=BODY, client_id="client-1", events=[VIEW], k=20, exclude=())


def test_everything_that_can_be_asked_is_taken():
    body = {**BODY, "session_id": "session-1", "k": 5, "exclude": ["sku-1", "sku-2"]}

    _, request = parse(body)

    assert (request.session_id, request.k, list(request.exclude)) == ("session-1", 5, ["sku-1", "sku-2"])


def test_a_session_may_be_empty():
    assert parse({**BODY, "events": []})[1].events == []


def test_unknown_fields_are_kept_for_the_log():
    body = {**BODY, "page": "home", "events": [{**VIEW, "colour": "blue"}]}

    assert parse(body)[1].body == body


def test_the_key_may_come_in_the_body_and_is_not_kept():
    site, request = parse({**BODY, "write_key": "key-1"}, write_key=None)

    assert site == "shop"
    assert "write_key" not in request.body


@pytest.mark.parametrize("key", [None, "wrong", 7, ["key-1"]])
def test_an_unknown_key_is_refused_before_anything_else(key: Any):
    refused = refusal({"write_key": key, "events": "nonsense"}, write_key=None)

    assert refused.reason == "unknown_write_key"
    assert refused.detail["field"] == "write_key"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": 7}, "client_id"),
        ({"session_id": 7}, "session_id"),
        ({"events": None}, "events"),
        ({"events": {}}, "events"),
        ({"events": [VIEW] * 51}, "events"),
        ({"events": ["view_item"]}, "events[0]"),
        ({"events": [VIEW, {"items": []}]}, "events[1].name"),
        ({"events": [{"name": "wishlist"}]}, "events[0].name"),
        ({"events": [{"name": ["view_item"]}]}, "events[0].name"),
        ({"events": [{**VIEW, "occurred_at": "today"}]}, "events[0].occurred_at"),
        ({"events": [{**VIEW, "items": {}}]}, "events[0].items"),
        ({"events": [{**VIEW, "items": ["sku-17"]}]}, "events[0].items[0]"),
        ({"events": [VIEW, {**VIEW, "items": [{"item_id": 17}]}]}, "events[1].items[0].item_id"),
        ({"events": [{**VIEW, "items": [{}]}]}, "events[0].items[0].item_id"),
        ({"k": 0}, "k"),
        ({"k": 101}, "k"),
        ({"k": True}, "k"),
        ({"k": "20"}, "k"),
        ({"exclude": "sku-17"}, "exclude"),
        ({"exclude": [17]}, "exclude"),
        ({"exclude": ["x"] * 101}, "exclude"),
    ],
)
def test_the_wrong_field_is_named(change: dict[str, Any], field: str):
    assert refusal({**BODY, **change}).detail["field"] == field


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"k": NaN}'])
def test_a_body_that_is_no_json_object_is_refused(body: bytes):
    with pytest.raises(Refused) as caught:
        predict_request.parse(body, write_key="key-1", write_keys=KEYS)

    assert caught.value.detail["field"] == "body"


def test_a_body_too_large_to_log_is_refused():
    assert refusal({**BODY, "page": "x" * MAX_BODY_BYTES}).reason == "too_large"


def test_half_an_emoji_is_refused_because_no_warehouse_loads_it():
    assert refusal({**BODY, "note": "half an emoji: \ud83d"}).reason == "bad_text"


def test_nul_is_refused_and_a_text_that_shows_its_escape_is_not():
    assert refusal({**BODY, "note": "a\0b"}).reason == "bad_text"
    _, request = parse({**BODY, "note": "a\\u0000b"})
    assert request.body["note"] == "a\\u0000b"


def test_a_whole_emoji_is_taken_however_it_is_spelled():
    _, request = parse({**BODY, "note": "⛵ \U0001f6a4"})

    assert request.body["note"] == "⛵ \U0001f6a4"
