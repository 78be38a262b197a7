"""
What a shop may send: the names and fields of an event, and why one is refused. Ingestion calls `checked`.

Names and fields are GA4's, so that a shop's existing tracking fits. Fields unknown here are kept as sent.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from domain import consent
from domain.refusal import Reason, Refused

EVENT_NAMES = (
    "page_view",
    "view_item_list",
    "select_item",
    "view_item",
    "add_to_cart",
    "remove_from_cart",
    "begin_checkout",
    "purchase",
    "refund",
    "search",
)
RESERVED_NAMES = ("prediction", "training_run", "release")  # written by the system into the same log

MAX_EVENT_BYTES = 64 * 1024
MAX_ITEMS = 200  # a page of the catalogue, not the catalogue
MAX_ID_CHARACTERS = 256
MAX_NUMBER = 10**13  # the warehouse keeps number(18, 4); one larger value would stop every load behind it
EARLIEST_MS = 946_684_800_000  # 2000-01-01: an epoch in seconds falls before it
LATEST_MS = 4_102_444_800_000  # 2100-01-01

CURRENCY_CODE = re.compile("[A-Za-z]{3}")
# NUL as JSON spells it: an odd number of backslashes; an even number is a text that shows one
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

EVENT_ID_NAMESPACE = "6f1c2f0e-5d5b-4a0e-9a53-8c1f5f0b7a11"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a field's value must be, in words, as a test and, for those who send, as JSON Schema."""

    expected: str
    holds: Callable[[Any], bool]
    reason: Reason = "wrong_value"
    schema: Mapping[str, Any] | None = None


def is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID_CHARACTERS


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MAX_NUMBER


def is_epoch_ms(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and EARLIEST_MS <= value < LATEST_MS


def is_name(value: object) -> bool:
    return value in EVENT_NAMES


def is_items(value: object) -> bool:
    return isinstance(value, list) and len(value) <= MAX_ITEMS


def is_currency(value: object) -> bool:
    return isinstance(value, str) and CURRENCY_CODE.fullmatch(value) is not None


ID = Kind(
    expected=f"a text of 1 to {MAX_ID_CHARACTERS} characters",
    holds=is_id,
    schema={"type": "string", "minLength": 1, "maxLength": MAX_ID_CHARACTERS},
)
TEXT = Kind(expected="a text", holds=is_text, schema={"type": "string"})  # may be empty: a referrer often is
NUMBER = Kind(
    expected="a number of at most 13 digits before the point",
    holds=is_number,
    schema={"type": "number", "exclusiveMinimum": -MAX_NUMBER, "exclusiveMaximum": MAX_NUMBER},
)
EPOCH_MS = Kind(
    expected="epoch milliseconds, as an integer, of 2000 to 2099",
    holds=is_epoch_ms,
    schema={"type": "integer", "minimum": EARLIEST_MS, "exclusiveMaximum": LATEST_MS},
)
CURRENCY = Kind(
    expected="three letters, as EUR",
    holds=is_currency,
    schema={"type": "string", "pattern": f"^{CURRENCY_CODE.pattern}$"},
)
CONSENT = Kind(
    expected=f"an object, each of {', '.join(consent.PURPOSES)} in it granted or denied",
    holds=consent.is_consent,
    schema={
        "type": "object",
        "properties": {purpose: {"enum": list(consent.ANSWERS)} for purpose in consent.PURPOSES},
    },
)
NAME = Kind(
    expected="one of " + ", ".join(EVENT_NAMES),
    holds=is_name,
    reason="unknown_name",
    schema={"enum": list(EVENT_NAMES)},
)
# what an item is, its own fields say
ITEMS = Kind(
    expected=f"a list of at most {MAX_ITEMS} items",
    holds=is_items,
    schema={"type": "array", "maxItems": MAX_ITEMS},
)

FIELDS: Mapping[str, Kind] = {
    "name": NAME,
    "occurred_at": EPOCH_MS,
    "client_id": ID,
    "event_id": ID,
    "user_id": ID,
    "session_id": ID,
    "url": TEXT,
    "referrer": TEXT,
    "search_term": TEXT,
    "transaction_id": ID,
    "currency": CURRENCY,
    "value": NUMBER,
    "tax": NUMBER,
    "shipping": NUMBER,
    "prediction_id": ID,
    "consent": CONSENT,
    "items": ITEMS,
}
ITEM_FIELDS: Mapping[str, Kind] = {
    "item_id": ID,
    "item_name": TEXT,
    "item_brand": TEXT,
    "item_category": TEXT,
    "price": NUMBER,
    "quantity": NUMBER,
}
REQUIRED = ("name", "occurred_at", "client_id")
REQUIRED_BY_NAME: Mapping[str, tuple[str, ...]] = {
    "select_item": ("items",),
    "view_item": ("items",),
    "add_to_cart": ("items",),
    "remove_from_cart": ("items",),
    "begin_checkout": ("items",),
    "purchase": ("items", "transaction_id"),
    "refund": ("transaction_id",),
    "search": ("search_term",),
}


def checked(event: object, *, site: str) -> dict[str, Any]:
    """
    The event as it is logged: as sent, with an event_id.

    Raises:
        Refused: the event is not as agreed; the first thing wrong is named.
    """
    if not isinstance(event, dict):
        raise Refused("not_an_object", field="event", expected="a JSON object", got=event)
    content = canonical(event)
    _check_text(content)
    name = event.get("name")
    if name in RESERVED_NAMES:
        raise Refused("reserved_name", field="name", expected=NAME.expected, got=name)
    _check_fields(event, FIELDS, required=_required(event))
    for position, item in enumerate(event.get("items") or ()):
        _check_item(item, path=f"items[{position}]")
    return {**event, "event_id": event.get("event_id") or id_of(content, site=site)}


def canonical(event: Mapping[str, Any]) -> str:
    """The event in one spelling: equal content gives equal text, whatever the order of keys."""
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def id_of(content: str, *, site: str) -> str:
    """The same for the same content of the same site, so that a batch sent twice counts once."""
    import uuid  # costs a cold start what two of these modules do, and predicting needs none

    return str(uuid.uuid5(uuid.UUID(EVENT_ID_NAMESPACE), f"{site}\n{content}"))


def _check_text(content: str) -> None:
    try:
        size_bytes = len(content.encode())
    except UnicodeEncodeError:  # half of a surrogate pair: a text that was cut in the middle of an emoji
        raise Refused("bad_text", field="event", expected="valid Unicode", got="half an emoji") from None
    if size_bytes > MAX_EVENT_BYTES:
        raise Refused("too_large", field="event", expected=f"at most {MAX_EVENT_BYTES} bytes", got=size_bytes)
    if "\\u0000" in content and NUL.search(content):  # the first test costs nothing
        raise Refused("bad_text", field="event", expected="texts without NUL", got="\0")


def _required(event: Mapping[str, Any]) -> tuple[str, ...]:
    required = REQUIRED + REQUIRED_BY_NAME.get(str(event.get("name")), ())
    if consent.is_denied(event):  # nobody to be recognized by
        return tuple(field for field in required if field not in consent.PERSONAL)
    return required


def _check_item(item: object, *, path: str) -> None:
    if not isinstance(item, dict):
        raise Refused("wrong_value", field=path, expected="a JSON object", got=item)
    _check_fields(item, ITEM_FIELDS, required=("item_id",), path=f"{path}.")


def _check_fields(
    values: Mapping[str, Any], kinds: Mapping[str, Kind], *, required: tuple[str, ...], path: str = ""
) -> None:
    for field, kind in kinds.items():
        value = values.get(field)
        if field in required and value in (None, "", []):
            raise Refused("missing_field", field=path + field, expected=kind.expected, got=value)
        if value is not None and not kind.holds(value):
            raise Refused(kind.reason, field=path + field, expected=kind.expected, got=value)
