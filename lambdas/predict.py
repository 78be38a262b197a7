"""
POST /predict/<model>: answers from the model in the function's layer. API Gateway calls it, payload 2.0.

Standard library only, because every import is paid for at each cold start. A model that fails its check is
not served: the answers are then the baseline's, and a metric says so.
"""

import base64
import importlib
import json
import os
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from adapters import layer, telemetry
from domain import predict_request
from domain.layer import Release
from domain.logline import iso, log_line
from domain.prediction import prediction_event
from domain.refusal import Refused
from domain.settings import PredictSettings

STATUS = {"unknown_write_key": 401, "too_large": 413}  # any other refused request is a 400


@dataclass(frozen=True, kw_only=True)
class Served:
    predictor: Any  # Model or Baseline of training.<model>.predict
    release: Release


@cache
def settings() -> PredictSettings:
    return PredictSettings.from_env(os.environ)


@cache
def served() -> Served:
    """What this process answers with: opened and checked at its first request."""
    code = importlib.import_module(f"training.{settings().model}.predict")
    try:
        release = layer.release()
        if not layer.folder().exists():
            return Served(predictor=code.Baseline(layer.folder()), release=release)
        layer.check(release, model=settings().model, format=code.FORMAT)
        return Served(predictor=code.Model(layer.folder()), release=release)
    except Exception as error:  # whatever is wrong with the layer, an answer is due
        _count("ModelBroken", at=datetime.now(UTC), error=str(error))
        broken = Release(release_id="broken", model=settings().model, version="broken", digest="")
        return Served(predictor=code.Baseline(layer.folder()), release=broken)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    received_at = datetime.now(UTC)
    started = time.perf_counter()
    key = event.get("headers", {}).get("x-write-key")  # API Gateway writes header names in lower case
    try:
        site, request = predict_request.parse(_body(event), write_key=key, write_keys=settings().write_keys)
    except Refused as refusal:
        _count("Refused", at=received_at, reason=refusal.reason, detail=refusal.detail)
        return _reply(STATUS.get(refusal.reason, 400), {"error": refusal.detail})
    answer = served().predictor.predict(request.events, k=request.k, exclude=request.exclude)
    metadata = {
        "prediction_id": str(uuid.uuid4()),
        "model": settings().model,
        "version": served().release.version,
        "tier": answer.tier,
        "served_at": iso(datetime.now(UTC)),
        "took_ms": round((time.perf_counter() - started) * 1000, 3),
    }
    prediction = prediction_event(
        request=request,
        data=answer.data,
        metadata=metadata,
        release_id=served().release.release_id,
        received_at=received_at,
    )
    _log(prediction, event["requestContext"], site=site, received_at=received_at)
    return _reply(200, {"data": answer.data, "metadata": metadata})


def _body(event: dict[str, Any]) -> bytes:
    body = (event.get("body") or "").encode(errors="surrogatepass")
    return base64.b64decode(body) if event.get("isBase64Encoded") else body


def _log(prediction: dict[str, Any], context: dict[str, Any], *, site: str, received_at: datetime) -> None:
    """One line that is a log event and two metrics at once."""
    line = log_line(
        event=prediction,
        received_at=received_at,
        sent_at=None,
        site=site,
        request_id=context["requestId"],
        ip=context["http"].get("sourceIp"),
        user_agent=context["http"].get("userAgent"),
        source="predict",
    )
    metrics = telemetry.emf(
        namespace=settings().metrics_namespace,
        metrics={"Answers": (1, "Count"), "TookMs": (prediction["took_ms"], "Milliseconds")},
        dimensions=[["model"], ["model", "tier"]],
        at=received_at,
        model=prediction["model"],
        tier=prediction["tier"],
    )
    telemetry.emit({**line, **metrics})


def _count(metric: str, *, at: datetime, **properties: Any) -> None:
    line = telemetry.emf(
        namespace=settings().metrics_namespace,
        metrics={metric: (1, "Count")},
        dimensions=[[], ["model"]],
        at=at,
        model=settings().model,
        **properties,
    )
    telemetry.emit(line)


def _reply(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body),
    }
