"""
The evaluation of a good model, for tests that judge, register or show one.
"""

from dataclasses import replace
from typing import Any

from domain.evaluation import Champion, Cost, Estimate, Evaluation, Part, Point
from training import contracts

CONTRACT = contracts.of("next_item")


def sure(value: float) -> Estimate:
    return Estimate(value=value, low=value - 0.01, high=value + 0.01)


GOOD = Evaluation(
    model="next_item",
    version="job-1",
    digest="d1",
    snapshot={"snapshot_id": "snapshot-1", "rows": 320, "sql": "select 1", "code_version": "abc"},
    as_of="2020-06-09T00:00:00+00:00",
    newest_at="2020-06-08T23:00:00+00:00",
    code_version="abc",
    seed=1,
    parameters={"nearness": 3.0},
    counts={"sessions": 320, "test_sessions": 120, "predictions": 400},
    metrics={
        "mrr_20_all": sure(0.3),
        "mrr_20": sure(0.35),
        "hit_rate_20_all": sure(0.58),
        "hit_rate_20": sure(0.65),
    },
    baselines={
        name: {metric.name: sure(value) for metric in CONTRACT.metrics}
        for name, value in (("popularity", 0.02), ("covisitation", 0.5))
    },
    leads={"popularity": sure(0.56), "covisitation": sure(0.08)},
    champion=None,
    slices={"session_length": {"1": Part(predictions=100, metric=sure(0.4))}},
    checks={check.name: check.at_least or check.at_most or 0.0 for check in CONTRACT.checks},
    leaks=(),
    latency_ms=0.6,
    points=(Point(parameters={"nearness": 3.0}, metric=0.35, cpu_seconds=1.0, wall_seconds=1.5),),
    cost=Cost(cpu_seconds=9.0, fit_cpu_seconds=0.2, wall_seconds=12.0, instance="ml.m5.xlarge", usd=0.0008),
    examples=({"looked at": ["shoe", "<hat>"], "why": ["sock: 2 sessions looked at it"], "its place": 1},),
)


def beside_champion(lead: Estimate | None, **about: Any) -> Evaluation:
    champion = Champion(
        version="job-0",
        digest="d0",
        sessions=2000,
        metric=lead and sure(0.57),
        candidate=lead and sure(0.58),
        lead=lead,
        not_compared="" if lead else "3 sessions began after what it learned from, 30 are needed",
    )
    return replace(GOOD, champion=replace(champion, **about))
