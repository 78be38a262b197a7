"""
What would give the answer away: looked for in every snapshot. The job asks, the gate refuses.
"""

from collections.abc import Mapping
from datetime import datetime

import numpy as np

from domain.contract import Contract
from training.recipe import Booleans, D, Floats, Recipe

NEAR_PERFECT = 0.99  # AUC of a single feature from which it is no feature but the label in disguise


def find(contract: Contract, recipe: Recipe[D], data: D, *, past: D, test: D, as_of: datetime) -> list[str]:
    """
    Each leak as a sentence; none is as it should be.

    Args:
        data: the whole snapshot; *past* and *test* are what it was split into.
    """
    return [
        *_declared(contract),
        *_from_the_future(data, as_of),
        *_twice(data),
        *_in_both(past, test),
        *recipe.leaks(data),
    ]


def near_perfect(features: Mapping[str, Floats], label_N: Booleans) -> list[str]:
    """The features, one value per row, that tell the label all alone, in whichever direction."""
    found = {name: _area_under_roc(value_N, label_N) for name, value_N in features.items()}
    return [
        f"{name} alone tells the label, AUC {area:.3f}"
        for name, area in found.items()
        if max(area, 1 - area) >= NEAR_PERFECT
    ]


def _declared(contract: Contract) -> list[str]:
    return [f"the label {contract.label} is a feature"] if contract.label in contract.features else []


def _from_the_future(data: D, as_of: datetime) -> list[str]:
    late = int((data.ended_at_S > as_of.timestamp() * 1000).sum())
    return [f"{late} sessions ended after {as_of.isoformat()}"] if late else []


def _twice(data: D) -> list[str]:
    twice = len(data) - len(set(data.key_S))
    return [f"{twice} sessions are there more than once"] if twice else []


def _in_both(past: D, test: D) -> list[str]:
    both = len(set(past.key_S) & set(test.key_S))
    return [f"{both} sessions are in the test and in what was learned from"] if both else []


def _area_under_roc(value_N: Floats, label_N: Booleans) -> float:
    """How often a row of the label has the higher value; ties are half. 0.5 where a kind is missing."""
    _, place_N = np.unique(value_N, return_inverse=True)
    true_V, false_V = np.bincount(place_N, label_N), np.bincount(place_N, ~label_N)
    pairs = float(true_V.sum() * false_V.sum())
    return float(true_V @ (np.cumsum(false_V) - false_V / 2)) / pairs if pairs else 0.5
