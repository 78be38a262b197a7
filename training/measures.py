"""
Metrics that are means of how predictions turned out. Recipes name them, the job calls them.

A prediction counts as much as its weight: an interval draws rows again and again by changing weights alone.
"""

from collections.abc import Mapping

from training.recipe import Floats, Measure


def mean(name: str, *, where: str | None = None) -> Measure:
    """
    The mean of *name*, of all predictions or of those whose *where* is 1: a hit rate, a mean reciprocal rank.

    0 where nothing counts.
    """

    def measure(values: Mapping[str, Floats], weight_P: Floats) -> float:
        counted_P = weight_P if where is None else weight_P * values[where]
        total = float(counted_P.sum())
        return float(counted_P @ values[name]) / total if total else 0.0

    return measure
