"""
POST /predict: one request put to several models at once, each of which is a function. API Gateway calls it.

Standard library only: boto3 would be most of a cold start, and of an answer's time.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPException
from typing import Any

from adapters import telemetry
from adapters.signed_http import Client
from domain import predict_request
from domain.layer import LIVE
from domain.other_settings import PredictManySettings
from domain.refusal import Refused
from lambdas.http_api import body_of, reply

UNAVAILABLE = 503
TIMEOUT_SECONDS = 3.0  # a cold start and an answer


class NotAnswered(RuntimeError):
    """A model's function failed, or Lambda did not let it run."""


@cache
def settings() -> PredictManySettings:
    return PredictManySettings.from_env(os.environ)


@cache
def clients() -> dict[str, Client]:
    """A connection for each model: they are asked at the same time."""
    return {
        model: Client("lambda", env=os.environ, timeout_seconds=TIMEOUT_SECONDS)
        for model in settings().predict_functions
    }


@cache
def threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(len(settings().predict_functions))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    try:
        models, body = predict_request.split(body_of(event), known=settings().predict_functions)
    except Refused as refusal:
        return reply(predict_request.status(refusal), {"error": refusal.detail})
    asked = {**event, "body": body, "isBase64Encoded": False}
    answers = dict(zip(models, threads().map(lambda model: _answer(model, asked), models), strict=True))
    statuses = {status for status, _ in answers.values()}
    if len(statuses) == 1 and statuses != {200}:  # nobody had an answer, and all for one reason
        return reply(*next(iter(answers.values())))
    return reply(200, {"answers": {model: said for model, (_, said) in answers.items()}})


def _answer(model: str, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of one model's function; what cannot be had of it keeps no other answer away."""
    try:
        found = _invoked(model, event)
        return found["statusCode"], json.loads(found["body"])
    except (NotAnswered, OSError, HTTPException) as error:
        line = telemetry.emf(
            namespace=settings().metrics_namespace,
            metrics={"ModelUnavailable": (1, "Count")},
            dimensions=[[], ["model"]],
            at=datetime.now(UTC),
            model=model,
            error=f"{type(error).__name__}: {error}",
        )
        telemetry.emit(line)
        return UNAVAILABLE, {"error": f"{model} cannot be reached"}


def _invoked(model: str, event: dict[str, Any]) -> dict[str, Any]:
    answer = clients()[model].send(
        "POST",
        f"/2015-03-31/functions/{settings().predict_functions[model]}/invocations",
        query={"Qualifier": LIVE},
        body=json.dumps(event).encode(),
    )
    if answer.status != 200 or "x-amz-function-error" in answer.headers:
        raise NotAnswered(f"{answer.status}: {answer.body[:500].decode(errors='replace')}")
    found: dict[str, Any] = json.loads(answer.body)
    return found
