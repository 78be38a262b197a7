"""
Which parameters to train with: each point is tried on the validation days, the best wins.

A point is one call, `tried`, that needs nothing of the others: it could be a job of its own.
"""

import json
import random
import time
from collections.abc import Callable
from dataclasses import asdict
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.contract import Contract, Search
from domain.evaluation import Point
from training import split
from training.intervals import rounded
from training.recipe import D, Parameters, Recipe

Tried = Callable[[Parameters], Point]


def points(search: Search, *, seed: int) -> list[Parameters]:
    """What is tried: the first values of all, then others of the grid, drawn; the same for the same seed."""
    first, *others = (
        dict(zip(search.space, values, strict=True)) for values in product(*search.space.values())
    )
    chance = random.Random(seed)  # noqa: S311  # a choice to repeat, not a secret
    return [first, *chance.sample(others, k=min(search.points - 1, len(others)))]


def search(
    contract: Contract, recipe: Recipe[D], past: D, *, seed: int, checkpoint: Path
) -> tuple[Point, ...]:
    """
    All points, the best first; of equal ones, the one that was tried first.

    Args:
        past: what came before the test days; its own last days are those that points are tried on.
        checkpoint: a file that outlives an interrupted job: what it holds is not tried again.
    """
    known = _remembered(checkpoint)
    found = []
    for parameters in points(contract.search, seed=seed):
        if (point := known.get(_key(parameters))) is None:
            point = tried(contract, recipe, past, parameters, seed=seed)
            _remember(checkpoint, point)
        found.append(point)
    sign = -1 if contract.primary.is_higher_better else 1
    return tuple(sorted(found, key=lambda point: sign * point.metric))


def tried(contract: Contract, recipe: Recipe[D], past: D, parameters: Parameters, *, seed: int) -> Point:
    started, cpu_started = time.perf_counter(), time.process_time()
    before, last_days = split.by_days(past, days=contract.validation_days)
    validation = split.sample(last_days, at_most=contract.validation_sessions, seed=seed)
    with TemporaryDirectory() as folder:
        recipe.fit(before, Path(folder), parameters=parameters, seed=seed)
        outcomes = recipe.outcomes(Path(folder), validation)
    measure = recipe.MEASURES[contract.primary.name]
    return Point(
        parameters=parameters,
        metric=rounded(measure(outcomes.values, outcomes.weight_P)),
        cpu_seconds=rounded(time.process_time() - cpu_started),
        wall_seconds=rounded(time.perf_counter() - started),
    )


def _remembered(checkpoint: Path) -> dict[str, Point]:
    lines = checkpoint.read_text().splitlines() if checkpoint.exists() else []
    found = [Point(**json.loads(line)) for line in lines]
    return {_key(point.parameters): point for point in found}


def _remember(checkpoint: Path, point: Point) -> None:
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    with checkpoint.open("a") as file:
        file.write(json.dumps(asdict(point)) + "\n")


def _key(parameters: Parameters) -> str:
    return json.dumps(parameters, sort_keys=True)
