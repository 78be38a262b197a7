from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from tests.training.next_item.sessions import PARAMETERS, sessions_of
from training import behaviour
from training.behaviour import Trial, UndeclaredCheck
from training.next_item import recipe
from training.next_item.sessions import Sessions

PAST = sessions_of(["a", "b"], ["a", "b"], ["a", "c"], ["d", "e"])
TEST = sessions_of(["a", "b"], ["a", "e"], ["d", "e"])


@pytest.fixture(scope="module")
def trial() -> Iterator[Trial[Sessions]]:
    with TemporaryDirectory() as name:
        recipe.fit(PAST, Path(name), parameters=PARAMETERS, seed=1)
        yield Trial(
            contract=recipe.CONTRACT,
            recipe=recipe,
            past=PAST,
            test=TEST,
            folder=Path(name),
            outcomes=recipe.outcomes(Path(name), TEST),
            parameters=PARAMETERS,
            seed=1,
        )


def test_every_check_is_run_under_the_name_that_declares_it(trial: Trial[Any]):
    assert behaviour.run(trial).keys() == {check.name for check in recipe.CONTRACT.checks}


def test_a_check_without_limits_is_an_error(trial: Trial[Any]):
    fewer = replace(trial, contract=replace(recipe.CONTRACT, checks=recipe.CONTRACT.checks[1:]))

    with pytest.raises(UndeclaredCheck, match="coverage"):
        behaviour.run(fewer)


def test_the_metric_is_told_for_all_and_for_a_part(trial: Trial[Any]):
    """a → b and d → e are found, a → e is not: nobody looked at both."""
    assert trial.primary(trial.outcomes) == pytest.approx(2 / 3)
    assert trial.of_part("visitor", "new") == pytest.approx(2 / 3)
    assert trial.of_part("visitor", "returning") == 0


def test_what_staleness_costs_is_the_difference_to_a_model_of_older_days(trial: Trial[Any], tmp_path: Path):
    two_days = 2 * 24 * 3600 * 1000
    recent = replace(trial, past=replace(PAST, ended_at_S=np.array([0, 0, 0, two_days])))

    lost = behaviour.lost_when_stale(recent, days=1, folder=tmp_path)

    assert lost == pytest.approx(1 / 3)  # of d and e the older days know nothing


def test_where_there_is_nothing_older_all_is_lost(trial: Trial[Any], tmp_path: Path):
    assert behaviour.lost_when_stale(trial, days=1, folder=tmp_path) == pytest.approx(2 / 3)
