"""
The gate in front of the registry: what a trained model must show before it may go live. Registering asks it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MIN_LEAD = 0.02  # in hit rate over popularity; a day of staleness alone costs 0.013
MAX_BYTES = 75 * 1024 * 1024  # champion, challenger and shadow must fit a layer together (250 MB unzipped)
GOLDEN_REQUESTS = 100


@dataclass(frozen=True, kw_only=True)
class Candidate:
    metrics: Mapping[str, float]
    baseline_metrics: Mapping[str, float]
    size_bytes: int
    golden_requests: int
    problems: Sequence[str]  # where the artifact's files differ from its manifest


@dataclass(frozen=True, kw_only=True)
class Verdict:
    reasons: tuple[str, ...]  # why the candidate is refused

    @property
    def is_passed(self) -> bool:
        return not self.reasons


def judge(candidate: Candidate) -> Verdict:
    """All that speaks against *candidate*, not just the first thing."""
    return Verdict(reasons=(*candidate.problems, *_quality(candidate), *_shape(candidate)))


def _quality(candidate: Candidate) -> list[str]:
    hit_rate = candidate.metrics["hit_rate_20"]
    needed = candidate.baseline_metrics["hit_rate_20"] + MIN_LEAD
    if hit_rate >= needed:
        return []
    return [f"hit_rate_20 is {hit_rate:.4f}, popularity and a lead of {MIN_LEAD} make {needed:.4f}"]


def _shape(candidate: Candidate) -> list[str]:
    reasons = []
    if candidate.size_bytes > MAX_BYTES:
        reasons.append(f"{candidate.size_bytes} bytes, at most {MAX_BYTES} fit")
    if candidate.golden_requests != GOLDEN_REQUESTS:
        reasons.append(f"{candidate.golden_requests} golden requests, expected {GOLDEN_REQUESTS}")
    return reasons
