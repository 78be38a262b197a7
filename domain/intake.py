"""
What one request of events comes to: lines for the log, lines for the rejected stream, and the answer to give.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain import batch, consent, events, logline, signature
from domain.refusal import Reason, Refused

# Any other refused body is a 400.
STATUS: Mapping[Reason, int] = {
    "unknown_write_key": 401,
    "missing_signature": 401,
    "expired_signature": 401,
    "wrong_signature": 401,
    "too_large": 413,
    "too_many": 413,
    "unknown_encoding": 415,
}


@dataclass(frozen=True, kw_only=True)
class Post:
    """A request as it arrived: the body still packed, the rest as the server knows it."""

    body: bytes
    encoding: str | None
    write_key: str | None
    received_at: datetime
    request_id: str
    ip: str | None
    user_agent: str | None
    signature: str | None = None

    def stamp(self) -> dict[str, Any]:
        """What every line says about the request it came by."""
        return {
            "received_at": self.received_at,
            "request_id": self.request_id,
            "source": "collector",
            "ip": self.ip,
            "user_agent": self.user_agent,
        }


@dataclass(frozen=True, kw_only=True)
class Intake:
    status: int
    answer: dict[str, Any]
    site: str | None
    accepted: list[str] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    reasons: Counter[Reason] = field(default_factory=Counter)


def take_in(
    post: Post, *, write_keys: Mapping[str, str], secrets: Mapping[str, signature.Secrets] | None = None
) -> Intake:
    """
    Sort a request into what is kept and what is refused; nothing is dropped, whatever the bytes.

    Args:
        write_keys: key → site.
        secrets: key → what it signs with; what comes by such a key and is not signed is refused.
    """
    site = write_keys.get(post.write_key or "")
    try:
        sent = batch.parse(post.body, encoding=post.encoding)
        key = post.write_key or sent.write_key
        site = _site(key, write_keys)
        is_verified = _is_verified(post, (secrets or {}).get(key or ""))
    except Refused as refusal:
        return _refused(post, refusal, site=site)
    return _sorted(
        sent, stamp={**post.stamp(), "site": site, "sent_at": sent.sent_at, "verified": is_verified}
    )


def _site(write_key: str | None, write_keys: Mapping[str, str]) -> str:
    site = write_keys.get(write_key or "")
    if site is None:
        raise Refused("unknown_write_key", field="write_key", expected="the key of a site", got=write_key)
    return site


def _is_verified(post: Post, secrets: signature.Secrets | None) -> bool:
    if secrets is None:
        return False
    signature.check(post.body, header=post.signature, secrets=secrets, received_at=post.received_at)
    return True


def _sorted(sent: batch.Batch, *, stamp: dict[str, Any]) -> Intake:
    accepted: list[str] = []
    rejected: list[str] = []
    reasons: Counter[Reason] = Counter()
    for position, event in enumerate(sent.events):
        try:
            kept = events.checked(event, site=stamp["site"])
        except Refused as refusal:
            rejected.append(_event_reject(event, refusal, position=position, stamp=stamp))
            reasons[refusal.reason] += 1
        else:
            accepted.append(logline.to_json(logline.log_line(event=kept, **stamp)))
    answer = {"accepted": len(accepted), "rejected": len(rejected), "reasons": dict(reasons)}
    return Intake(
        status=202, answer=answer, site=stamp["site"], accepted=accepted, rejected=rejected, reasons=reasons
    )


def _event_reject(event: object, refusal: Refused, *, position: int, stamp: dict[str, Any]) -> str:
    """Also here, nothing is kept that would recognize who denied it."""
    if isinstance(event, dict) and consent.is_denied(event):
        event = consent.without_person(event)
        stamp = {**stamp, "ip": None, "user_agent": None}
    return _reject_line(refusal, raw=_raw(event), scope="event", position=position, stamp=stamp)


def _raw(event: object) -> bytes:
    """In UTF-8, for in ASCII a Chinese text may be longer than what is kept; half an emoji needs ASCII."""
    try:
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(event, separators=(",", ":")).encode()


def _refused(post: Post, refusal: Refused, *, site: str | None) -> Intake:
    stamp = {**post.stamp(), "site": site, "sent_at": None}
    return Intake(
        status=STATUS.get(refusal.reason, 400),
        answer={"error": refusal.detail},
        site=site,
        rejected=[_reject_line(refusal, raw=post.body, scope="body", position=0, stamp=stamp)],
        reasons=Counter([refusal.reason]),
    )


def _reject_line(
    refusal: Refused, *, raw: bytes, scope: logline.Scope, position: int, stamp: dict[str, Any]
) -> str:
    line = logline.reject_line(
        reason=refusal.reason, detail=refusal.detail, raw=raw, scope=scope, position=position, **stamp
    )
    return logline.to_json(line)
