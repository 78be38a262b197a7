"""
What was refused, made into lines of the log: corrected, checked again, and the same event every time.

Whoever looks after the collector calls it, through `ops.redrive`.
"""

import copy
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain import batch, events, logline
from domain.refusal import Reason, Refused

GZIP_MAGIC = b"\x1f\x8b"
ESCAPED = re.compile(r"\\x([0-9a-f]{2})")


class CannotRedrive(ValueError):
    """No correction helps, because what is kept is not what was sent, or nobody knows whose it is."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """
    What to change in each event, in this order. A path may lead into objects and lists: `items.price` is the
    price of every item.
    """

    rename: Mapping[str, str] = field(default_factory=dict)  # path → name; where that name is free
    drop: tuple[str, ...] = ()  # paths
    set: Mapping[str, Any] = field(default_factory=dict)  # path → value

    def applied(self, event: dict[str, Any]) -> dict[str, Any]:
        event = copy.deepcopy(event)
        for path, name in self.rename.items():
            for place, old in _places(event, path):
                if old in place and name not in place:
                    place[name] = place.pop(old)
        for path in self.drop:
            for place, name in _places(event, path):
                place.pop(name, None)
        for path, value in self.set.items():
            for place, name in _places(event, path):
                place[name] = value
        return event


@dataclass(frozen=True, kw_only=True)
class Redriven:
    lines: list[str] = field(default_factory=list)
    refused: Counter[Reason] = field(default_factory=Counter)


def redriven(
    reject: Mapping[str, Any], *, correction: Correction | None = None, site: str | None = None
) -> Redriven:
    """
    The lines that a refusal becomes by today's checks, and what is still refused of it.

    An event without a good id gets the one of its content as it was sent, so that it stays the same event
    however it is corrected, and is staged once however often it is redriven.

    Args:
        site: whose it is, where the refusal does not know.

    Raises:
        CannotRedrive: with the reason.
    """
    site = reject["site"] or site
    if site is None:
        raise CannotRedrive("whose it is is not known: say so with --site")
    try:
        sent, sent_at = _sent(reject)
    except Refused as refusal:
        return Redriven(refused=Counter([refusal.reason]))
    done = Redriven()
    for event in sent:
        try:
            kept = events.checked(_corrected(event, correction or Correction(), site), site=site)
        except Refused as refusal:
            done.refused[refusal.reason] += 1
        else:
            done.lines.append(_line(kept, reject, sent_at=sent_at, site=site))
    return done


def _sent(reject: Mapping[str, Any]) -> tuple[list[Any], int | None]:
    """The events in what was refused, and when they were sent; how many they are does not matter any more."""
    raw = _whole(reject)
    if reject["scope"] == "event":
        return [json.loads(raw)], reject["sent_at"]
    encoding = "gzip" if raw.startswith(GZIP_MAGIC) else None
    sent = batch.parse(raw, encoding=encoding, max_events=sys.maxsize)
    return sent.events, sent.sent_at


def _whole(reject: Mapping[str, Any]) -> bytes:
    """The bytes as they came: their digest tells which of two ways of reading the text is right."""
    text: str = reject["raw"]
    for raw in (text.encode(), _unescaped(text)):
        if hashlib.sha256(raw).hexdigest() == reject["sha256"]:
            return raw
    if reject["length"] > logline.MAX_RAW_BYTES:
        raise CannotRedrive(f"only its first {logline.MAX_RAW_BYTES} bytes were kept")
    raise CannotRedrive("its bytes cannot be told from how they are written down")


def _unescaped(text: str) -> bytes:
    parts = ESCAPED.split(text)  # text, two hex digits, text, ...
    return b"".join(bytes.fromhex(part) if number % 2 else part.encode() for number, part in enumerate(parts))


def _corrected(event: Any, correction: Correction, site: str) -> Any:
    if not isinstance(event, dict):
        return event
    event_id = event.get("event_id")
    if not events.is_id(event_id):
        content = (
            events.canonical(event).encode(errors="backslashreplace").decode()
        )  # it may hold half an emoji
        event_id = events.id_of(content, site=site)
    return {**correction.applied(event), "event_id": event_id}


def _line(event: dict[str, Any], reject: Mapping[str, Any], *, sent_at: int | None, site: str) -> str:
    line = logline.log_line(
        event=event,
        received_at=datetime.fromisoformat(reject["received_at"]),
        sent_at=sent_at,
        site=site,
        request_id=reject["request_id"],
        ip=reject["ip"],
        user_agent=reject["user_agent"],
        source="redrive",
        verified=reject.get("verified", False),
        reject_id=reject["reject_id"],
    )
    return logline.to_json(line)


def _places(event: dict[str, Any], path: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects that hold what *path* names, each with the name in it."""
    *way, name = path.split(".")
    for place in _objects(event, way):
        yield place, name


def _objects(value: Any, way: list[str]) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _objects(each, way)
    elif isinstance(value, dict):
        if way:
            yield from _objects(value.get(way[0]), way[1:])
        else:
            yield value
