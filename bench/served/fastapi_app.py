"""FastAPI: `uvicorn bench.served.fastapi_app:app`."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from bench.served.answer import answered, logged, model

app = FastAPI()
model()


class Asked(BaseModel):
    client_id: str
    events: list[dict[str, Any]]
    session_id: str | None = None
    k: int = 20


@app.post("/predict")
def predict(asked: Asked) -> dict[str, Any]:
    body = asked.model_dump()
    answer = answered(body)
    logged(body, answer)
    return answer
