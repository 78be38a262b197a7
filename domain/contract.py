"""
What a model promises, declared: each `training/<model>/contract.py` holds one. Stacks, the job, the gate and
the card read it; what can be declared is not coded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Mart:
    table: str
    columns: tuple[str, ...]  # as the table names them; a snapshot holds them in capitals


@dataclass(frozen=True, kw_only=True)
class Metric:
    name: str  # as it is printed, registered and alarmed on
    meaning: str  # for a reader who does not know the field's terms
    is_higher_better: bool = True


@dataclass(frozen=True, kw_only=True)
class Baseline:
    name: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """A number that `behaviour.py` finds under the same name, and where it may lie, ends included."""

    name: str
    meaning: str
    at_least: float | None = None
    at_most: float | None = None
    is_blocking: bool = False

    @property
    def limits(self) -> str:
        limits = (("at least", self.at_least), ("at most", self.at_most))
        return " and ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)

    def is_passed(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@dataclass(frozen=True, kw_only=True)
class Search:
    """
    Parameters to choose from, by the first metric on the validation days.

    `points` of the grid are tried: that of all first values, which wins a tie, and others that are drawn.
    """

    space: Mapping[str, Sequence[Any]]
    points: int
    by: str = ""  # a slice, such as site: each of its parts gets parameters of its own, if it is large enough
    jobs: int = 0  # that try them side by side before the training; 0: the training's own job tries them all

    @property
    def first(self) -> dict[str, Any]:
        return {name: values[0] for name, values in self.space.items()}


@dataclass(frozen=True, kw_only=True)
class Value:
    """What one success is worth: an assumption of the business, which turns a lead into money."""

    usd: float
    per: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Contract:
    model: str
    question: str
    owner: str
    reads: Mart
    label: str
    features: tuple[str, ...]
    metrics: tuple[Metric, ...]  # the first is the one that search, gate and comparison go by
    baselines: tuple[Baseline, ...]  # the first is what is answered where there is no model
    minimum_lead: float  # of the first metric, over the best baseline
    champion_margin: float  # the lead's 95 % interval must lie above minus this; 0: better, more: not worse
    slices: tuple[str, ...]
    checks: tuple[Check, ...]
    test_days: int  # UTC calendar days, the last of the snapshot
    validation_days: int  # those before them: where parameters are chosen
    test_sessions: int  # at most as many are predicted, drawn with the seed
    validation_sessions: int
    max_age_hours: float  # of the newest session at the moment that the snapshot is of
    latency_ms: float  # CPU time of one answer, in the job, on the golden requests
    value: Value
    intended_use: str
    limits: tuple[str, ...]
    search: Search
    instance: str = "ml.m5.xlarge"
    drift_limit: float = 0.25  # PSI of what visitors do, above which the model is trained anew
    max_staleness_days: float = 7.0  # since the newest session that it learned from
    retrain_cooldown_hours: float = 24.0  # between two trainings that drift or age has started

    @property
    def primary(self) -> Metric:
        return self.metrics[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the snapshot, as Snowflake unloads them."""
        return tuple(column.upper() for column in self.reads.columns)
