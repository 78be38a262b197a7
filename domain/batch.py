"""
The envelope around events: the body of POST /events, from bytes to a list, and the limits that hold for it.
"""

import zlib
from dataclasses import dataclass
from typing import Any

from domain import json_strict
from domain.events import EPOCH_MS, is_epoch_ms
from domain.refusal import Refused

MAX_BODY_BYTES = 1024 * 1024
MAX_EVENTS = 500
# Five hundred equal events of 2 KB pack 270 to 1, an ordinary batch 12 to 1, a megabyte of blanks 980 to 1
# (gzip -9, measured 2026-11-25).
MAX_RATIO = 500

# The API hands over as text, and thereby spoils, what is called JSON or text.
GZIPPED = "gzip, with Content-Type: application/octet-stream"
GZIP = zlib.MAX_WBITS | 16  # tells zlib to expect gzip's header and checksum


@dataclass(frozen=True, kw_only=True)
class Batch:
    events: list[Any]
    sent_at: int | None
    write_key: str | None


def parse(body: bytes, *, encoding: str | None, max_events: int = MAX_EVENTS) -> Batch:
    """
    Args:
        encoding: the request's Content-Encoding.
        max_events: a batch that was refused for its length alone can still be read.

    Raises:
        Refused: the envelope is not as agreed; its events are not looked at.
    """
    try:
        envelope = json_strict.parse(_unpacked(body, encoding))
    except json_strict.InvalidJson as error:
        raise Refused("invalid_json", field="body", expected="JSON in UTF-8", got=str(error)) from None
    if not isinstance(envelope, dict):
        raise Refused("invalid_batch", field="body", expected="a JSON object", got=envelope)
    return Batch(
        events=_events(envelope.get("events"), max_events),
        sent_at=_sent_at(envelope.get("sent_at")),
        write_key=_write_key(envelope.get("write_key")),
    )


def _unpacked(body: bytes, encoding: str | None) -> bytes:
    match (encoding or "identity").strip().lower():
        case "identity" | "":
            return _within_limit(body)
        case "gzip":
            return _within_limit(_gunzipped(_within_limit(body)))
        case _:
            raise Refused(
                "unknown_encoding", field="Content-Encoding", expected="gzip, or none", got=encoding
            )


def _within_limit(body: bytes) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise Refused("too_large", field="body", expected=f"at most {MAX_BODY_BYTES} bytes", got=len(body))
    return body


def _gunzipped(body: bytes) -> bytes:
    """Stops one byte past the limit, so that a small body cannot become a huge one."""
    unzip = zlib.decompressobj(GZIP)
    most = min(MAX_BODY_BYTES, MAX_RATIO * len(body))
    try:
        plain = unzip.decompress(body, most + 1)
    except zlib.error as error:
        raise Refused("invalid_gzip", field="body", expected=GZIPPED, got=str(error)) from None
    if len(plain) > MAX_RATIO * len(body):
        expected = f"at most {MAX_RATIO} times its packed size"
        raise Refused("too_compressed", field="body", expected=expected, got=len(body))
    is_cut = not unzip.eof and len(plain) <= MAX_BODY_BYTES
    if is_cut or unzip.unused_data:
        raise Refused("invalid_gzip", field="body", expected="one whole gzip member", got=len(body))
    return plain


def _events(events: Any, max_events: int) -> list[Any]:
    expected = f"a list of 1 to {max_events} events"
    if not isinstance(events, list) or not events:
        raise Refused("invalid_batch", field="events", expected=expected, got=events)
    if len(events) > max_events:
        raise Refused("too_many", field="events", expected=expected, got=len(events))
    return events


def _sent_at(sent_at: Any) -> int | None:
    if sent_at is None or is_epoch_ms(sent_at):
        return sent_at
    raise Refused("invalid_batch", field="sent_at", expected=EPOCH_MS.expected, got=sent_at)


def _write_key(write_key: Any) -> str | None:
    if write_key is None or isinstance(write_key, str):
        return write_key
    raise Refused("invalid_batch", field="write_key", expected="a text", got=write_key)
