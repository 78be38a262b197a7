"""
What one POST /events comes to: lines for the log, lines for the rejected stream, and the answer to give.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain import batch, events, logline
from domain.refusal import Refused

STATUS = {"too_large": 413, "too_many": 413, "unknown_write_key": 401}  # any other refused body is a 400


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

    def stamp(self) -> dict[str, Any]:
        """What every line says about the request it came by."""
        return {
            "received_at": self.received_at,
            "request_id": self.request_id,
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
    reasons: Counter[str] = field(default_factory=Counter)


def take_in(post: Post, *, write_keys: Mapping[str, str]) -> Intake:
    """
    Sort a request into what is kept and what is refused; nothing is dropped, whatever the bytes.

    Args:
        write_keys: key → site.
    """
    try:
        return _sorted(post, write_keys)
    except Refused as refusal:
        return _refused(post, refusal, site=write_keys.get(post.write_key or ""))


def _sorted(post: Post, write_keys: Mapping[str, str]) -> Intake:
    sent = batch.parse(post.body, encoding=post.encoding)
    site = _site(post.write_key or sent.write_key, write_keys)
    accepted: list[str] = []
    rejected: list[str] = []
    reasons: Counter[str] = Counter()
    for event in sent.events:
        try:
            kept = events.checked(event, site=site)
        except Refused as refusal:
            rejected.append(_reject_line(post, refusal, site=site, raw=json.dumps(event).encode()))
            reasons[refusal.reason] += 1
        else:
            line = logline.log_line(event=kept, sent_at=sent.sent_at, site=site, **post.stamp())
            accepted.append(logline.to_json(line))
    answer = {"accepted": len(accepted), "rejected": len(rejected), "reasons": dict(reasons)}
    return Intake(status=202, answer=answer, site=site, accepted=accepted, rejected=rejected, reasons=reasons)


def _site(write_key: str | None, write_keys: Mapping[str, str]) -> str:
    site = write_keys.get(write_key or "")
    if site is None:
        raise Refused("unknown_write_key", field="write_key", expected="the key of a site", got=write_key)
    return site


def _refused(post: Post, refusal: Refused, *, site: str | None) -> Intake:
    return Intake(
        status=STATUS.get(refusal.reason, 400),
        answer={"error": refusal.detail},
        site=site,
        rejected=[_reject_line(post, refusal, site=site, raw=post.body)],
        reasons=Counter([refusal.reason]),
    )


def _reject_line(post: Post, refusal: Refused, *, site: str | None, raw: bytes) -> str:
    line = logline.reject_line(
        reason=refusal.reason, detail=refusal.detail, raw=raw, site=site, **post.stamp()
    )
    return logline.to_json(line)
