"""BentoML: `bentoml serve bench.served.bento_service:Predict`."""

from typing import Any

import bentoml

from bench.served.answer import answered, logged, model


@bentoml.service
class Predict:
    def __init__(self) -> None:
        model()

    @bentoml.api
    def predict(self, client_id: str, events: list[dict[str, Any]], k: int = 20) -> dict[str, Any]:
        body = {"client_id": client_id, "events": events, "k": k}
        answer = answered(body)
        logged(body, answer)
        return answer
