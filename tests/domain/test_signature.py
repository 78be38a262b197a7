from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refusal import Refused
from domain.signature import WINDOW_SECONDS, check, sign

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def secrets(*, fresh: bool) -> Sequence[str]:
    return ["s3cret"]


def refusal(body: bytes, header: str | None) -> str:
    with pytest.raises(Refused) as caught:
        check(body, header=header, secrets=secrets, received_at=NOW)
    return caught.value.reason


def test_the_form_of_a_signature_never_changes() -> None:
    digest = "c5dcdeabdd5a479977eea8e0b00f758a76e2a65a47c22e419643f4098ad02b3e"  # openssl dgst -sha256 -hmac

    assert sign(b"{}", secret="s3cret", at=NOW) == f"t=1795341600,v1={digest}"


@given(st.binary())
def test_what_was_signed_passes_whatever_the_bytes(body: bytes) -> None:
    check(body, header=sign(body, secret="s3cret", at=NOW), secrets=secrets, received_at=NOW)


@given(st.binary(min_size=1), st.integers(0, 10_000))
def test_a_body_of_which_one_bit_was_changed_is_refused(body: bytes, where: int) -> None:
    changed = bytearray(body)
    changed[where % len(body)] ^= 1 << where % 8

    assert refusal(bytes(changed), sign(body, secret="s3cret", at=NOW)) == "wrong_signature"


@pytest.mark.parametrize("seconds", [-WINDOW_SECONDS, WINDOW_SECONDS])
def test_a_clock_may_be_wrong_by_the_window(seconds: int) -> None:
    header = sign(b"{}", secret="s3cret", at=NOW + timedelta(seconds=seconds))

    check(b"{}", header=header, secrets=secrets, received_at=NOW)


@pytest.mark.parametrize("seconds", [-WINDOW_SECONDS - 1, WINDOW_SECONDS + 1])
def test_beyond_the_window_what_was_overheard_is_worth_nothing(seconds: int) -> None:
    header = sign(b"{}", secret="s3cret", at=NOW + timedelta(seconds=seconds))

    assert refusal(b"{}", header) == "expired_signature"


def test_the_time_is_signed_too() -> None:
    _, _, digest = sign(b"{}", secret="s3cret", at=NOW - timedelta(hours=1)).partition(",")

    assert refusal(b"{}", f"t={int(NOW.timestamp())},{digest}") == "wrong_signature"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "v1=00",
        "t=1795341600",
        "t=now,v1=" + "0" * 64,
        "t=1,v1=" + "0" * 64 + "\n",
        "t=١,v1=" + "0" * 64,
    ],
)
def test_what_has_not_the_form_of_a_signature_is_none(header: str | None) -> None:
    assert refusal(b"{}", header) == "missing_signature"
