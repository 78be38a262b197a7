import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.contract import Search
from domain.evaluation import Point
from training import search, split
from training.next_item import recipe
from training.next_item.sessions import Sessions

SPACE = {"a": (1, 2, 3), "b": (True, False)}
CONTRACT = replace(
    recipe.CONTRACT,
    search=replace(
        recipe.CONTRACT.search, space={**recipe.CONTRACT.search.space, "neighbours": (1, 100)}, points=3
    ),
)


@pytest.fixture
def past(columns: Mapping[str, list[Any]]) -> Sessions:
    return split.by_days(recipe.load(columns), days=3)[0]


def point(metric: float, **parameters: Any) -> Point:
    return Point(parameters=parameters, metric=metric, cpu_seconds=0, wall_seconds=0)


def test_the_first_values_are_tried_first_then_others_of_the_grid():
    found = search.points(Search(space=SPACE, points=4), seed=1)

    assert found[0] == {"a": 1, "b": True}
    assert len({json.dumps(each) for each in found}) == 4
    assert found == search.points(Search(space=SPACE, points=4), seed=1)
    assert found != search.points(Search(space=SPACE, points=4), seed=2)


def test_a_small_grid_is_tried_whole_and_without_one_there_is_one_point():
    assert len(search.points(Search(space=SPACE, points=100), seed=1)) == 6
    assert search.points(Search(space={}, points=3), seed=1) == [{}]


@pytest.mark.parametrize(
    ("metrics", "best"), [((0.1, 0.3, 0.2), 1), ((0.2, 0.2, 0.2), 0), ((0.1, 0.3, 0.3), 1)]
)
def test_the_best_wins_and_of_equals_the_first(
    past: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metrics: tuple[float, ...], best: int
):
    tried = iter(metrics)
    monkeypatch.setattr(
        search, "tried", lambda _contract, _recipe, _past, parameters, seed: point(next(tried), **parameters)
    )

    found = search.search(CONTRACT, recipe, past, seed=1, checkpoints=tmp_path / "points")

    assert found[0].parameters == search.points(CONTRACT.search, seed=1)[best]


def test_a_point_says_how_good_it_is_and_what_it_cost(past: Sessions):
    good, poor = (
        search.tried(CONTRACT, recipe, past, {**CONTRACT.search.first, "neighbours": neighbours}, seed=1)
        for neighbours in (100, 1)
    )

    assert good.metric > poor.metric > 0
    assert good.cpu_seconds > 0 and good.wall_seconds > 0


def test_an_interrupted_search_goes_on_where_it_was(past: Sessions, tmp_path: Path):
    checkpoints = tmp_path / "checkpoints"
    first = search.search(CONTRACT, recipe, past, seed=1, checkpoints=checkpoints)

    again = search.search(CONTRACT, recipe, past, seed=1, checkpoints=checkpoints)

    assert again == first  # to the CPU second: nothing was tried again
    assert len((checkpoints / "points.jsonl").read_text().splitlines()) == 3


def test_jobs_share_the_points_and_the_training_tries_what_is_missing(
    past: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    contract = replace(CONTRACT, search=replace(CONTRACT.search, jobs=2))
    wanted = search.points(contract.search, seed=1)
    tried: list[Mapping[str, Any]] = []

    def try_it(_contract: Any, _recipe: Any, _past: Any, parameters: Any, seed: int) -> Point:
        tried.append(parameters)
        return point(0.5, **parameters)

    monkeypatch.setattr(search, "tried", try_it)
    search.share(contract, recipe, past, 0, seed=1, checkpoints=tmp_path / "share-0")

    assert tried == [wanted[0], wanted[2]]
    found = search.search(contract, recipe, past, seed=1, checkpoints=tmp_path)
    assert tried == [wanted[0], wanted[2], wanted[1]]
    assert [each.parameters for each in found] == wanted  # equally good: in the order of the grid


def by_site(metric: float, parts: dict[str, float], **parameters: Any) -> Point:
    return replace(point(metric, **parameters), parts=parts)


def test_a_site_keeps_the_parameters_that_are_best_for_it():
    found = [
        by_site(0.30, {"shoes": 0.4, "teas": 0.2}, a=1),
        by_site(0.29, {"shoes": 0.3, "teas": 0.3}, a=2),
        by_site(0.28, {"shoes": 0.4, "teas": 0.3}, a=3),
    ]

    assert search.chosen(recipe.CONTRACT, found) == {"a": 1, "site": {"teas": {"a": 2}}}


def test_of_one_site_there_is_nothing_to_choose_apart():
    found = [by_site(0.3, {"shoes": 0.3}, a=1), by_site(0.2, {"shoes": 0.4}, a=2)]

    assert search.chosen(recipe.CONTRACT, found) == {"a": 1}


def test_a_point_is_measured_on_each_site_that_is_large_enough(
    past: Sessions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(search, "PART_PREDICTIONS", 10)

    found = search.tried(CONTRACT, recipe, past, recipe.CONTRACT.search.first, seed=1)

    assert found.parts == {"shop": found.metric}
