"""
How likely a session is to buy, in the standard library alone. Serving and evaluation call it.

Each tree is walked from its root to a leaf; what the leaves say is added up to log odds.
"""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.purchase_intent.features import FEATURES, encode

FORMAT = "purchase_intent/1"

NODES = "nodes.bin"
ABOUT = "trees.json"
STEP = struct.Struct("<ldll")  # of a node: feature, threshold, next node up to it, next node above it
LEAF = -1  # in place of a feature; the threshold's place then holds what the leaf adds


Node = tuple[int, float, Any, Any]


class OtherFeatures(ValueError):
    """The trees were grown on other numbers than this code makes."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    probability: float | None  # None where there is nothing to go by: a number would be taken for one
    tier: str  # model, or baseline where nothing was known about the session

    @property
    def data(self) -> dict[str, Any]:
        """As it is sent; digits beyond the sixth differ between processors."""
        return {"probability": None if self.probability is None else round(self.probability, 6)}


class Trees:
    """Rows of numbers, whatever they are of, to probabilities."""

    def __init__(self, folder: Path) -> None:
        about = json.loads((folder / ABOUT).read_text())
        self.features: tuple[str, ...] = tuple(about["features"])
        self.base_rate: float = about["base_rate"]
        self._slope: float = about["slope"]
        self._intercept: float = about["intercept"]
        nodes = _linked((folder / NODES).read_bytes())
        self._roots = [nodes[place] for place in about["roots"]]

    def probability(self, numbers: Sequence[float]) -> float:
        """
        Args:
            numbers: one per name in `features`, in that order.
        """
        return self.calibrated(self.log_odds(numbers))

    def calibrated(self, log_odds: float) -> float:
        return 1 / (1 + math.exp(-(self._slope * log_odds + self._intercept)))

    def log_odds(self, numbers: Sequence[float]) -> float:
        """Before calibration."""
        total = 0.0
        for feature, threshold, lower, higher in self._roots:
            while feature >= 0:
                feature, threshold, lower, higher = lower if numbers[feature] <= threshold else higher
            total += threshold
        return total


def _linked(table: bytes) -> list[Node]:
    """
    Each node with the two below it in place of where they stand: walked twice as fast as the file's bytes.

    Nodes stand before those below them.
    """
    records = list(STEP.iter_unpack(table))
    nodes: list[Node] = [(LEAF, 0.0, None, None)] * len(records)
    for place, (feature, value, lower, higher) in reversed(list(enumerate(records))):
        is_leaf = feature == LEAF
        nodes[place] = (feature, value, *((None, None) if is_leaf else (nodes[lower], nodes[higher])))
    return nodes


class Model:
    def __init__(self, folder: Path) -> None:
        """
        Raises:
            OtherFeatures: the artifact is of another version of `features`.
        """
        self._trees = Trees(folder)
        if self._trees.features != FEATURES:
            raise OtherFeatures(f"the trees know {self._trees.features}, the code makes {FEATURES}")

    def predict(self, events: Sequence[Mapping[str, Any]], **_asked: Any) -> Answer:
        """
        The probability that the session buys, by what it did since it last bought; the base rate where that
        is nothing.

        Args:
            events: the session's GA4 events, oldest first.
            _asked: what other models answer to, such as k.
        """
        numbers = encode(events)
        if numbers is None:
            return Answer(probability=self._trees.base_rate, tier="baseline")
        return Answer(probability=self._trees.probability(numbers), tier="model")


class Baseline:
    """Answers where there is no model, or none to be trusted: the share that buys, if it can be read."""

    def __init__(self, folder: Path) -> None:
        self._base_rate = _base_rate(folder / ABOUT)

    def predict(self, _events: Sequence[Mapping[str, Any]], **_asked: Any) -> Answer:
        return Answer(probability=self._base_rate, tier="baseline")


def _base_rate(path: Path) -> float | None:
    """None where the file is missing or broken: no number is better than no answer."""
    try:
        rate = json.loads(path.read_text())["base_rate"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return rate if isinstance(rate, float) and 0 <= rate <= 1 else None
