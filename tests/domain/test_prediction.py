from datetime import UTC, datetime

from domain.predict_request import PredictRequest
from domain.prediction import prediction_event

REQUEST = PredictRequest(
    body={"client_id": "client-1", "events": [], "page": "home"},
    client_id="client-1",
    session_id="session-1",
    events=[],
)
METADATA = {"prediction_id": "p-1", "model": "next_item", "version": "job-1", "tier": "model", "took_ms": 0.4}


def test_a_prediction_is_an_event_that_holds_its_request_whole():
    event = prediction_event(
        request=REQUEST,
        metadata=METADATA,
        release_id="release-1",
        filter_version="5e06eba2",
        received_at=datetime(2026, 11, 22, 10, tzinfo=UTC),
    )

    assert event == {
        **METADATA,
        "name": "prediction",
        "event_id": "p-1",
        "occurred_at": 1_795_341_600_000,
        "client_id": "client-1",
        "session_id": "session-1",
        "release_id": "release-1",
        "filter_version": "5e06eba2",
        "request": REQUEST.body,
    }
