"""
What a visitor allowed to be kept, in the words of Google's consent mode. Everything that is stored asks here.
"""

from collections.abc import Mapping
from typing import Any

PURPOSES = ("ad_personalization", "ad_storage", "ad_user_data", "analytics_storage")
ANSWERS = ("granted", "denied")
PERSONAL = ("client_id", "user_id", "session_id")  # fields that tie events of one person together


def is_consent(value: object) -> bool:
    """Purposes unknown here are kept as sent, like every unknown field."""
    return isinstance(value, dict) and all(value.get(purpose, "denied") in ANSWERS for purpose in PURPOSES)


def is_denied(event: Mapping[str, Any]) -> bool:
    """Whether the visitor refused to be recognized; without an answer the shop has asked before it sent."""
    consent = event.get("consent")
    return isinstance(consent, dict) and consent.get("analytics_storage") == "denied"


def without_person(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event as it may be counted, but tied to nobody."""
    kept = {field: value for field, value in event.items() if field not in PERSONAL}
    return {**kept, "client_id": None}
