import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import events
from domain.intake import Post, take_in
from domain.redrive import CannotRedrive, Correction, redriven
from domain.refusal import REASONS

NOW = datetime(2026, 11, 22, 10, 0, 0, 123_000, tzinfo=UTC)
VIEW = {
    "name": "view_item",
    "occurred_at": 1_592_337_718_000,
    "client_id": "client-1",
    "items": [{"item_id": "sku-17", "price": 9.9}],
}


def secrets(*, fresh: bool) -> list[str]:
    return ["s3cret"]


def refused(body: bytes, **how: Any) -> dict[str, Any]:
    """The line that the collector keeps of a request with one thing wrong."""
    post = Post(
        **{
            "body": body,
            "encoding": None,
            "write_key": "key-1",
            "received_at": NOW,
            "request_id": "request-1",
            "ip": "203.0.113.77",
            "user_agent": "Mozilla/5.0",
            **how,
        }
    )
    write_keys = {"key-1": "shop", "server-key": "shop"}
    (line,) = take_in(post, write_keys=write_keys, secrets={"server-key": secrets}).rejected
    return dict(json.loads(line))


def of_events(*sent: Any, **how: Any) -> dict[str, Any]:
    return refused(batch(*sent), **how)


def of_event(**change: Any) -> dict[str, Any]:
    return of_events({**VIEW, **change})


def batch(*sent: Any) -> bytes:
    return json.dumps({"sent_at": 1_592_337_719_000, "events": sent}).encode()


NAMELESS = {**VIEW, "visitor": VIEW["client_id"]}
del NAMELESS["client_id"]
OLD = f"t=1,v1={'0' * 64}"
WRONG = f"t={int(NOW.timestamp())},v1={'0' * 64}"

# What was refused, the correction that lets it pass, and how many events come of it.
REPAIRED: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "unknown_encoding": (of_events(VIEW, encoding="deflate"), {}, 1),  # called so and not packed at all
    "too_many": (of_events(*[{**VIEW, "items": [{"item_id": str(n)}]} for n in range(501)]), {}, 501),
    "unknown_write_key": (of_events(VIEW, VIEW, write_key="key-2"), {"site": "shop"}, 2),
    "missing_signature": (of_events(VIEW, write_key="server-key"), {}, 1),
    "expired_signature": (of_events(VIEW, write_key="server-key", signature=OLD), {}, 1),
    "wrong_signature": (of_events(VIEW, write_key="server-key", signature=WRONG), {}, 1),
    "bad_text": (of_event(url="half \ud83d"), {"drop": ("url",)}, 1),
    "reserved_name": (of_event(name="prediction"), {"set": {"name": "view_item"}}, 1),
    "unknown_name": (of_event(name="viewed"), {"set": {"name": "view_item"}}, 1),
    "missing_field": (of_events(NAMELESS), {"rename": {"visitor": "client_id"}}, 1),
    "wrong_value": (of_event(items=[{"item_id": "a", "price": "9,9"}]), {"drop": ("items.price",)}, 1),
}
# What no correction of events repairs, and what comes of it: today's refusal, or why it is lost.
BEYOND_REPAIR: dict[str, tuple[dict[str, Any], str]] = {
    "invalid_gzip": (refused(gzip.compress(batch(VIEW))[:-1], encoding="gzip"), "invalid_gzip"),
    "too_compressed": (refused(gzip.compress(bytes(600_000)), encoding="gzip"), "too_compressed"),
    "too_large": (of_event(url="x" * 65_536), "only its first 65536 bytes were kept"),
    "invalid_json": (refused(b'{"events": [NaN]}'), "invalid_json"),
    "invalid_batch": (refused(b"[]"), "invalid_batch"),
    "not_an_object": (of_events("view_item"), "not_an_object"),
}


def redrive(reject: dict[str, Any], *, site: str | None = None, **correction: Any) -> list[dict[str, Any]]:
    done = redriven(reject, correction=Correction(**correction), site=site)
    return [json.loads(line) for line in done.lines]


def test_every_reason_has_its_replay() -> None:
    assert REPAIRED.keys() | BEYOND_REPAIR.keys() == set(REASONS)


@pytest.mark.parametrize("reason", REPAIRED)
def test_what_was_refused_passes_once_it_is_corrected(reason: str) -> None:
    reject, correction, count = REPAIRED[reason]

    lines = redrive(reject, **correction)

    assert reject["reason"] == reason
    assert len(lines) == count
    assert len({line["event"]["event_id"] for line in lines}) == len(
        {json.dumps(line["event"]) for line in lines}
    )
    for line in lines:
        assert events.checked(line["event"], site="shop") == line["event"]


@pytest.mark.parametrize("reason", BEYOND_REPAIR)
def test_what_nothing_repairs_says_why(reason: str) -> None:
    reject, why = BEYOND_REPAIR[reason]

    try:
        outcome = redriven(reject)
    except CannotRedrive as error:
        found = str(error)
    else:
        assert outcome.lines == []
        (found,) = outcome.refused

    assert (reject["reason"], found) == (reason, why)


def test_a_repaired_line_says_where_it_comes_from_and_when_it_came() -> None:
    reject = of_event(name="viewed")

    (line,) = redrive(reject, set={"name": "view_item"})

    assert (line["source"], line["reject_id"]) == ("redrive", "request-1/0")
    same = ("received_at", "sent_at", "site", "request_id", "ip", "user_agent")
    assert {name: line[name] for name in same} == {name: reject[name] for name in same}


def test_without_a_correction_the_refusal_stands() -> None:
    assert redriven(of_event(name="viewed")).refused == Counter(["unknown_name"])


def test_whose_it_is_has_to_be_said_where_no_key_told() -> None:
    with pytest.raises(CannotRedrive, match="--site"):
        redriven(REPAIRED["unknown_write_key"][0])


def test_a_site_that_is_known_stays() -> None:
    (line,) = redrive(of_event(name="viewed"), site="outlet", set={"name": "view_item"})

    assert line["site"] == "shop"


def test_a_packed_body_is_unpacked() -> None:
    packed = refused(gzip.compress(batch(VIEW, VIEW), mtime=0), encoding="gzip", write_key="key-2")

    assert len(redrive(packed, site="shop")) == 2


def test_a_packed_body_that_was_not_called_so_is_unpacked() -> None:
    unnamed = refused(gzip.compress(batch(VIEW), mtime=0))

    assert (unnamed["reason"], len(redrive(unnamed))) == ("invalid_json", 1)


def test_of_a_body_each_event_is_checked_again() -> None:
    done = redriven(of_events(VIEW, {**VIEW, "name": "wishlist"}, [], write_key="key-2"), site="shop")

    assert (len(done.lines), done.refused) == (1, Counter(unknown_name=1, not_an_object=1))


@pytest.mark.parametrize("event_id", [None, "", 17, "x" * 257])
def test_however_it_is_corrected_an_event_without_an_id_stays_the_same_event(event_id: Any) -> None:
    reject = of_event(name="viewed", event_id=event_id)

    (one,) = redrive(reject, set={"name": "view_item"})
    (other,) = redrive(reject, set={"name": "page_view", "event_id": "another"}, drop=("items",))

    assert one["event"]["event_id"] == other["event"]["event_id"]


def test_an_id_of_the_senders_own_stays() -> None:
    (line,) = redrive(of_event(name="viewed", event_id="mine"), set={"name": "view_item"})

    assert line["event"]["event_id"] == "mine"


def test_of_what_was_sent_half_an_emoji_makes_an_id_too() -> None:
    one, other = (redrive(of_event(url=f"{half}"), drop=("url",))[0] for half in ("\ud83d", "\ud83c"))

    assert one["event"]["event_id"] != other["event"]["event_id"]


def test_what_a_server_proved_stays_proved() -> None:
    reject = {**of_event(name="viewed"), "verified": True}

    assert redrive(reject, set={"name": "view_item"})[0]["verified"] is True


def test_who_denied_consent_is_not_recognized_in_what_is_redriven() -> None:
    body = batch({**VIEW, "consent": {"analytics_storage": "denied"}})

    (line,) = redrive(refused(body, write_key="key-2"), site="shop")

    assert (line["ip"], line["user_agent"], line["event"]["client_id"]) == (None, None, None)


@pytest.mark.parametrize(
    ("correction", "corrected"),
    [
        (Correction(rename={"a": "b"}), {"b": 1, "items": [{"c": 1}, {"d": 2}, 3]}),
        (Correction(rename={"a": "items"}), {"a": 1, "items": [{"c": 1}, {"d": 2}, 3]}),
        (Correction(rename={"items.c": "e"}), {"a": 1, "items": [{"e": 1}, {"d": 2}, 3]}),
        (Correction(drop=("items.c", "z", "a.b")), {"a": 1, "items": [{}, {"d": 2}, 3]}),
        (Correction(set={"items.c": None}), {"a": 1, "items": [{"c": None}, {"d": 2, "c": None}, 3]}),
        (Correction(rename={"a": "b"}, drop=("b", "items"), set={"b": 5}), {"b": 5}),
    ],
)
def test_a_correction_reaches_into_items(correction: Correction, corrected: dict[str, Any]) -> None:
    assert correction.applied({"a": 1, "items": [{"c": 1}, {"d": 2}, 3]}) == corrected


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_a_bodys_bytes_are_read_back_as_they_came_or_given_up(body: bytes) -> None:
    reject = refused(body)

    try:
        outcome = redriven(reject)
    except CannotRedrive:
        assert b"\\x" in body  # a text that looks as what is no text is written down
    else:
        assert outcome.refused.keys() <= {reject["reason"], "invalid_gzip"}
