"""
The body of POST /predict/<model>, from bytes to a checked request. The predict function calls it.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from domain import json_strict
from domain.events import FIELDS, ID, ITEM_FIELDS, NUL, Kind
from domain.refusal import Refused

MAX_BODY_BYTES = 128 * 1024  # a request is logged whole, and CloudWatch cuts a line at 1 MB
MAX_EVENTS = 50
MAX_K = 100
MAX_EXCLUDED = 100
PROBE = "probe"  # the site that a release's own requests come from: no shop's, so no mart counts them

STATUS = {"unknown_write_key": 401, "too_large": 413}


def is_object(value: object) -> bool:
    return isinstance(value, dict)


def is_events(value: object) -> bool:
    return isinstance(value, list) and len(value) <= MAX_EVENTS


def is_k(value: object) -> bool:
    return type(value) is int and 1 <= value <= MAX_K


def is_excluded(value: object) -> bool:
    return isinstance(value, list) and len(value) <= MAX_EXCLUDED and all(map(ID.holds, value))


OBJECT = Kind(expected="a JSON object", holds=is_object)
REQUEST_FIELDS: Mapping[str, Kind] = {
    "client_id": ID,
    "session_id": ID,
    "events": Kind(
        expected=f"a list of at most {MAX_EVENTS} events, oldest first",
        holds=is_events,
        schema={"type": "array", "maxItems": MAX_EVENTS},
    ),
    "k": Kind(
        expected=f"an integer of 1 to {MAX_K}",
        holds=is_k,
        schema={"type": "integer", "minimum": 1, "maximum": MAX_K},
    ),
    "exclude": Kind(
        expected=f"a list of at most {MAX_EXCLUDED} item ids",
        holds=is_excluded,
        schema={"type": "array", "maxItems": MAX_EXCLUDED, "items": ID.schema},
    ),
    "site": ID,
    "arm": ID,
}


Path = tuple[str | int, ...]  # to a field


@dataclass(frozen=True, kw_only=True)
class PredictRequest:
    body: dict[str, Any]  # as sent, without the key: what is logged
    client_id: str
    events: list[dict[str, Any]]  # of the session so far, oldest first
    session_id: str | None = None
    k: int = 20
    exclude: tuple[str, ...] = ()
    site: str | None = None  # of a probe: as whose visitor it asks, and which arm; nobody else is heard on it
    arm: str | None = None


def status(refusal: Refused) -> int:
    """The HTTP status of a request that is refused."""
    return STATUS.get(refusal.reason, 400)


def split(body: bytes, *, known: Collection[str]) -> tuple[list[str], str]:
    """
    The models that a request is for, each once, and the request as each of them is sent it.

    Raises:
        Refused: of `models`; the rest is looked at by whoever answers.
    """
    values = _object(body)
    models = values.pop("models", None)
    if not (isinstance(models, list) and models and all(model in [*known] for model in models)):
        raise Refused("wrong_value", field="models", expected=f"some of {', '.join(known)}", got=models)
    return list(dict.fromkeys(models)), json.dumps(values)


def parse(body: bytes, *, write_key: str | None, write_keys: Mapping[str, str]) -> tuple[str, PredictRequest]:
    """
    The site that asks, and what it asks.

    Args:
        write_key: from the header; where that has none, the body's counts.
        write_keys: key → site.

    Raises:
        Refused: the first thing wrong is named; an unknown key before anything that it came with.
    """
    values = _object(body)
    key = values.pop("write_key", None)
    return _site(write_key or key, write_keys), _request(values)


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY_BYTES:
        raise Refused("too_large", field="body", expected=f"at most {MAX_BODY_BYTES} bytes", got=len(body))
    try:
        values = json_strict.parse(body)
    except json_strict.InvalidJson as error:
        raise Refused("invalid_json", field="body", expected="JSON in UTF-8", got=str(error)) from None
    _check(values, OBJECT, ("body",))
    if b"\\u" in body:
        _check_text(values)
    return dict(values)


def _check_text(values: dict[str, Any]) -> None:
    """An escape can spell half an emoji or NUL, which no warehouse loads; and the request is logged."""
    try:
        json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Refused("bad_text", field="body", expected="valid Unicode", got="half an emoji") from None
    if NUL.search(json.dumps(values)):
        raise Refused("bad_text", field="body", expected="texts without NUL", got="\0")


def _site(write_key: Any, write_keys: Mapping[str, str]) -> str:
    site = write_keys.get(write_key) if isinstance(write_key, str) else None
    if site is None:
        raise Refused("unknown_write_key", field="write_key", expected="the key of a site", got=write_key)
    return site


def _request(values: dict[str, Any]) -> PredictRequest:
    _check_fields(values, REQUEST_FIELDS, required=("client_id", "events"))
    for position, event in enumerate(values["events"]):
        _check_event(event, ("events", position))
    given = {field: values[field] for field in REQUEST_FIELDS if values.get(field) is not None}
    given["exclude"] = tuple(given.get("exclude", ()))
    return PredictRequest(body=values, **given)


def _check_event(event: Any, path: Path) -> None:
    """Looser than ingestion: only a name is needed, for nothing here is stored as an event."""
    _check(event, OBJECT, path)
    _check_fields(event, FIELDS, required=("name",), path=path)
    for position, item in enumerate(event.get("items") or ()):
        _check(item, OBJECT, (*path, "items", position))
        _check_fields(item, ITEM_FIELDS, required=("item_id",), path=(*path, "items", position))


def _check_fields(
    values: Mapping[str, Any], kinds: Mapping[str, Kind], *, required: tuple[str, ...], path: Path = ()
) -> None:
    for field in required:
        if values.get(field) is None:
            _check(None, kinds[field], (*path, field))
    for field, value in values.items():  # few of the many that there may be
        if value is not None and (kind := kinds.get(field)) is not None and not kind.holds(value):
            _check(value, kind, (*path, field))


def _check(value: object, kind: Kind, path: Path) -> None:
    if not kind.holds(value):
        raise Refused(kind.reason, field=_told(path), expected=kind.expected, got=value)


def _told(path: Path) -> str:
    """As events[0].items[2].item_id: put together for who is refused only."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
