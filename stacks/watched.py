"""
What a pillar wants alarmed: declared beside the thing, made into alarms by the monitoring stack.
"""

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch


@dataclass(frozen=True, kw_only=True)
class Watched:
    """
    An alarm: *metric* at or above *threshold* in one period.

    `first_action` is what the person who is woken does first; docs/runbook.md has a section per name.
    """

    name: str
    metric: cloudwatch.IMetric
    threshold: float
    first_action: str
