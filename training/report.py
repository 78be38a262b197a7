"""
What a model's recipe tells the job about the artifact that it made.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Report:
    format: str  # of the artifact's files: which code can read them
    metrics: Mapping[str, float]
    baseline_metrics: Mapping[str, float]
    counts: Mapping[str, int]  # of what the artifact was fitted on, and of the test
