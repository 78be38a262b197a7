"""
Which parameters to train with: each point is tried on the validation days, the best wins.

A point is one call, `tried`, that needs nothing of the others. So jobs may share them: each leaves what it
found among the checkpoints of the training that follows, which tries what is still missing.
"""

import json
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from domain.contract import Contract, Search
from domain.evaluation import Point
from training import split
from training.intervals import rounded
from training.recipe import D, Parameters, Recipe

POINTS = "points.jsonl"
PART_PREDICTIONS = 500  # fewer say nothing about which parameters are better for a part


def points(search: Search, *, seed: int) -> list[Parameters]:
    """What is tried: the first values of all, then others of the grid, drawn; the same for the same seed."""
    first, *others = (
        dict(zip(search.space, values, strict=True)) for values in product(*search.space.values())
    )
    chance = random.Random(seed)  # noqa: S311  # a choice to repeat, not a secret
    return [first, *chance.sample(others, k=min(search.points - 1, len(others)))]


def search(
    contract: Contract, recipe: Recipe[D], past: D, *, seed: int, checkpoints: Path
) -> tuple[Point, ...]:
    """
    All points, the best first; of equal ones, the one that comes first among `points`.

    Args:
        past: what came before the test days; its own last days are those that points are tried on.
        checkpoints: a folder that outlives an interrupted job: what it holds is not tried again.
    """
    wanted = points(contract.search, seed=seed)
    found = _each(contract, recipe, past, wanted, seed=seed, checkpoints=checkpoints)
    sign = -1 if contract.primary.is_higher_better else 1
    return tuple(sorted(found, key=lambda point: sign * point.metric))


def share(
    contract: Contract, recipe: Recipe[D], past: D, number: int, *, seed: int, checkpoints: Path
) -> list[Point]:
    """What job *number* of the contract's `search.jobs` tries, counted from 0."""
    wanted = points(contract.search, seed=seed)[number :: contract.search.jobs]
    return _each(contract, recipe, past, wanted, seed=seed, checkpoints=checkpoints)


def _each(
    contract: Contract,
    recipe: Recipe[D],
    past: D,
    wanted: Iterable[Parameters],
    *,
    seed: int,
    checkpoints: Path,
) -> list[Point]:
    known = _remembered(checkpoints)
    found = []
    for parameters in wanted:
        if (point := known.get(_key(parameters))) is None:
            point = tried(contract, recipe, past, parameters, seed=seed)
            _remember(checkpoints, point)
        found.append(point)
    return found


def tried(contract: Contract, recipe: Recipe[D], past: D, parameters: Parameters, *, seed: int) -> Point:
    started, cpu_started = time.perf_counter(), time.process_time()
    before, last_days = split.by_days(past, days=contract.validation_days)
    validation = split.sample(last_days, at_most=contract.validation_sessions, seed=seed)
    with TemporaryDirectory() as folder:
        recipe.fit(before, Path(folder), parameters=parameters, seed=seed)
        outcomes = recipe.outcomes(Path(folder), validation)
    measure = recipe.MEASURES[contract.primary.name]
    parts = outcomes.slices[contract.search.by] if contract.search.by else np.array([])
    large = [str(part) for part in sorted(set(parts)) if (parts == part).sum() >= PART_PREDICTIONS]
    return Point(
        parameters=parameters,
        metric=rounded(measure(outcomes.values, outcomes.weight_P)),
        cpu_seconds=rounded(time.process_time() - cpu_started),
        wall_seconds=rounded(time.perf_counter() - started),
        parts={
            part: rounded(measure(outcomes.values, outcomes.weight_P * (parts == part))) for part in large
        },
    )


def chosen(contract: Contract, points: Sequence[Point]) -> dict[str, Any]:
    """
    The parameters of the best point; where the search goes by a slice of several parts, under its name those
    that are best for each part that differs.

    Args:
        points: the best first; it wins a tie.
    """
    best, sign = points[0], -1 if contract.primary.is_higher_better else 1
    if len(best.parts) < 2:
        return dict(best.parameters)
    winners = {
        part: min(points, key=lambda point, part=part: sign * point.parts[part]).parameters  # type: ignore[misc]
        for part in best.parts
    }
    others = {part: dict(won) for part, won in winners.items() if won != best.parameters}
    return {**best.parameters, **({contract.search.by: others} if others else {})}


def _remembered(checkpoints: Path) -> dict[str, Point]:
    """Those of jobs that shared the points lie in folders below."""
    lines = (line for file in sorted(checkpoints.rglob(POINTS)) for line in file.read_text().splitlines())
    found = [Point(**json.loads(line)) for line in lines]
    return {_key(point.parameters): point for point in found}


def _remember(checkpoints: Path, point: Point) -> None:
    checkpoints.mkdir(parents=True, exist_ok=True)
    with (checkpoints / POINTS).open("a") as file:
        file.write(json.dumps(asdict(point)) + "\n")


def _key(parameters: Parameters) -> str:
    return json.dumps(parameters, sort_keys=True)
