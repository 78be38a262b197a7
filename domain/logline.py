"""
One line of the log: an event or a refusal, with what the server knew when it came. Collect, predict write it.
"""

import hashlib
import ipaddress
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

SCHEMA = 1
MAX_RAW_BYTES = 64 * 1024
MAX_USER_AGENT = 512


def log_line(
    *,
    event: Mapping[str, Any],
    received_at: datetime,
    sent_at: int | None,
    site: str,
    request_id: str,
    ip: str | None,
    user_agent: str | None,
) -> dict[str, Any]:
    """
    An event as it is stored.

    Args:
        sent_at: epoch ms by the client's clock as it sent; with received_at it tells the clock's error.
        ip: whole; the line keeps the network only.
    """
    return {
        "schema": SCHEMA,
        "received_at": iso(received_at),
        "sent_at": sent_at,
        "site": site,
        "request_id": request_id,
        "ip": network_of(ip),
        "user_agent": _clean(user_agent),
        "event": dict(event),
    }


def reject_line(
    *,
    reason: str,
    detail: Mapping[str, str],
    raw: bytes,
    received_at: datetime,
    site: str | None,
    request_id: str,
    ip: str | None,
    user_agent: str | None,
) -> dict[str, Any]:
    """What was refused, why, and its first 64 KB to send again once repaired; no site if no key told it."""
    return {
        "schema": SCHEMA,
        "received_at": iso(received_at),
        "site": site,
        "request_id": request_id,
        "ip": network_of(ip),
        "user_agent": _clean(user_agent),
        "reason": reason,
        "detail": dict(detail),
        "raw": raw[:MAX_RAW_BYTES].decode(errors="backslashreplace"),
        "sha256": hashlib.sha256(raw).hexdigest(),
        "length": len(raw),
    }


def to_json(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def iso(moment: datetime) -> str:
    """Milliseconds and Z, always: 2026-11-22T10:00:00.123Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def network_of(ip: str | None) -> str | None:
    """The /24 or /48 of an address: enough for a country or an abuser, too little for a person."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return None
    prefix = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{prefix}", strict=False).network_address)


def _clean(text: str | None) -> str | None:
    """A header may hold what UTF-8 cannot; the line must not."""
    return text and text[:MAX_USER_AGENT].encode(errors="replace").decode()
