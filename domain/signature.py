"""
How a server proves that it sent what arrived: HMAC over the time and the body. The collector checks it.

    X-Signature: t=1767225600,v1=<hex HMAC-SHA256 of "1767225600." and the body's bytes as they travel>
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.refusal import Refused

HEADER = re.compile(r"t=(\d{1,12}), ?v1=([0-9a-f]{64})", re.ASCII)
FORM = "t=<epoch seconds>,v1=<64 hex digits>"
WINDOW_SECONDS = 300  # how long a request that was overheard can be sent again


class Secrets(Protocol):
    """The secrets that a key may sign with now; *fresh* asks anew, in case they were just changed."""

    def __call__(self, *, fresh: bool) -> Sequence[str]: ...


def sign(body: bytes, *, secret: str, at: datetime) -> str:
    """The header's value: what a server sends with *body*."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_digest(body, secret=secret, seconds=str(seconds))}"


def check(body: bytes, *, header: str | None, secrets: Secrets, received_at: datetime) -> None:
    """
    Raises:
        Refused: whoever sent *body* has not shown that it has the secret, or did so too long ago.
    """
    parts = HEADER.fullmatch(header or "")
    if parts is None:
        raise Refused("missing_signature", field="X-Signature", expected=FORM, got=header)
    seconds, digest = parts.groups()
    if abs(received_at.timestamp() - int(seconds)) > WINDOW_SECONDS:
        expected = f"made within {WINDOW_SECONDS} seconds of {int(received_at.timestamp())}"
        raise Refused("expired_signature", field="X-Signature", expected=expected, got=header)
    if not any(
        hmac.compare_digest(_digest(body, secret=secret, seconds=seconds), digest)
        for fresh in (False, True)
        for secret in secrets(fresh=fresh)
    ):
        expected = "made of these bytes with the key's secret"
        raise Refused("wrong_signature", field="X-Signature", expected=expected, got=header)


def _digest(body: bytes, *, secret: str, seconds: str) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
