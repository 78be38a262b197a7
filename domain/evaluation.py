"""
What a training job found out about its model: evaluation.json. The job writes it, the gate judges by it, the
card shows it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

EVALUATION = "evaluation.json"
CARD = "card.html"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    value: float
    low: float  # 95 % interval, by drawing sessions
    high: float


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a slice, by the first metric."""

    predictions: int
    metric: Estimate


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The model that is in use, on the sessions that neither it nor the one beside it had seen."""

    version: str
    digest: str
    sessions: int
    metric: Estimate | None = None  # the first one; these three are missing where nothing could be compared
    candidate: Estimate | None = None
    lead: Estimate | None = None  # of the candidate, paired; below 0 it is worse
    not_compared: str = ""  # why


@dataclass(frozen=True, kw_only=True)
class Point:
    """Parameters that were tried on the validation days."""

    parameters: Mapping[str, Any]
    metric: float  # the first one
    cpu_seconds: float
    wall_seconds: float
    parts: Mapping[str, float] = field(default_factory=dict)  # the metric of each part of the search's slice


@dataclass(frozen=True, kw_only=True)
class Cost:
    cpu_seconds: float
    fit_cpu_seconds: float  # of the model that ships
    wall_seconds: float
    instance: str
    usd: (
        float | None
    )  # at most: on demand, without the minutes that an instance takes to start; None: no price known


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    model: str
    version: str  # the training job's name
    digest: str  # of the artifact that was evaluated
    snapshot: Mapping[str, Any]  # its manifest, without the files
    as_of: str
    newest_at: str  # when the newest session ended
    code_version: str
    seed: int
    parameters: Mapping[str, Any]
    counts: Mapping[str, int]
    metrics: Mapping[str, Estimate]
    baselines: Mapping[str, Mapping[str, Estimate]]
    leads: Mapping[str, Estimate]  # over each baseline, by the first metric, paired
    champion: Champion | None
    slices: Mapping[str, Mapping[str, Part]]
    checks: Mapping[str, float]
    leaks: tuple[str, ...]
    latency_ms: float
    points: tuple[Point, ...]
    cost: Cost
    examples: tuple[Mapping[str, Any], ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """
        Raises:
            ValueError, TypeError, KeyError: it is not one.
        """
        found = json.loads(text)
        return cls(
            **{
                **found,
                "metrics": _estimates(found["metrics"]),
                "baselines": {name: _estimates(each) for name, each in found["baselines"].items()},
                "leads": _estimates(found["leads"]),
                "champion": _champion(found["champion"]),
                "slices": {
                    name: {part: _part(values) for part, values in parts.items()}
                    for name, parts in found["slices"].items()
                },
                "leaks": tuple(found["leaks"]),
                "points": tuple(Point(**point) for point in found["points"]),
                "cost": Cost(**found["cost"]),
                "examples": tuple(found["examples"]),
            }
        )


def _estimates(found: Mapping[str, Any]) -> dict[str, Estimate]:
    return {name: Estimate(**values) for name, values in found.items()}


def _part(found: Mapping[str, Any]) -> Part:
    return Part(predictions=found["predictions"], metric=Estimate(**found["metric"]))


def _champion(found: Mapping[str, Any] | None) -> Champion | None:
    if found is None:
        return None
    estimates = _estimates({name: found[name] for name in ("metric", "candidate", "lead") if found[name]})
    return Champion(**{**found, **estimates})
