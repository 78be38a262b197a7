from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.training.next_item.sessions import PARAMETERS, sessions_of
from training.next_item import recipe
from training.recipe import Recipe

Columns = Mapping[str, list[Any]]


def test_it_is_a_recipe():
    as_mypy_sees_it: Recipe[Any] = recipe

    assert set(as_mypy_sees_it.MEASURES) == {metric.name for metric in recipe.CONTRACT.metrics}


def test_golden_requests_are_beginnings_of_real_sessions(columns: Columns):
    data = recipe.load(columns)

    requests = recipe.requests(data, count=50, seed=1)

    real = [tuple(item_ids) for item_ids in data.item_ids()]
    assert len(requests) == 50
    for request in requests:
        looked_at = tuple(event["items"][0]["item_id"] for event in request["events"])
        assert any(session[: len(looked_at)] == looked_at for session in real)
    assert requests == recipe.requests(data, count=50, seed=1) != recipe.requests(data, count=50, seed=2)


def test_each_baseline_of_the_contract_answers_every_prediction(columns: Columns, tmp_path: Path):
    data = recipe.load(columns)
    recipe.fit(data, tmp_path, parameters=PARAMETERS, seed=1)

    found = recipe.baselines(data, data)

    predictions = len(recipe.outcomes(tmp_path, data).session_P)
    assert {name: len(each.session_P) for name, each in found.items()} == {
        baseline.name: predictions for baseline in recipe.CONTRACT.baselines
    }


def test_looks_that_are_recorded_twice_are_a_leak():
    assert recipe.leaks(sessions_of(["a", "a"], ["b", "b", "b"])) == [
        "100.0% of looks go to the item just looked at"
    ]
    assert recipe.leaks(sessions_of(["a", "a"], ["b", "c", "b"])) == []
