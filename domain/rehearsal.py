"""
A release on requests that were logged before: what it decides otherwise than the version that is live, and
whether people went where it would have sent them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MARGIN = 0.05  # of the hit rate, that a release may lose on the few requests of a rehearsal
Z = 2.326  # the normal quantile of 0.99, one-sided


class Worse(ValueError):
    """The release would have been right less often than what is live."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One request, answered by both; `data` as in the answers."""

    new: Mapping[str, Any]
    old: Mapping[str, Any]
    next_item_id: str | None = None  # what the visitor looked at next, where that is known by now


@dataclass(frozen=True, kw_only=True)
class Compared:
    requests: int
    labelled: int  # of them, with a next item and items in the answers
    gained: int  # the next item is in the new answer and not in the old one
    lost: int
    hits_old: int
    overlap: float | None  # mean share of the items that both answers have
    changed_first: float | None  # share of the answers with another first item
    moved: float | None  # mean difference of the probabilities

    @property
    def numbers(self) -> dict[str, float]:
        """For the record: what is known, rounded."""
        rates = (
            {
                "hit_rate": (self.hits_old + self.gained - self.lost) / self.labelled,
                "hit_rate_before": self.hits_old / self.labelled,
            }
            if self.labelled
            else {}
        )
        known = {
            "requests": float(self.requests),
            "labelled": float(self.labelled),
            **rates,
            "overlap": self.overlap,
            "changed_first": self.changed_first,
            "moved": self.moved,
        }
        return {name: round(value, 4) for name, value in known.items() if value is not None}


def compared(answers: Sequence[Answered]) -> Compared:
    items = [pair for pair in map(_items, answers) if pair is not None]
    known = [(new, old, label) for new, old, label in items if label is not None]
    moved = [
        abs(each.new["probability"] - each.old["probability"])
        for each in answers
        if None not in (each.new.get("probability"), each.old.get("probability"))
    ]
    return Compared(
        requests=len(answers),
        labelled=len(known),
        gained=sum(label in new and label not in old for new, old, label in known),
        lost=sum(label in old and label not in new for new, old, label in known),
        hits_old=sum(label in old for _, old, label in known),
        overlap=_mean([len({*new} & {*old}) / max(len(new), len(old)) for new, old, _ in items]),
        changed_first=_mean([float(new[:1] != old[:1]) for new, old, _ in items]),
        moved=_mean(moved),
    )


def check(found: Compared) -> None:
    """
    Raises:
        Worse: the hit rate is lower by more than MARGIN beyond chance (paired: McNemar's numbers).
    """
    if not found.labelled:
        return
    lead = (found.gained - found.lost) / found.labelled
    deviation = math.sqrt((found.gained + found.lost) / found.labelled**2)
    if lead + Z * deviation < -MARGIN:
        raise Worse(
            f"on {found.labelled} logged requests the hit rate is {-lead:.3f} below that of what is live"
        )


def _items(answered: Answered) -> tuple[list[str], list[str], str | None] | None:
    """The item ids of both answers; None for answers without any."""
    new, old = ([item["item_id"] for item in data.get("items", ())] for data in (answered.new, answered.old))
    return (new, old, answered.next_item_id) if new and old else None


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
