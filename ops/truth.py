"""
What must come out of the made-up shop's events, counted while they are made.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ops.dirt import Journey
from ops.tracker import Tracker
from ops.visitors import Habits
from ops.visits import NAMES, PURCHASE, REFUND, VIEW, Day

DAY_MS = 86_400_000


@dataclass(kw_only=True)
class Truth:
    """
    Complete once the events have all been taken: sent = accepted + rejected, accepted = unique + duplicates.

    A visit is one session, however long: no gap in it is over 30 minutes, and nobody comes back sooner.
    `sessions` leave out whoever denied consent; `next_item_sessions` are those that looked at an item. Money
    is in cents, by the day (UTC) on which it moved.
    """

    accepted: int = 0
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    sessions: int = 0
    next_item_sessions: int = 0
    revenue_cents: Counter[str] = field(default_factory=Counter)
    refunded_cents: Counter[str] = field(default_factory=Counter)

    @property
    def sent(self) -> int:
        return self.accepted + self.rejected

    @property
    def rejected(self) -> int:
        return self.reasons.total()

    @property
    def unique(self) -> int:
        return self.accepted - self.duplicates

    @property
    def orders(self) -> int:
        return self.names["purchase"]

    def to_json(self) -> dict[str, Any]:
        counts = (
            "sent",
            "accepted",
            "rejected",
            "duplicates",
            "unique",
            "sessions",
            "next_item_sessions",
            "orders",
        )
        tables = ("names", "reasons", "revenue_cents", "refunded_cents")
        return {
            **{name: getattr(self, name) for name in counts},
            **{name: dict(getattr(self, name)) for name in tables},
        }

    def add_day(self, day: Day, tracker: Tracker, habits: Habits, journey: Journey) -> None:
        self.accepted += len(day.at_ms_E) + journey.duplicates
        self.duplicates += journey.duplicates
        self.reasons += journey.reasons
        kinds = np.bincount(day.kind_E, minlength=len(NAMES)).tolist()
        self.names.update({name: count for name, count in zip(NAMES, kinds, strict=True) if count})
        is_known_E = ~habits.denies_consent_V[day.visit_E]
        self.sessions += len(np.unique(day.visit_E[is_known_E]))
        self.next_item_sessions += len(np.unique(day.visit_E[is_known_E & (day.kind_E == VIEW)]))
        for number in np.flatnonzero(day.kind_E == PURCHASE).tolist():
            cents = tracker.orders[int(day.visit_E[number])].cents
            self.revenue_cents[_date(int(day.at_ms_E[number]))] += cents
        for number in np.flatnonzero(day.kind_E == REFUND).tolist():
            cents = tracker.refunded_cents(number)
            self.refunded_cents[_date(int(day.at_ms_E[number]))] += cents


def _date(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
