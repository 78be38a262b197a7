"""
The quality of next_item on real clicks: bol.com's sample, its last three days against the days before them.

Nothing may be tuned on these days; settings were chosen on the three days before them.
"""

import gzip
import json
import os
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.evaluation import Estimate
from training import split
from training.intervals import Draws
from training.next_item import recipe
from training.next_item.sessions import Sessions
from training.recipe import Outcomes
from training.trial import Training

DATA = Path(os.environ.get("SKIFF_DATA", Path(__file__).parents[4] / "shared/data"))
CLICKS = DATA / "bol-clicks/train.txt.gz"

pytestmark = pytest.mark.skipif(not CLICKS.exists(), reason=f"{CLICKS} is missing; set SKIFF_DATA")


def read_clicks() -> dict[str, list[Any]]:
    clicks: dict[str, list[tuple[int, str]]] = defaultdict(list)
    with gzip.open(CLICKS, "rt") as lines:
        next(lines)
        for line in lines:
            session_key, item_id, seconds = line.split("\t")
            clicks[session_key].append((int(float(seconds) * 1000), item_id))
    by_time = [sorted(session, key=lambda click: click[0]) for session in clicks.values()]
    return {
        "SESSION_KEY": list(clicks),
        "SITE": ["bol"] * len(clicks),
        "CLIENT_ID": list(clicks),
        "ITEM_IDS": [json.dumps([item_id for _, item_id in session]) for session in by_time],
        "OCCURRED_AT_MS": [json.dumps([moment for moment, _ in session]) for session in by_time],
    }


@pytest.fixture(scope="module")
def columns() -> Mapping[str, list[Any]]:
    return read_clicks()


@pytest.fixture(scope="module")
def parts(columns: Mapping[str, list[Any]]) -> tuple[Sessions, Sessions]:
    return split.by_days(recipe.load(columns), days=recipe.CONTRACT.test_days)


@pytest.fixture(scope="module")
def outcomes(parts: tuple[Sessions, Sessions], tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    folder = tmp_path_factory.mktemp("bol")
    past, last_days = parts
    recipe.fit(past, folder, parameters=recipe.CONTRACT.search.first, seed=1)
    return recipe.outcomes(folder, last_days)


def estimates(outcomes: Outcomes) -> dict[str, Estimate]:
    draws = Draws.of(int(outcomes.session_P.max()) + 1, seed=1)
    return {name: draws.estimate(measure, outcomes) for name, measure in recipe.MEASURES.items()}


def test_two_of_three_next_items_are_among_the_first_twenty(outcomes: Outcomes):
    measured = estimates(outcomes)

    assert outcomes.values["is_known"].sum() == 7362
    assert measured["hit_rate_20"].value >= 0.67
    assert measured["mrr_20"].value >= 0.375
    assert measured["hit_rate_20_all"].value >= 0.65


def test_items_that_are_new_since_the_training_are_found_again(outcomes: Outcomes):
    """Each of these was a miss before next_item suggested what the session itself had looked at."""
    is_unseen_P = outcomes.slices["popularity"] == "unseen"

    assert is_unseen_P.sum() == 1139
    assert outcomes.values["hit"][is_unseen_P].mean() >= 0.55


def test_what_stood_beside_finds_less_and_what_is_popular_next_to_nothing(parts: tuple[Sessions, Sessions]):
    past, last_days = parts

    found = recipe.baselines(past, last_days)

    measured = {
        name: recipe.MEASURES["hit_rate_20"](each.values, each.weight_P) for name, each in found.items()
    }
    assert 0.01 < measured["popularity"] < 0.03
    assert 0.55 < measured["covisitation"] < 0.64


@pytest.mark.prove
def test_a_whole_training_is_as_good_and_as_cheap_as_is_said(
    columns: Mapping[str, list[Any]], tmp_path: Path
):
    training = Training.of(recipe.CONTRACT, recipe, columns, as_of=datetime(2020, 7, 1, tzinfo=UTC), seed=1)

    shown = training.show(champion_channel=tmp_path, checkpoints=tmp_path / "points")

    assert shown.metrics["hit_rate_20"].value >= 0.665
    assert shown.metrics["mrr_20"].value >= 0.375
    assert shown.leads["covisitation"].low > recipe.CONTRACT.minimum_lead
    assert shown.leaks == ()
    assert [
        check.name for check in recipe.CONTRACT.checks if not check.is_passed(shown.checks[check.name])
    ] == []
