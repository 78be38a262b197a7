"""
One event in the address of an image, for mails and pages without scripts: GET /pixel.gif?name=page_view&...

The query is rewritten as the body that POST /events takes, so that both ways are checked and kept alike.
"""

import base64
import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from domain import json_strict
from domain.consent import PURPOSES
from domain.events import EPOCH_MS, FIELDS, ITEM_FIELDS, NUMBER

# The smallest transparent GIF that every mail client shows: 43 bytes, one pixel.
GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")

# What may stand in a query; `items` and `consent` are made of the fields in them.
PARAMETERS = {
    field: kind for field, kind in {**FIELDS, **ITEM_FIELDS}.items() if field not in ("items", "consent")
}


def body(query: str, *, received_at: datetime) -> bytes:
    """
    The batch of one event that *query* spells.

    Parameters of an item make one item, those of a purpose the consent; `occurred_at` is the moment of
    arrival where the query has none. What is not as agreed is left as it came, for the checks to name.
    """
    values = {name: _value(name, found) for name, found in _parsed(query).items()}
    write_key = values.pop("write_key", None)
    item = {field: values.pop(field) for field in ITEM_FIELDS if field in values}
    consent = {purpose: values.pop(purpose) for purpose in PURPOSES if purpose in values}
    event = {
        "occurred_at": int(received_at.timestamp() * 1000),
        **values,
        **({"items": [item]} if item else {}),
        **({"consent": consent} if consent else {}),
    }
    return json.dumps({"write_key": write_key, "events": [event]}).encode()


def _parsed(query: str) -> dict[str, list[str]]:
    """Bytes that are no UTF-8 become half characters, which the checks refuse."""
    return parse_qs(query, keep_blank_values=True, errors="surrogateescape")


def _value(name: str, found: list[str]) -> Any:
    if len(found) > 1:
        return found  # named twice: no field is a list of texts, so the checks refuse it
    is_number = PARAMETERS.get(name) in (NUMBER, EPOCH_MS)
    return _number(found[0]) if is_number else found[0]


def _number(text: str) -> int | float | str:
    try:
        value = json_strict.parse(text.encode(errors="surrogateescape"))
    except json_strict.InvalidJson:
        return text
    return value if isinstance(value, int | float) else text
