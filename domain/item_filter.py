"""
What a site does not want suggested now, whatever a model says: a JSON document per site. Predicting reads it.

{"out_of_stock": [item ids], "denied": [item ids], "bought_again": true}; each part may be left out.
"""

import json
from binascii import crc32
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Self

from domain import json_strict
from domain.events import ID, Kind
from domain.refusal import Refused

FOLDER = "filters"  # of the artifacts bucket, and of a release's layer: one `<site>.json` each
MAX_BYTES = 4 * 1024 * 1024  # some 200,000 ids, and 50 ms of CPU for every process when they change


def key(site: str) -> str:
    return f"{FOLDER}/{site}.json"


def is_ids(value: object) -> bool:
    return isinstance(value, list) and all(map(ID.holds, value))


def is_bool(value: object) -> bool:
    return isinstance(value, bool)


IDS = Kind(expected="a list of item ids", holds=is_ids)
PARTS: Mapping[str, Kind] = {
    "out_of_stock": IDS,
    "denied": IDS,
    "bought_again": Kind(expected="true or false", holds=is_bool),
}


class Either:
    """Two sets, asked with `in`: the longer one is too long to be copied for each request."""

    def __init__(self, one: Container[str], other: Container[str]) -> None:
        self._one = one
        self._other = other

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._one or item_id in self._other


class ItemFilter:
    """One site's. `version` names the bytes that it was read from; empty where there were none."""

    def __init__(
        self, *, filtered: frozenset[str] = frozenset(), bought_again: bool = True, version: str = ""
    ) -> None:
        self.version = version
        self._filtered = filtered
        self._bought_again = bought_again

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """
        Raises:
            Refused: the first part that is wrong is named.
        """
        values = parts(body)
        filtered = frozenset((*values.get("out_of_stock", ()), *values.get("denied", ())))
        again = values.get("bought_again", True)
        return cls(filtered=filtered, bought_again=again, version=f"{crc32(body):08x}")

    def of_request(self, asked: Iterable[str], events: Sequence[Mapping[str, Any]]) -> frozenset[str]:
        """
        What this request leaves out, beside what all do.

        Args:
            asked: what the request itself does not want.
            events: of the session; what was bought in it may be left out too.
        """
        return frozenset(asked if self._bought_again else (*asked, *_bought(events)))

    def excluded(self, of_request: frozenset[str]) -> Container[str]:
        """What may not be in an answer: mostly one of the two is empty, and the other answers at once."""
        if not self._filtered:
            return of_request
        return Either(of_request, self._filtered) if of_request else self._filtered


def parts(body: bytes) -> dict[str, Any]:
    """
    The document's parts, checked.

    Raises:
        Refused: the first part that is wrong is named.
    """
    if len(body) > MAX_BYTES:
        raise Refused("too_large", field="filter", expected=f"at most {MAX_BYTES} bytes", got=len(body))
    try:
        values = json_strict.parse(body)
    except json_strict.InvalidJson as error:
        raise Refused("invalid_json", field="filter", expected="JSON in UTF-8", got=str(error)) from None
    if not isinstance(values, dict):
        raise Refused("wrong_value", field="filter", expected="a JSON object", got=values)
    for name, value in values.items():
        kind = PARTS.get(name)
        if kind is None:
            raise Refused("wrong_value", field=name, expected=f"one of {', '.join(PARTS)}", got=value)
        if not kind.holds(value):
            raise Refused(kind.reason, field=name, expected=kind.expected, got=value)
    return values


def document(values: Mapping[str, Any]) -> bytes:
    """
    The parts as the bytes that are kept: the same for the same parts.

    Raises:
        Refused
    """
    ordered = {
        name: sorted(set(value)) if isinstance(value, list) else value for name, value in values.items()
    }
    body = json.dumps(ordered, sort_keys=True).encode()
    parts(body)
    return body


def _bought(events: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        item["item_id"]
        for event in events
        if event.get("name") == "purchase"
        for item in event.get("items") or ()
    ]


NO_FILTER = ItemFilter()
