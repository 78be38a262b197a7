"""
The arithmetic of an A/B test: how long it must run, whether visitors were split as meant, and who is ahead.

The unit is the visitor. Whoever looks every day would call a difference sooner or later where there is none;
so the verdict is one that stays valid however often one looks: the mixture sequential probability ratio test
(Johari, Koomen, Pekelis, Walsh: Peeking at A/B Tests, KDD 2017), with the normal approximation.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

ALPHA = 0.05
POWER = 0.8
MISMATCH = 0.001  # below this the split itself is broken, and nothing else means anything
NORMAL = NormalDist()


@dataclass(frozen=True, kw_only=True)
class Arm:
    name: str
    share: float  # of the visitors, as it was meant
    visitors: int
    successes: int  # of them, those who did what the test is about

    @property
    def rate(self) -> float:
        return self.successes / self.visitors if self.visitors else 0.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    lead: float  # of the challenger's rate
    low: float  # always-valid interval of the lead, 1 - ALPHA
    high: float
    p_value: float  # always valid: that of all looks together, not of this one
    decision: str  # champion, challenger or wait


def visitors_needed(rate: float, effect: float, *, alpha: float = ALPHA, power: float = POWER) -> int:
    """
    Per arm, to see *effect* (absolute, in rate) with probability *power*, looking once at the end.

    Two-sided test of two proportions (Fleiss, Levin, Paik: Statistical Methods for Rates and Proportions,
    chapter 4).
    """
    other = rate + effect
    if not (0 < rate < 1 and 0 < other < 1 and effect):
        raise ValueError(f"rate {rate} and rate + effect {other} must lie between 0 and 1, and differ")
    mean = (rate + other) / 2
    both = NORMAL.inv_cdf(1 - alpha / 2) * math.sqrt(2 * mean * (1 - mean))
    each = NORMAL.inv_cdf(power) * math.sqrt(rate * (1 - rate) + other * (1 - other))
    return math.ceil(((both + each) / effect) ** 2)


def days_needed(visitors: int, *, share: float, visitors_per_day: float) -> float:
    """Until the smaller arm has as many; a test runs whole weeks, since weekdays differ."""
    days = visitors / (min(share, 1 - share) * visitors_per_day)
    return math.ceil(days / 7) * 7


def mismatch(one: Arm, other: Arm) -> float:
    """
    The sample-ratio check: how likely a split at least this uneven is where the shares are as meant.

    Chi-square with one degree of freedom, of the visitors against the shares.
    """
    visitors, shares = one.visitors + other.visitors, one.share + other.share
    if not visitors:
        return 1.0
    expected = [visitors * arm.share / shares for arm in (one, other)]
    statistic = sum(
        (arm.visitors - meant) ** 2 / meant for arm, meant in zip((one, other), expected, strict=True)
    )
    return math.erfc(math.sqrt(statistic / 2))


def judge(champion: Arm, challenger: Arm, *, effect: float, alpha: float = ALPHA) -> Verdict:
    """
    Args:
        effect: the difference in rate that the test is for; the mixture's standard deviation.
    """
    lead = challenger.rate - champion.rate
    variance = _variance(champion) + _variance(challenger)
    if not (champion.visitors and challenger.visitors) or not variance:
        return Verdict(lead=lead, low=-1.0, high=1.0, p_value=1.0, decision="wait")
    mixed = variance + effect**2
    # of the likelihood of such leads to that of none
    log_ratio = 0.5 * math.log(variance / mixed) + effect**2 * lead**2 / (2 * variance * mixed)
    p_value = min(1.0, math.exp(-log_ratio))
    # the leads at which the ratio is 1 / alpha
    needed = math.log(1 / alpha) + 0.5 * math.log(mixed / variance)
    half = math.sqrt(2 * variance * mixed * needed) / effect
    ahead = "challenger" if lead > 0 else "champion"
    return Verdict(
        lead=lead,
        low=lead - half,
        high=lead + half,
        p_value=p_value,
        decision=ahead if p_value < alpha else "wait",
    )


def _variance(arm: Arm) -> float:
    """Of the rate; one success and one failure more, so that no arm is taken to be certain."""
    if not arm.visitors:
        return 0.0
    rate = (arm.successes + 1) / (arm.visitors + 2)
    return rate * (1 - rate) / arm.visitors
