"""
When an alarm is in ALARM: the rule over its last periods, values in, state out.

Source: "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data", CloudWatch user guide
(read 2026-11-22). Simpler than AWS in one point: AWS looks at a few periods more than it evaluates and
so clears some periods later.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALARM, OK, INSUFFICIENT_DATA = "ALARM", "OK", "INSUFFICIENT_DATA"

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    comparison: str
    threshold: float
    periods: int
    periods_to_alarm: int
    missing: str  # missing, ignore, breaching or notBreaching

    @classmethod
    def from_alarm(cls, alarm: Mapping[str, Any]) -> "Rule":
        periods = int(alarm.get("EvaluationPeriods") or 1)
        return cls(
            comparison=alarm["ComparisonOperator"],
            threshold=float(alarm["Threshold"]),
            periods=periods,
            periods_to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
            missing=alarm.get("TreatMissingData") or "missing",
        )

    def state(self, values: Sequence[float | None], *, current: str) -> str:
        """
        The state that follows from one value per period.

        Args:
            values: None where a period has no data.
            current: the state to stay in where missing data is to be ignored.
        """
        known = [value for value in values if value is not None]
        breaching = sum(COMPARISONS[self.comparison](value, self.threshold) for value in known)
        missing = len(values) - len(known)
        if self.missing == "breaching":
            breaching += missing
        if breaching >= self.periods_to_alarm:
            return ALARM
        if self.missing in ("breaching", "notBreaching"):
            return OK
        return self._undecided(is_empty=not known, are_all_breaching=breaching == len(known), current=current)

    def _undecided(self, *, is_empty: bool, are_all_breaching: bool, current: str) -> str:
        """Too few periods breach, and nothing stands in for the missing ones."""
        if self.missing == "ignore":
            return current if are_all_breaching else OK
        if is_empty:
            return INSUFFICIENT_DATA
        return ALARM if are_all_breaching else OK
