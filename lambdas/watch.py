"""
What is live, held against what it learned from: drift, quality, age, and a retraining where it is due.

Runs by the hour. The counting is SQL, which the transform function runs; here it is judged, sent as metrics
and written down, one line per model that says everything.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from adapters import artifacts, functions, machines, telemetry
from domain import drift, live_quality
from domain.contract import Contract
from domain.other_settings import WatchSettings
from training import contracts


@cache
def settings() -> WatchSettings:
    return WatchSettings.from_env(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """
    Args:
        event: as_of, an ISO moment (default: now), and models, some of them (default: all).
    """
    as_of = datetime.fromisoformat(event["as_of"]) if "as_of" in event else datetime.now(UTC)
    traffic = _counted("watch_traffic", as_of=_moment(as_of))
    _emit(traffic_metrics(traffic), at=as_of)
    models = event.get("models") or settings().predict_functions
    return {"as_of": as_of.isoformat(), "models": {model: watch(model, as_of=as_of) for model in models}}


def watch(model: str, *, as_of: datetime) -> dict[str, Any]:
    """What is found out about a model, and whether it is trained anew."""
    live = _live(model)
    if live is None:
        return _said(model, {}, as_of=as_of, note="no release yet: the baseline answers")
    contract = contracts.of(model)
    rows = _counted(
        "watch",
        model=model,
        version=live.version,
        learned_until=_moment(live.learned_until),
        as_of=_moment(as_of),
    )
    found = {
        **inputs(rows["inputs"]),
        **scores(live.scores, rows["scores"]),
        **live_quality.metrics(contract, rows["quality"], version=live.version, evaluated=live.quality),
        **feature_mismatch(model, rows["sessions"]),
        "StalenessDays": (as_of - live.learned_until) / timedelta(days=1),
    }
    reasons = due(contract, found)
    retraining = _retrain(contract, live, reasons, as_of=as_of) if reasons else "not due"
    return _said(model, found, as_of=as_of, version=live.version, reasons=reasons, retraining=retraining)


@dataclass(frozen=True, kw_only=True)
class Live:
    """The champion of what is live, and what is known of it."""

    version: str
    learned_until: datetime
    quality: float | None  # by the first metric of its contract, as it was evaluated
    scores: list[float]  # of its golden answers: how sure it was on sessions of its last days


def _live(model: str) -> Live | None:
    function = settings().predict_functions[model]
    version = functions.route(function).version
    release_id = next(each.release_id for each in functions.versions(function) if each.number == version)
    if not release_id:
        return None
    about = json.loads(artifacts.read(settings().artifacts_bucket, f"layers/{model}/{release_id}.json"))
    champion = about["champion"]
    return Live(
        version=champion["version"],
        learned_until=datetime.fromtimestamp(champion["learned_until_ms"] / 1000, UTC),
        quality=champion["quality"],
        scores=champion["scores"],
    )


def inputs(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """PSI of each feature and the largest of them; the share of looks that go to items new to the model."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for row in rows:
        counts.setdefault(row["feature"], {"learned": {}, "now": {}})[row["day"]][row["bucket"]] = int(
            row["seen"]
        )
    found = {name: drift.psi(days["learned"], days["now"]) for name, days in counts.items()}
    known = {f"InputDrift_{name}": value for name, value in found.items() if value is not None}
    looks = counts.get("popularity", {}).get("now", {})
    new = {"NewItemShare": looks.get("unseen", 0) / sum(looks.values())} if looks else {}
    return {**known, **({"InputDrift": max(known.values())} if known else {}), **new}


def scores(then: Sequence[float], rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """KS of how sure the answers are, in multiples of what chance may bring about."""
    now = [float(row["score"]) for row in rows]
    if len(then) < live_quality.MINIMUM or len(now) < live_quality.MINIMUM:
        return {}
    distance = drift.ks(then, now)
    return {"ScoreDistance": distance, "ScoreDrift": distance / drift.ks_limit(len(then), len(now))}


def feature_mismatch(model: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """
    The share of requests whose features, made from the warehouse's events, are others than those served.

    The events of a request are the client's word for what happened; here they are held against the log.
    """
    found = live_quality.mismatches(model, rows)
    return {"FeatureMismatch": sum(found) / len(found)} if found else {}


def due(contract: Contract, found: Mapping[str, float]) -> list[str]:
    """Why a model should be trained anew; empty where it should not."""
    limits = {
        "InputDrift": contract.drift_limit,
        "ScoreDrift": 2.0,  # twice what chance brings about once in a thousand looks
        "StalenessDays": contract.max_staleness_days,
    }
    return [
        f"{name} is {found[name]:.2f}, {limit:g} is allowed"
        for name, limit in limits.items()
        if found.get(name, 0.0) > limit
    ]


def _retrain(contract: Contract, live: Live, reasons: Sequence[str], *, as_of: datetime) -> str:
    """
    Start the pipeline for this model, once: the execution's name is the key, whoever asks again.

    Not within the cool-down of the last one either, whatever came of it: a model that the gate refuses would
    else be trained by the hour.
    """
    cooldown = timedelta(hours=contract.retrain_cooldown_hours)
    prefix = f"retrain-{contract.model.replace('_', '-')}-"
    last = machines.last_started(settings().pipeline_arn, prefix=prefix)
    if last is not None and datetime.now(UTC) - last < cooldown:
        return f"cooling down since {last.isoformat(timespec='minutes')}"
    period = int(as_of.timestamp() // cooldown.total_seconds())
    is_new = machines.start_once(
        settings().pipeline_arn,
        {"models": [contract.model], "as_of": as_of.isoformat(), "reason": "; ".join(reasons)},
        name=f"{prefix}{live.version}-{period}",
    )
    return "started" if is_new else "started before"


def traffic_metrics(rows: Mapping[str, Any]) -> dict[str, float]:
    """How fresh the log is, the last hour against the same hour of four weeks, and the day's business."""
    found = {f"{name.title()}": float(rows[name] or 0) for name in ("sessions", "orders", "revenue")}
    if rows["freshness_minutes"] is not None:
        found["FreshnessMinutes"] = float(rows["freshness_minutes"])
    if int(rows["weeks"] or 0) >= 2:  # before, there is nothing usual
        found["VolumeRatio"] = float(rows["now"] or 0) / max(1.0, float(rows["usual"] or 0))
    return found


def _counted(action: str, **asked: str) -> dict[str, Any]:
    return functions.invoke(settings().transform_function, {"action": action, **asked})


def _said(model: str, found: Mapping[str, float], *, as_of: datetime, **also: Any) -> dict[str, Any]:
    rounded = {name: round(value, 4) for name, value in found.items()}
    _emit(rounded, at=as_of, dimensions=[["model"]], model=model, **also)
    return {**rounded, **also}


def _emit(metrics: Mapping[str, float], *, at: datetime, **also: Any) -> None:
    line = telemetry.emf(
        namespace=settings().metrics_namespace,
        metrics={name: (value, "None") for name, value in metrics.items()},
        at=datetime.now(UTC),
        as_of=at.isoformat(),
        **also,
    )
    telemetry.emit(line)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
