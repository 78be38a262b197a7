"""
May a version that answers a share of the requests answer all? By what it and the one before it did since.

Small numbers prove nothing: a share counts as too high only where chance alone would hardly bring it about.
"""

import math
from dataclasses import dataclass
from typing import Literal

CHANCE = 0.01  # of calling a version bad that is not, for each of the limits
Z = 2.326  # the normal quantile of 1 - CHANCE

Decision = Literal["good", "bad", "wait"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    minimum_answers: int  # before these nothing is proven
    max_error_share: float = 0.01  # of requests that end in a 5xx
    max_more_fallbacks: float = 0.1  # share of answers without the model, above that of the version before
    max_latency_ratio: float = 2.0  # p99 against that of the version before
    latency_budget_ms: float = 50.0  # and below this it may be what it likes


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one version's metrics say of the time since the shift."""

    answers: int
    errors: int
    fallbacks: int
    p99_ms: float | None = None  # None: no answer

    @property
    def requests(self) -> int:
        return self.answers + self.errors


@dataclass(frozen=True, kw_only=True)
class Verdict:
    decision: Decision
    reasons: tuple[str, ...] = ()


def judge(new: Seen, old: Seen, limits: Limits, *, is_time_up: bool) -> Verdict:
    """
    Bad as soon as one limit is broken beyond chance; good once the time is up and there were enough answers.

    Args:
        is_time_up: the version was watched for as long as it should be.
    """
    if reasons := _broken(new, old, limits):
        return Verdict(decision="bad", reasons=tuple(reasons))
    is_proven = is_time_up and new.requests >= limits.minimum_answers
    return Verdict(decision="good" if is_proven else "wait")


def _broken(new: Seen, old: Seen, limits: Limits) -> list[str]:
    reasons = []
    if new.errors and at_least(new.errors, of=new.requests, share=limits.max_error_share) < CHANCE:
        reasons.append(
            f"{new.errors} of {new.requests} requests failed, {limits.max_error_share:.0%} are allowed"
        )
    if new.requests < limits.minimum_answers:
        return reasons
    if _is_higher(new, old, margin=limits.max_more_fallbacks):
        reasons.append(
            f"{_share(new):.0%} of {new.answers} answers came without the model, {_share(old):.0%} before"
        )
    allowed = max(limits.latency_budget_ms, limits.max_latency_ratio * (old.p99_ms or 0))
    if new.p99_ms is not None and new.p99_ms > allowed:
        reasons.append(f"99 % of the answers took up to {new.p99_ms:.1f} ms, {allowed:.1f} are allowed")
    return reasons


def at_least(count: int, *, of: int, share: float) -> float:
    """The binomial tail: how likely *count* or more of *of* are where each has probability *share*."""
    below = 0.0
    for k in range(count):
        logarithm = (
            math.lgamma(of + 1)
            - math.lgamma(k + 1)
            - math.lgamma(of - k + 1)
            + k * math.log(share)
            + (of - k) * math.log1p(-share)
        )
        below += math.exp(logarithm)
    return max(0.0, 1 - below)


def _share(seen: Seen) -> float:
    """Metrics arrive one by one, so that more fallbacks than answers may be known."""
    return min(1.0, seen.fallbacks / seen.answers) if seen.answers else 0.0


def _is_higher(new: Seen, old: Seen, *, margin: float) -> bool:
    """One-sided test of two shares of fallbacks, unpooled, at CHANCE."""
    if not new.answers or not old.answers:
        return False
    one, other = _share(new), _share(old)
    variance = one * (1 - one) / new.answers + other * (1 - other) / old.answers
    return one - other - margin > Z * math.sqrt(variance)
