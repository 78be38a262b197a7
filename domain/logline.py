"""
One line of the log: an event or a refusal, with what the server knew when it came. Collect, predict, register
write it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from domain import consent

SCHEMA = 1
MAX_RAW_BYTES = 64 * 1024
MAX_USER_AGENT = 512

# Which way a line came in. What the collector counts is held against lines from "collector" alone.
Source = Literal["collector", "import", "redrive", "predict", "training", "release"]
Scope = Literal["event", "body"]

# made once: making one takes as long as a line
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def log_line(
    *,
    event: Mapping[str, Any],
    received_at: datetime,
    sent_at: int | None,
    site: str,
    request_id: str,
    ip: str | None,
    user_agent: str | None,
    source: Source,
    verified: bool = False,
    reject_id: str | None = None,
) -> dict[str, Any]:
    """
    An event as it is stored; of a visitor who denied consent, without what would recognize them.

    Args:
        sent_at: epoch ms by the client's clock as it sent; with received_at it tells the clock's error.
        ip: whole; the line keeps the network only.
        verified: the sender proved with a signature who it is.
        reject_id: of the refusal that this line repairs.
    """
    is_denied = consent.is_denied(event)
    return {
        "schema": SCHEMA,
        "received_at": iso(received_at),
        "sent_at": sent_at,
        "site": site,
        "request_id": request_id,
        "source": source,
        "ip": None if is_denied else network_of(ip),
        "user_agent": None if is_denied else _clean(user_agent),
        **({"verified": True} if verified else {}),
        **({"reject_id": reject_id} if reject_id else {}),
        "event": consent.without_person(event) if is_denied else dict(event),
    }


def reject_line(
    *,
    reason: str,
    detail: Mapping[str, str],
    raw: bytes,
    scope: Scope,
    position: int,
    received_at: datetime,
    sent_at: int | None,
    site: str | None,
    request_id: str,
    ip: str | None,
    user_agent: str | None,
    source: Source = "collector",
    verified: bool = False,
) -> dict[str, Any]:
    """
    What was refused, why, and its first 64 KB to send again once repaired; no site if no key told it.

    Args:
        scope: whether *raw* is one event, as JSON, or a whole body, as it was sent.
        position: of the event in its batch, from 0; 0 for a body.
    """
    import hashlib

    return {
        "schema": SCHEMA,
        "reject_id": f"{request_id}/{position}",
        "received_at": iso(received_at),
        "sent_at": sent_at,
        "site": site,
        "request_id": request_id,
        "source": source,
        "ip": network_of(ip),
        "user_agent": _clean(user_agent),
        **({"verified": True} if verified else {}),
        "reason": reason,
        "detail": dict(detail),
        "scope": scope,
        "raw": _readable(raw[:MAX_RAW_BYTES]),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "length": len(raw),
    }


def to_json(line: Mapping[str, Any]) -> str:
    return _ENCODER.encode(line)


def iso(moment: datetime) -> str:
    """Milliseconds and Z, always: 2026-11-22T10:00:00.123Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=16)  # a batch has one address, and parsing it was a third of a line's cost
def network_of(ip: str | None) -> str | None:
    """The /24 or /48 of an address: enough for a country or an abuser, too little for a person."""
    import ipaddress  # with the first line, not with the cold start

    try:
        address = ipaddress.ip_address(ip or "")
        if isinstance(
            address, ipaddress.IPv6Address
        ):  # some hold a whole IPv4 address in their first 48 bits
            address = address.ipv4_mapped or address.sixtofour or address
        prefix = 24 if address.version == 4 else 48
        return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False).network_address)
    except ValueError:
        return None


def _readable(raw: bytes) -> str:
    """Text that a warehouse loads: NUL, and what is no UTF-8, as \\x00; `domain.redrive` reads it back."""
    return raw.decode(errors="backslashreplace").replace("\0", "\\x00")


def _clean(text: str | None) -> str | None:
    """A header may hold what UTF-8 or a warehouse cannot; the line must not."""
    return text and text[:MAX_USER_AGENT].replace("\0", "").encode(errors="replace").decode()
