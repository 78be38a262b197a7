"""
POST /predict/<model>: answers from the model in the function's layer. API Gateway calls it, payload 2.0.

Standard library only, because every import is paid for at each cold start. A model that fails its check is
not served: the answers are then the baseline's, and a metric says so.
"""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from adapters import layer, telemetry
from adapters.item_filters import ItemFilters
from domain import predict_request
from domain.layer import SHADOW
from domain.logline import iso, log_line
from domain.predict_request import PROBE, PredictRequest
from domain.prediction import prediction_event
from domain.refusal import Refused
from domain.settings import PredictSettings
from lambdas.http_api import body_of, reply
from lambdas.models import Models, Open, Said


@cache
def settings() -> PredictSettings:
    return PredictSettings.from_env(os.environ)


@cache
def models() -> Models:
    """What this process answers with: opened and checked at its first request."""
    return Models(settings().model, count=_count)


@cache
def filters() -> ItemFilters:
    """What the shops do not want suggested. A release's own requests are answered as its artifact would."""
    return ItemFilters(
        layer.filters(),
        sites={*settings().write_keys.values()} - {PROBE},
        bucket=settings().artifacts_bucket,
        seconds=settings().filter_seconds,
        env=os.environ,
        count=_count,
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    received_at = datetime.now(UTC)
    started = time.perf_counter()
    key = event.get("headers", {}).get("x-write-key")  # API Gateway writes header names in lower case
    try:
        site, request = predict_request.parse(body_of(event), write_key=key, write_keys=settings().write_keys)
    except Refused as refusal:
        _count("Refused", reason=refusal.reason, detail=refusal.detail)
        return reply(predict_request.status(refusal), {"error": refusal.detail})
    asked = Asked(event["requestContext"], request=request, site=site, received_at=received_at)
    arm = models().arm_of(request.client_id, asked=request.arm if site == PROBE else None)
    data, metadata = asked.answered_by(arm, started=started)
    if shadow := models().shadow():
        asked.followed_by(shadow, started=started, shown=metadata)
    filters().refresh()
    return reply(200, telemetry.encoded({"metadata": metadata}, data=data))


class Asked:
    """One request on its way: whoever answers it leaves a line that is a log event and metrics at once."""

    def __init__(
        self, context: Mapping[str, Any], *, request: PredictRequest, site: str, received_at: datetime
    ) -> None:
        self._context = context
        self._request = request
        self._site = site
        self._shop = (request.site if site == PROBE else None) or site
        self._received_at = received_at
        self._filter = filters().of(site)

    def answered_by(self, arm: Open, *, started: float) -> tuple[str, dict[str, Any]]:
        """The two halves of the answer: data, as JSON, and metadata."""
        seconds = settings().deadline_ms / 1000 - (time.perf_counter() - started)
        said = self._said(arm, seconds=max(seconds, 0.001))
        metadata = self._metadata(arm, said.tier, started=started)
        self._log(said.data, metadata)
        return said.data, metadata

    def followed_by(self, shadow: Open, *, started: float, shown: Mapping[str, Any]) -> None:
        """Ask the shadow too, in what is left of the time; its answer is for the log alone."""
        begun = time.perf_counter()
        seconds = settings().deadline_ms / 1000 - (begun - started)
        if seconds <= 0:
            return _count("ShadowSkipped")
        said = self._said(shadow, seconds=seconds)
        metadata = self._metadata(shadow, said.tier, started=begun)
        return self._log(said.data, {**metadata, "shadow_of": shown["prediction_id"]})

    def _said(self, arm: Open, *, seconds: float) -> Said:
        return models().ask(arm, self._request, site=self._shop, filter=self._filter, seconds=seconds)

    def _metadata(self, arm: Open, tier: str, *, started: float) -> dict[str, Any]:
        return {
            "prediction_id": _uuid4(),
            "model": settings().model,
            "version": arm.version,
            "arm": arm.name,
            "tier": tier,
            "served_at": iso(datetime.now(UTC)),
            "took_ms": round((time.perf_counter() - started) * 1000, 3),
        }

    def _log(self, data: str, metadata: Mapping[str, Any]) -> None:
        http = self._context["http"]
        line = log_line(
            event=prediction_event(
                request=self._request,
                metadata=metadata,
                release_id=models().release.release_id,
                filter_version=self._filter.version,
                received_at=self._received_at,
            ),
            received_at=self._received_at,
            sent_at=None,
            site=self._site,
            request_id=self._context["requestId"],
            ip=http.get("sourceIp"),
            user_agent=http.get("userAgent"),
            source="predict",
        )
        event = telemetry.encoded(line.pop("event"), answer=data)
        telemetry.emit(self._counted(line, event, metadata))

    def _counted(self, line: Mapping[str, Any], event: str, metadata: Mapping[str, Any]) -> str:
        """The line with metrics of what people were shown, by model, tier and release; none of a probe."""
        if self._site == PROBE:
            return telemetry.encoded(line, event=event)
        return telemetry.emf(
            namespace=settings().metrics_namespace,
            metrics=_metrics(metadata),
            dimensions=((), ("model",), ("model", "tier"), ("model", "release")),
            at=self._received_at,
            fields={"event": event},
            model=metadata["model"],
            tier=metadata["tier"],
            release=models().release.release_id,
            **line,
        )


def _metrics(metadata: Mapping[str, Any]) -> dict[str, tuple[float, str]]:
    """A shadow's answer is none that people were shown."""
    if metadata["arm"] == SHADOW:
        return {"ShadowAnswers": (1, "Count"), "ShadowTookMs": (metadata["took_ms"], "Milliseconds")}
    return {
        "Answers": (1, "Count"),
        "Fallbacks": (int(metadata["tier"] != "model"), "Count"),
        "Slow": (int(metadata["took_ms"] > settings().latency_objective_ms), "Count"),
        "TookMs": (metadata["took_ms"], "Milliseconds"),
    }


def _uuid4() -> str:
    """A random id (RFC 9562, version 4); importing `uuid` for it would be 3 ms of a cold start."""
    text = os.urandom(16).hex()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


def _count(metric: str, **properties: Any) -> None:
    line = telemetry.emf(
        namespace=settings().metrics_namespace,
        metrics={metric: (1, "Count")},
        dimensions=[[], ["model"]],
        at=datetime.now(UTC),
        model=settings().model,
        **properties,
    )
    telemetry.emit(line)
