"""
What a pillar wants alarmed: declared beside the thing, made into alarms by the monitoring stack.
"""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

PLATFORM = "platform"  # whoever keeps the shared parts running


@dataclass(frozen=True, kw_only=True)
class Watched:
    """
    An alarm: *metric* at or above *threshold* in one period; `is_below`: at or below.

    `first_action` is what the person who is woken does first; docs/runbook.md has a section per name, which
    begins with the pillar. `owner` is the team that answers for it. `is_health` says that a release must not
    bring it about: it ends a roll-out. `is_silence_bad`: no data is what it is about, not a quiet night.
    """

    name: str
    metric: cloudwatch.IMetric
    threshold: float
    first_action: str
    owner: str = PLATFORM
    is_below: bool = False
    is_health: bool = False
    is_silence_bad: bool = False

    @property
    def pillar(self) -> str:
        return self.name.partition("-")[0]


@dataclass(frozen=True, kw_only=True)
class Objective:
    """
    A service level: *target* of `total`, such as 0.999, is not `bad`. The rest is the error budget.

    Alarmed on as in the SRE workbook (Beyer et al., 2018, chapter 5): when the budget burns so many times
    faster than it may, over a long window and still over a short one.
    """

    name: str
    bad: cloudwatch.Metric
    total: cloudwatch.Metric
    target: float
    first_action: str
    owner: str = PLATFORM
