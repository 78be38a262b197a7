"""
A release as the log keeps it: the event `release`: what was meant, what was measured, what became of it.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.training_run import NAMESPACE, SITE

__all__ = ["SITE", "release_event"]


def release_event(record: Mapping[str, Any], *, execution: str, at: datetime) -> dict[str, Any]:
    """
    Args:
        record: kind (release, rollback, abtest, shadow), model, outcome (live, refused, undone), reasons, by
            and what else is known.
        execution: of the release machine; a release that is told twice is one.
    """
    return {
        **record,
        "name": "release",
        "event_id": str(uuid.uuid5(NAMESPACE, execution)),
        "occurred_at": round(at.timestamp() * 1000),
        "execution": execution,
    }
