"""
Google Analytics 4's export to BigQuery, as JSON lines (`bq extract`, NEWLINE_DELIMITED_JSON).

BigQuery writes whole numbers as texts. Events that Skiff does not collect are counted by name and skipped.
"""

from collections.abc import Iterator
from typing import Any

from domain.events import EVENT_NAMES
from ops.importers.files import Unreadable
from ops.importers.reading import Event, Format, Reading, Skipped, given, number, whole

NAMES = {**{name: name for name in EVENT_NAMES}, "view_search_results": "search"}
VALUES = ("string_value", "int_value", "double_value", "float_value")  # a parameter has one of them
ITEM_TEXTS = ("item_id", "item_name", "item_brand", "item_category")
ITEM_NUMBERS = ("price", "quantity")
NOT_SET = "(not set)"


def _events(reading: Reading) -> Iterator[Event]:
    return reading.events(_event)


def _event(row: dict[str, Any]) -> list[Event]:
    name = str(row.get("event_name"))
    if name not in NAMES:
        raise Skipped(name)
    params = _params(row.get("event_params"))
    session_id = params.pop("ga_session_id", None)
    return [
        given(
            name=NAMES[name],
            occurred_at=whole(row, "event_timestamp") // 1000,
            client_id=row.get("user_pseudo_id"),
            user_id=row.get("user_id"),
            session_id=None if session_id is None else str(session_id),
            url=params.get("page_location"),
            referrer=params.get("page_referrer"),
            search_term=params.get("search_term"),
            currency=params.get("currency"),
            **_money(row, params),
            items=[_item(item) for item in _objects(row, "items")] or None,
            consent=_consent(row.get("privacy_info")),
            event_timestamp=row["event_timestamp"],  # to the microsecond, which tells apart what ms cannot
            params=params,
        )
    ]


def _params(params: Any) -> dict[str, Any]:
    """Each parameter's one value; whole numbers as such, though BigQuery writes their digits."""
    found: dict[str, Any] = {}
    for param in params or ():
        if not isinstance(param, dict) or not isinstance(param.get("value") or {}, dict):
            raise Unreadable(f"event_params must be a list of key and value, not {param!r:.80}")
        values = param.get("value") or {}
        kind = next((kind for kind in VALUES if values.get(kind) is not None), None)
        if kind:
            found[str(param.get("key"))] = whole(values, kind) if kind == "int_value" else values[kind]
    return found


def _money(row: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    order = row.get("ecommerce") or {}
    if not isinstance(order, dict):
        raise Unreadable(f"ecommerce must be an object, not {order!r:.80}")
    names = {"value": "purchase_revenue", "tax": "tax_value", "shipping": "shipping_value"}
    amounts = {name: number(order, theirs) for name, theirs in names.items() if order.get(theirs) is not None}
    if "value" not in amounts and params.get("value") is not None:
        amounts["value"] = number(params, "value")
    return {**amounts, "transaction_id": _set(order.get("transaction_id")) or params.get("transaction_id")}


def _item(item: dict[str, Any]) -> dict[str, Any]:
    texts = {name: _set(item.get(name)) for name in ITEM_TEXTS}
    numbers = {name: number(item, name) for name in ITEM_NUMBERS if item.get(name) is not None}
    return given(**texts, **numbers)


def _objects(row: dict[str, Any], field: str) -> list[dict[str, Any]]:
    values = row.get(field) or []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Unreadable(f"{field} must be a list of objects, not {values!r:.80}")
    return values


def _set(value: Any) -> Any:
    return None if value == NOT_SET else value


def _consent(privacy: Any) -> dict[str, str] | None:
    """GA4 says Yes, No or nothing; the collector takes the words of Google's consent mode."""
    words = {"Yes": "granted", "No": "denied"}
    said = privacy if isinstance(privacy, dict) else {}
    purposes = {"analytics_storage": "analytics_storage", "ad_storage": "ads_storage"}
    return {
        purpose: words[str(said[theirs])]
        for purpose, theirs in purposes.items()
        if str(said.get(theirs)) in words
    } or None


FORMAT = Format(
    name="ga4", columns=frozenset({"event_name", "event_timestamp", "user_pseudo_id"}), events=_events
)
