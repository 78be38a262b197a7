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
}


def test_a_log_line_is_byte_for_byte_as_agreed() -> None:
    event = json.loads((EXAMPLES / "view_item.json").read_text())

    line = to_json(log_line(event=event, sent_at=1_592_337_724_000, **ARRIVAL))

    assert line + "\n" == (EXAMPLES / "log_line.golden.json").read_text()


json_texts = st.text(st.characters(exclude_categories=["Cs"]))


json_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(json_texts, json_texts | json_numbers), json_texts)
def test_a_line_is_one_line_and_reads_back_as_it_was(event: dict[str, Any], user_agent: str) -> None:
    line = log_line(event=event, sent_at=None, **{**ARRIVAL, "user_agent": user_agent})

    text = to_json(line)

    assert "\n" not in text
    assert json.loads(text) == line


def test_not_a_number_never_reaches_the_log() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_json({"value": float("nan")})


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2::3", "2001:db8:1::"),
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
    line = reject_line(reason="invalid_json", detail={}, raw=raw, **ARRIVAL)

    assert json.loads(to_json(line).encode())["length"] == len(raw)


def test_of_a_huge_body_the_beginning_is_kept_with_length_and_digest_of_the_whole() -> None:
    raw = b"a" * MAX_RAW_BYTES + b"b"

    line = reject_line(reason="too_large", detail={}, raw=raw, **ARRIVAL)

    assert line["raw"] == "a" * MAX_RAW_BYTES
    assert line["length"] == MAX_RAW_BYTES + 1
    assert len(line["sha256"]) == 64


def test_a_header_that_utf_8_cannot_hold_does_not_stop_a_line() -> None:
    line = log_line(event={}, sent_at=None, **{**ARRIVAL, "user_agent": "Bot \ud83d"})

    assert to_json(line).encode()
