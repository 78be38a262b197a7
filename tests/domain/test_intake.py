import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import signature
from domain.batch import MAX_BODY_BYTES
from domain.intake import Intake, Post, take_in

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
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
        received_at=NOW,
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
    assert line["source"] == "collector"
    assert (line["site"], line["sent_at"], line["ip"]) == ("shop", 1_592_337_719_000, "203.0.113.0")


def test_a_rejected_event_can_be_repaired_and_sent_again() -> None:
    line = json.loads(take_events(VIEW, POISON, sent_at=1_592_337_719_000).rejected[0])

    assert json.loads(line["raw"]) == POISON
    assert (line["reject_id"], line["scope"], line["sent_at"]) == ("request-1/1", "event", 1_592_337_719_000)
    assert (line["site"], line["reason"], line["detail"]["field"]) == ("shop", "unknown_name", "name")


def test_a_body_that_is_no_batch_is_kept_whole() -> None:
    intake = take(b"not JSON")

    line = json.loads(intake.rejected[0])
    assert (intake.status, line["raw"], line["reason"]) == (400, "not JSON", "invalid_json")
    assert (line["reject_id"], line["scope"]) == ("request-1/0", "body")
    assert intake.answer["error"]["field"] == "body"


def test_the_key_may_come_in_the_body() -> None:
    intake = take(json.dumps({"events": [VIEW], "write_key": "key-1"}).encode(), write_key=None)

    assert (intake.status, intake.site) == (202, "shop")


def test_an_unknown_key_is_told_so_and_its_body_kept_without_a_site() -> None:
    intake = take(json.dumps({"events": [VIEW]}).encode(), write_key="key-2")

    assert (intake.status, intake.site, len(intake.rejected)) == (401, None, 1)


@pytest.mark.parametrize("text", ["鞋" * 20_000, "half \ud83d", "NUL \0"], ids=["Chinese", "half", "NUL"])
def test_an_event_within_the_limit_is_kept_whole_when_it_is_refused(text: str) -> None:
    line = json.loads(take_events({**POISON, "url": text}).rejected[0])

    assert json.loads(line["raw"]) == {**POISON, "url": text}


@pytest.mark.parametrize("event", [VIEW, POISON], ids=["taken", "refused"])
def test_who_denied_consent_is_recognized_in_neither_stream(event: dict[str, Any]) -> None:
    intake = take_events({**event, "user_id": "user-9", "consent": {"analytics_storage": "denied"}})

    (line,) = intake.accepted + intake.rejected
    assert [trace for trace in ("client-1", "user-9", "203.0.113", "Mozilla") if trace in line] == []


class Secrets:
    """What a server signs with, changed after it was first read."""

    def __init__(self, *, kept: str, now: str) -> None:
        self.kept, self.now = kept, now

    def __call__(self, *, fresh: bool) -> list[str]:
        return [self.now if fresh else self.kept]


def take_signed(body: bytes, *, secret: str | None, at: datetime = NOW, envelope_key: bool = False) -> Intake:
    post = Post(
        body=body,
        encoding=None,
        write_key=None if envelope_key else "server-key",
        received_at=NOW,
        request_id="request-1",
        ip=None,
        user_agent=None,
        signature=signature.sign(body, secret=secret, at=at) if secret else None,
    )
    secrets = {"server-key": Secrets(kept="old", now="new")}
    return take_in(post, write_keys={"server-key": "shop", "key-1": "shop"}, secrets=secrets)


@pytest.mark.parametrize("secret", ["old", "new"])
def test_what_a_server_signed_is_verified(secret: str) -> None:
    intake = take_signed(json.dumps({"events": [VIEW]}).encode(), secret=secret)

    assert json.loads(intake.accepted[0])["verified"] is True


@pytest.mark.parametrize(
    ("secret", "at", "reason"),
    [
        (None, NOW, "missing_signature"),
        ("guessed", NOW, "wrong_signature"),
        ("new", NOW - timedelta(seconds=301), "expired_signature"),
    ],
)
def test_what_a_server_did_not_sign_is_kept_and_not_taken(
    secret: str | None, at: datetime, reason: str
) -> None:
    body = json.dumps({"events": [VIEW], "write_key": "server-key"}).encode()

    intake = take_signed(body, secret=secret, at=at, envelope_key=True)

    line = json.loads(intake.rejected[0])
    assert (intake.status, intake.accepted) == (401, [])
    assert (line["reason"], line["site"], line["raw"]) == (reason, "shop", body.decode())


def test_a_browsers_event_is_not_verified() -> None:
    assert "verified" not in json.loads(take_events(VIEW).accepted[0])


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
