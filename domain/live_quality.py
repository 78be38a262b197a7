"""
How good answers were, by what visitors did afterwards, and whether their features were those of the log.
"""

import importlib
import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from domain.contract import Contract

MINIMUM = 100  # outcomes, or scores: fewer say nothing
SECONDS = 1.0  # by which moments may differ: the warehouse corrects the client's clock

Row = Mapping[str, Any]  # of warehouse/watch/quality.sql


def metrics(
    contract: Contract, rows: Sequence[Row], *, version: str, evaluated: float | None
) -> dict[str, float]:
    """
    Args:
        rows: of all models; those of the version's shown answers count.
        evaluated: the contract's first metric, as it was before the release.
    """
    shown = [
        row
        for row in rows
        if (row["model"], row["version"]) == (contract.model, version) and row["arm"] != "shadow"
    ]
    answers = _sum(shown, "answers")
    if answers < MINIMUM:
        return {}
    by_model = [row for row in shown if row["tier"] == "model"]
    found = {
        "FallbackShare": 1 - _sum(by_model, "answers") / answers,
        "ClickShare": _sum(shown, "clicked") / answers,
        "BoughtShare": _sum(shown, "bought") / answers,
    }
    labelled = _sum(shown, "labelled")
    if labelled >= MINIMUM and contract.primary.name in LIVE:
        found["LiveQuality"] = LIVE[contract.primary.name](shown)
        found["ModelValue"] = _sum(shown, "hits") * contract.value.usd
        if evaluated is not None:
            found["QualityLoss"] = evaluated - found["LiveQuality"]
    probable = [row for row in by_model if row["mean_probability"] is not None]
    if _sum(probable, "answers") >= MINIMUM:
        mean = _mean(probable, "mean_probability")
        found["CalibrationGap"] = abs(mean - _sum(probable, "bought") / _sum(probable, "answers"))
        found["Brier"] = _mean(probable, "brier")
    return found


def _mrr(rows: Sequence[Row]) -> float:
    return _sum(rows, "reciprocal_ranks") / _sum(rows, "labelled")


def _hit_rate(rows: Sequence[Row]) -> float:
    return _sum(rows, "hits") / _sum(rows, "labelled")


# what an evaluation measures and outcomes can tell as well
LIVE = {"mrr_20_all": _mrr, "hit_rate_20_all": _hit_rate}


def mismatches(model: str, rows: Sequence[Row]) -> list[bool]:
    """
    Request by request, whether its features differ; none for a model without any in `features.encode`.

    Args:
        rows: of warehouse/watch/sessions.sql, by prediction and time.
    """
    try:
        code = importlib.import_module(f"training.{model}.features")
    except ModuleNotFoundError:
        return []
    names: Sequence[str] = getattr(code, "FEATURES", ())
    found = []
    for _, group in groupby(rows, key=lambda row: row["prediction_id"]):
        known = list(group)
        served = code.encode(json.loads(known[0]["sent"]))
        logged = code.encode([_event(row) for row in known])
        found.append(not _is_same(served, logged, names))
    return found


def _event(row: Row) -> dict[str, Any]:
    items = [{"item_id": row["item_id"]}] if row["item_id"] is not None else []
    value = None if row["value"] is None else float(row["value"])
    return {"name": row["name"], "items": items, "value": value, "occurred_at": row["occurred_at_ms"]}


def _is_same(one: Any, other: Any, names: Sequence[str]) -> bool:
    if not names or one is None or other is None:
        return bool(one == other)
    return all(
        abs(first - second) <= (SECONDS if name.startswith("seconds") else 1e-6)
        for first, second, name in zip(one, other, names, strict=True)
    )


def _sum(rows: Sequence[Row], name: str) -> float:
    return float(sum(row[name] or 0 for row in rows))


def _mean(rows: Sequence[Row], name: str) -> float:
    """Weighted by answers."""
    total = sum(float(row[name]) * float(row["answers"]) for row in rows)
    return total / _sum(rows, "answers")
