"""
How sure a metric is: 95 % intervals by drawing sessions again and again, for one model or two side by side.

Sessions are drawn, not predictions: those of one session stand and fall together, and to draw them one by one
would make intervals too narrow. Source: the percentile bootstrap, Efron and Tibshirani 1993, chapter 13.

Axes: D draws, S sessions, P predictions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from domain.evaluation import Estimate
from training.recipe import Booleans, Floats, Integers, Measure, Outcomes

DRAWS = 400  # the ends of the interval are then known to about a tenth of its width
PERCENTS = (2.5, 97.5)


@dataclass(frozen=True, kw_only=True)
class Draws:
    """How often each session was drawn; the same for all that is compared."""

    count_DS: Integers

    @classmethod
    def of(cls, sessions: int, *, seed: int, draws: int = DRAWS) -> "Draws":
        chance = np.random.default_rng(seed)
        chosen_D = (chance.integers(sessions, size=sessions) for _ in range(draws))
        return cls(count_DS=np.array([np.bincount(chosen, minlength=sessions) for chosen in chosen_D]))

    def estimate(self, measure: Measure, outcomes: Outcomes, *, where_P: Booleans | None = None) -> Estimate:
        """
        Args:
            where_P: the predictions to look at, where it is not all.
        """
        return self._interval(
            lambda drawn_P: measure(outcomes.values, drawn_P),
            outcomes,
            outcomes.weight_P if where_P is None else outcomes.weight_P * where_P,
        )

    def lead(
        self, measure: Measure, candidate: Outcomes, other: Outcomes, *, is_higher_better: bool
    ) -> Estimate:
        """How much better *candidate* is than *other* on the same predictions; below 0 it is worse."""
        sign = 1 if is_higher_better else -1
        return self._interval(
            lambda drawn_P: sign * (measure(candidate.values, drawn_P) - measure(other.values, drawn_P)),
            candidate,
            candidate.weight_P,
        )

    def _interval(
        self, statistic: Callable[[Floats], float], outcomes: Outcomes, weight_P: Floats
    ) -> Estimate:
        drawn = [statistic(weight_P * count_S[outcomes.session_P]) for count_S in self.count_DS]
        low, high = np.percentile(drawn, PERCENTS)
        return Estimate(value=rounded(statistic(weight_P)), low=rounded(low), high=rounded(high))


def rounded(value: float) -> float:
    """As it is told: digits beyond the fourth are noise, and differ between processors."""
    return round(float(value), 4)
