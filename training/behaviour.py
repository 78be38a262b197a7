"""
Checks of how a model behaves, beyond how often it is right: each `training/<model>/behaviour.py` has its own.

A check is a function marked with `check` that finds one number. Where it may lie, and whether it blocks,
stands in the contract under the function's name. The idea is RecList's (Chia et al., WWW 2022).
"""

import importlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from domain.contract import Contract
from training.catalogue import UNKNOWN, Catalogue
from training.intervals import rounded
from training.recipe import D, Outcomes, Parameters, Recipe


class UndeclaredCheck(ValueError):
    """The checks of the contract are not those of behaviour.py."""


@dataclass(frozen=True, kw_only=True)
class Trial(Generic[D]):
    """A model of the past and the days that it is tested on."""

    contract: Contract
    recipe: Recipe[D]
    past: D
    test: D
    folder: Path  # of the artifact
    outcomes: Outcomes  # of *test*
    parameters: Parameters
    seed: int
    catalogue: Catalogue = UNKNOWN

    def primary(self, outcomes: Outcomes) -> float:
        measure = self.recipe.MEASURES[self.contract.primary.name]
        return measure(outcomes.values, outcomes.weight_P)

    def of_part(self, slice: str, part: str) -> float:
        """The first metric in a part of a slice; 0 where nothing belongs to it."""
        measure = self.recipe.MEASURES[self.contract.primary.name]
        is_part_P = self.outcomes.slices[slice] == part
        return measure(self.outcomes.values, self.outcomes.weight_P * is_part_P)


Found = Callable[[Trial[Any]], float]

_CHECKS: dict[str, list[Found]] = defaultdict(list)  # by module


def check(function: Found) -> Found:
    _CHECKS[function.__module__].append(function)
    return function


def run(trial: Trial[Any]) -> dict[str, float]:
    """
    The number that each check found, by its name.

    Raises:
        UndeclaredCheck: a check has no limits in the contract, or limits have no check.
    """
    module = importlib.import_module(f"training.{trial.contract.model}.behaviour")
    functions = {function.__name__: function for function in _CHECKS[module.__name__]}
    declared = {declared.name for declared in trial.contract.checks}
    if declared != functions.keys():
        raise UndeclaredCheck(f"{', '.join(sorted(declared ^ functions.keys()))}: in one place only")
    return {name: rounded(function(trial)) for name, function in sorted(functions.items())}


def lost_when_stale(trial: Trial[Any], *, days: int, folder: Path) -> float:
    """
    How much of the first metric goes if the newest *days* are missing from what is learned from: all of it,
    where there is nothing older.

    Args:
        folder: an empty one, for the model of the older past.
    """
    newest_ms = int(trial.past.ended_at_S.max())
    older = trial.past.where(trial.past.ended_at_S < newest_ms - days * 24 * 3600 * 1000)
    if not len(older):
        return trial.primary(trial.outcomes)
    trial.recipe.fit(older, folder, parameters=trial.parameters, seed=trial.seed)
    lost = trial.primary(trial.outcomes) - trial.primary(trial.recipe.outcomes(folder, trial.test))
    return lost if trial.contract.primary.is_higher_better else -lost
