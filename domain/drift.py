"""
How far what is seen now is from what a model learned from.

PSI (population stability index) over buckets: sum of (now - then) * ln(now / then). By the usage of credit
scoring (Siddiqi: Credit Risk Scorecards, 2006) below 0.1 is stable and from 0.25 on another population.
KS (Kolmogorov-Smirnov): the largest distance between two empirical distributions, 0 to 1.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence

MINIMUM = 200  # of each side: with fewer, chance alone brings PSI above 0.1
HALF = 0.5  # counted in every bucket, so that an empty one is rare and not impossible


def psi(then: Mapping[str, int], now: Mapping[str, int]) -> float | None:
    """None where either side has fewer than MINIMUM."""
    buckets = {*then, *now}
    totals = [sum(side.values()) for side in (then, now)]
    if min(totals) < MINIMUM:
        return None
    one, other = (
        {name: (side.get(name, 0) + HALF) / (total + HALF * len(buckets)) for name in buckets}
        for side, total in zip((then, now), totals, strict=True)
    )
    return sum((other[name] - one[name]) * math.log(other[name] / one[name]) for name in buckets)


def ks(then: Sequence[float], now: Sequence[float]) -> float:
    """Of two samples that are not empty."""
    one, other = sorted(then), sorted(now)
    return max(
        abs(bisect_right(one, value) / len(one) - bisect_right(other, value) / len(other))
        for value in {*one, *other}
    )


def ks_limit(then: int, now: int, *, alpha: float = 0.001) -> float:
    """The distance that chance exceeds with probability *alpha* (Smirnov's asymptotic)."""
    return math.sqrt(-math.log(alpha / 2) / 2) * math.sqrt((then + now) / (then * now))
