"""
The gate in front of the registry: what a trained model must show before it may go live. Registering asks it.

What is needed is declared in the model's contract; how it is judged stands here, once for all models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.contract import Check, Contract
from domain.evaluation import Estimate, Evaluation

MAX_BYTES = 75 * 1024 * 1024  # champion, challenger and shadow must fit a layer together (250 MB unzipped)
GOLDEN_REQUESTS = 100


@dataclass(frozen=True, kw_only=True)
class Candidate:
    evaluation: Evaluation
    champion_digest: str | None  # of the model that is approved now; None: there is none yet
    size_bytes: int
    golden_requests: int
    problems: Sequence[str]  # where the artifact's files differ from its manifest


@dataclass(frozen=True, kw_only=True)
class Verdict:
    reasons: tuple[str, ...]  # why the candidate is refused

    @property
    def is_passed(self) -> bool:
        return not self.reasons


def judge(contract: Contract, candidate: Candidate) -> Verdict:
    """All that speaks against *candidate*, not just the first thing."""
    found = candidate.evaluation
    return Verdict(
        reasons=(
            *candidate.problems,
            *(f"leak: {leak}" for leak in found.leaks),
            *_staleness(contract, found),
            *_leads(contract, found.leads),
            *_succession(contract, candidate),
            *_behaviour(contract.checks, found.checks),
            *_shape(contract, candidate),
        )
    )


def _staleness(contract: Contract, found: Evaluation) -> list[str]:
    age = datetime.fromisoformat(found.as_of) - datetime.fromisoformat(found.newest_at)
    if age <= timedelta(hours=contract.max_age_hours):
        return []
    hours = age.total_seconds() / 3600
    return [f"stale: its newest session is {hours:.0f} hours old, at most {contract.max_age_hours:g} may be"]


def _leads(contract: Contract, leads: Mapping[str, Estimate]) -> list[str]:
    """Every baseline must be beaten by the margin, and so that chance does not explain it."""
    reasons = []
    for baseline in contract.baselines:
        if (lead := leads.get(baseline.name)) is None:
            reasons.append(f"it was not compared with {baseline.name}")
        elif lead.value < contract.minimum_lead or lead.low <= 0:
            reasons.append(
                f"{contract.primary.name} leads {baseline.name} by {_told(lead)}, "
                f"{contract.minimum_lead:.4f} is needed"
            )
    return reasons


def _succession(contract: Contract, candidate: Candidate) -> list[str]:
    """Where a model is approved, its follower was held against that very one and is good enough beside it."""
    if candidate.champion_digest is None:
        return []
    champion = candidate.evaluation.champion
    if champion is None or champion.digest != candidate.champion_digest:
        return [f"it was not compared with the champion, {candidate.champion_digest[:8]}"]
    if champion.lead is None:
        return [f"it could not be compared with the champion, {champion.version}: {champion.not_compared}"]
    if champion.lead.low > -contract.champion_margin:
        return []
    return [
        f"{contract.primary.name} leads the champion, {champion.version}, by {_told(champion.lead)}; "
        f"all of that must be above {-contract.champion_margin:.4f}"
    ]


def _behaviour(checks: Sequence[Check], found: Mapping[str, float]) -> list[str]:
    reasons = []
    for check in checks:
        if check.name not in found:
            reasons.append(f"{check.name} was not checked")
        elif check.is_blocking and not check.is_passed(found[check.name]):
            reasons.append(f"{check.name} is {found[check.name]:.4f}, {check.limits} is needed")
    return reasons


def _shape(contract: Contract, candidate: Candidate) -> list[str]:
    reasons = []
    if candidate.size_bytes > MAX_BYTES:
        reasons.append(f"{candidate.size_bytes} bytes, at most {MAX_BYTES} fit")
    if candidate.golden_requests != GOLDEN_REQUESTS:
        reasons.append(f"{candidate.golden_requests} golden requests, expected {GOLDEN_REQUESTS}")
    if candidate.evaluation.latency_ms > contract.latency_ms:
        reasons.append(
            f"an answer takes {candidate.evaluation.latency_ms} ms, at most {contract.latency_ms} may be"
        )
    return reasons


def _told(lead: Estimate) -> str:
    return f"{lead.value:.4f} ({lead.low:.4f} to {lead.high:.4f})"
