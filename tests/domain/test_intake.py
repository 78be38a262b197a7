import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.batch import MAX_BODY_BYTES
from domain.intake import Intake, Post, take_in

WRITE_KEYS = {"key-1": "shop"}
VIEW = {
    "name": "view_item",
    "occurred_at": 1_592_337_718_000,
    "client_id": "client-1",
    "items": [{"item_id": "sku-17"}],
}
POISON = {**VIEW, "name": "wishlist"}


def take(body: bytes, *, write_key: str | None = "key-1", encoding: str | None = None) -> Intake:
    post = Post(
        body=body,
        encoding=encoding,
        write_key=write_key,
        received_at=datetime(2026, 11, 22, 10, tzinfo=UTC),
        request_id="request-1",
        ip="203.0.113.77",
        user_agent="Mozilla/5.0",
    )
    return take_in(post, write_keys=WRITE_KEYS)


def take_events(*events: Any, **envelope: Any) -> Intake:
    return take(json.dumps({"events": events, **envelope}).encode())


def test_a_poison_event_does_not_spoil_its_batch() -> None:
    intake = take_events(VIEW, POISON, VIEW)

    assert intake.status == 202
    assert intake.answer == {"accepted": 2, "rejected": 1, "reasons": {"unknown_name": 1}}
    assert (len(intake.accepted), len(intake.rejected)) == (2, 1)


def test_an_accepted_line_carries_the_event_and_how_it_came() -> None:
    line = json.loads(take_events(VIEW, sent_at=1_592_337_719_000).accepted[0])

    assert line["event"].items() >= VIEW.items()
    assert (line["site"], line["sent_at"], line["ip"]) == ("shop", 1_592_337_719_000, "203.0.113.0")


def test_a_rejected_event_can_be_repaired_and_sent_again() -> None:
    line = json.loads(take_events(POISON).rejected[0])

    assert json.loads(line["raw"]) == POISON
    assert (line["site"], line["reason"], line["detail"]["field"]) == ("shop", "unknown_name", "name")


def test_a_body_that_is_no_batch_is_kept_whole() -> None:
    intake = take(b"not JSON")

    line = json.loads(intake.rejected[0])
    assert (intake.status, line["raw"], line["reason"]) == (400, "not JSON", "invalid_json")
    assert intake.answer["error"]["field"] == "body"


def test_the_key_may_come_in_the_body() -> None:
    intake = take(json.dumps({"events": [VIEW], "write_key": "key-1"}).encode(), write_key=None)

    assert (intake.status, intake.site) == (202, "shop")


def test_an_unknown_key_is_told_so_and_its_body_kept_without_a_site() -> None:
    intake = take(json.dumps({"events": [VIEW]}).encode(), write_key="key-2")

    assert (intake.status, intake.site, len(intake.rejected)) == (401, None, 1)


def test_what_is_too_large_can_be_told_from_what_is_wrong() -> None:
    too_many = take(json.dumps({"events": [VIEW] * 501}).encode())
    too_long = take(b" " * (MAX_BODY_BYTES + 1))

    assert (too_many.status, too_long.status) == (413, 413)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


@given(st.lists(json_values | st.just(VIEW) | st.just(POISON), min_size=1, max_size=20))
def test_accepted_and_rejected_are_what_was_sent(events: list[Any]) -> None:
    intake = take_events(*events)

    assert len(intake.accepted) + len(intake.rejected) == len(events)
    assert sum(intake.reasons.values()) == len(intake.rejected)
    assert intake.accepted.count(take_events(VIEW).accepted[0]) == events.count(VIEW)


@given(
    st.binary() | json_values.map(lambda value: json.dumps(value).encode()), st.sampled_from([None, "gzip"])
)
def test_any_bytes_get_an_answer_below_500_and_are_kept(body: bytes, encoding: str | None) -> None:
    intake = take(body, encoding=encoding)

    assert intake.status < 500
    assert intake.accepted or intake.rejected


def test_the_worst_body_makes_a_line_that_fits_a_record() -> None:
    largest = max(take(bytes(MAX_BODY_BYTES)).rejected, key=len)

    assert len(largest.encode()) < 1_000 * 1024
