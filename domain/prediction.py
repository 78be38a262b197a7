"""
A prediction as the log keeps it: the event `prediction`, with its request whole. Predicting calls it, and
adds the answer, which by then is JSON.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.predict_request import PredictRequest


def prediction_event(
    *,
    request: PredictRequest,
    metadata: Mapping[str, Any],
    release_id: str,
    filter_version: str,
    received_at: datetime,
) -> dict[str, Any]:
    """
    Args:
        metadata: of the answer.
        release_id: names the layer, and with it version, job and snapshot.
        filter_version: of the site's item filter; empty where it has none.
    """
    return {
        **metadata,
        "name": "prediction",
        "event_id": metadata["prediction_id"],
        "occurred_at": int(received_at.timestamp() * 1000),
        "client_id": request.client_id,
        "session_id": request.session_id,
        "release_id": release_id,
        "filter_version": filter_version,
        "request": request.body,
    }
