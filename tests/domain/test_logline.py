import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.logline import MAX_RAW_BYTES, iso, log_line, network_of, reject_line, to_json

EXAMPLES = Path(__file__).parent.parent / "events"
ARRIVAL: dict[str, Any] = {
    "received_at": datetime(2026, 11, 22, 10, 0, 0, 123_456, tzinfo=UTC),
    "site": "shop",
    "request_id": "request-1",
    "ip": "203.0.113.77",
    "user_agent": "Mozilla/5.0",
    "sent_at": None,
    "source": "collector",
}
REFUSAL: dict[str, Any] = {"reason": "invalid_json", "detail": {}, "scope": "body", "position": 0, **ARRIVAL}


def test_a_log_line_is_byte_for_byte_as_agreed() -> None:
    event = json.loads((EXAMPLES / "view_item.json").read_text())

    line = to_json(log_line(event=event, **{**ARRIVAL, "sent_at": 1_592_337_724_000}))

    assert line + "\n" == (EXAMPLES / "log_line.golden.json").read_text()


json_texts = st.text(st.characters(exclude_categories=["Cs"]))


json_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(json_texts, json_texts | json_numbers), json_texts)
def test_a_line_is_one_line_and_reads_back_as_it_was(event: dict[str, Any], user_agent: str) -> None:
    line = log_line(event=event, **{**ARRIVAL, "user_agent": user_agent})

    text = to_json(line)

    assert "\n" not in text
    assert json.loads(text) == line
    assert line["event"] == event


def test_only_a_line_that_was_proved_or_repairs_a_refusal_says_so() -> None:
    plain = log_line(event={}, **ARRIVAL)
    proved = log_line(event={}, verified=True, reject_id="request-1/3", **ARRIVAL)

    assert plain.keys() & {"verified", "reject_id"} == set()
    assert (proved["verified"], proved["reject_id"]) == (True, "request-1/3")


def test_who_denied_consent_is_counted_and_not_recognized() -> None:
    event = json.loads((EXAMPLES / "view_item.json").read_text())
    denied = {**event, "consent": {"analytics_storage": "denied"}}

    line = log_line(event=denied, **ARRIVAL)

    assert (line["ip"], line["user_agent"], line["event"]["client_id"]) == (None, None, None)
    assert line["event"].keys() == denied.keys() - {"user_id", "session_id"}


def test_not_a_number_never_reaches_the_log() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json({"value": float("nan")})


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2::3", "2001:db8:1::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("2002:cb00:714d::1", "203.0.113.0"),  # 6to4 of the same address
        ("fe80::1%eth0", "fe80::"),
        ("not an address", None),
        (None, None),
    ],
)
def test_an_address_is_cut_to_its_network(ip: str | None, network: str | None) -> None:
    assert network_of(ip) == network


def test_a_moment_is_written_in_utc_with_milliseconds() -> None:
    noon_in_amsterdam = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=1)))

    assert iso(noon_in_amsterdam) == "2026-11-22T11:00:00.000Z"


@given(st.binary())
def test_any_bytes_can_be_kept_as_a_refusal(raw: bytes) -> None:
    line = reject_line(raw=raw, **REFUSAL)

    assert json.loads(to_json(line).encode())["length"] == len(raw)
    assert "\0" not in line["raw"]  # Postgres and others load no text with NUL


def test_a_refusal_can_be_told_from_every_other() -> None:
    line = reject_line(raw=b"{}", **{**REFUSAL, "scope": "event", "position": 7})

    assert (line["reject_id"], line["scope"], line["source"]) == ("request-1/7", "event", "collector")


def test_of_a_huge_body_the_beginning_is_kept_with_length_and_digest_of_the_whole() -> None:
    raw = b"a" * MAX_RAW_BYTES + b"b"

    line = reject_line(raw=raw, **REFUSAL)

    assert line["raw"] == "a" * MAX_RAW_BYTES
    assert line["length"] == MAX_RAW_BYTES + 1
    assert len(line["sha256"]) == 64


def test_a_header_that_utf_8_cannot_hold_does_not_stop_a_line() -> None:
    line = log_line(event={}, **{**ARRIVAL, "user_agent": "Bot \ud83d\0"})

    assert "\\u0000" not in to_json(line).encode().decode()
