from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training import behaviour, leaks, search, split
from training.behaviour import Trial
from training.purchase_intent import recipe
from training.purchase_intent.contract import CONTRACT
from training.purchase_intent.evaluate import last_action, majority
from training.purchase_intent.sessions import Sessions
from training.recipe import NothingToEvaluate

AS_OF = datetime(2020, 6, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def trial(sessions: Sessions, tmp_path_factory: pytest.TempPathFactory) -> Trial[Sessions]:
    folder = tmp_path_factory.mktemp("past")
    past, test = split.by_days(sessions, days=3)
    recipe.fit(past, folder, parameters=CONTRACT.search.first, seed=1)
    return Trial(
        contract=CONTRACT,
        recipe=recipe,
        past=past,
        test=test,
        folder=folder,
        outcomes=recipe.outcomes(folder, test),
        parameters=CONTRACT.search.first,
        seed=1,
    )


def test_the_model_tells_buyers_apart_better_than_its_baselines(trial: Trial[Sessions]):
    found = recipe.baselines(trial.past, trial.test)

    assert trial.primary(trial.outcomes) > trial.primary(found["last_action"]) > 0.6
    assert trial.primary(found["majority"]) == 0.5
    assert found.keys() == {baseline.name for baseline in CONTRACT.baselines}


def test_all_that_the_contract_names_is_measured(trial: Trial[Sessions]):
    assert recipe.MEASURES.keys() == {metric.name for metric in CONTRACT.metrics}
    assert trial.outcomes.slices.keys() == set(CONTRACT.slices)
    for measure in recipe.MEASURES.values():
        assert 0 < measure(trial.outcomes.values, trial.outcomes.weight_P) < 1


def test_a_session_counts_once_in_the_metrics(trial: Trial[Sessions]):
    counted = np.bincount(trial.outcomes.session_P, weights=trial.outcomes.weight_P)

    assert counted == pytest.approx(1)
    assert len(counted) == len(trial.test)


def test_the_parts_of_a_session_are_told_apart(trial: Trial[Sessions]):
    assert set(trial.outcomes.slices["session_length"]) == {"1", "2", "3 to 5", "6 to 10"}
    assert set(trial.outcomes.slices["visitor"]) == {"new", "returning"}


def test_it_behaves_as_the_contract_asks(trial: Trial[Sessions]):
    found = behaviour.run(trial)

    assert [check.name for check in CONTRACT.checks if not check.is_passed(found[check.name])] == []


def test_a_model_that_a_cart_puts_off_is_found_out_and_is_not_grown(trial: Trial[Sessions], tmp_path: Path):
    last_N = np.cumsum(trial.past.length_S) - 1
    is_without_S = trial.past.x_NF[last_N, trial.past.features.index("adds")] == 0
    only_without = replace(trial.past, bought_S=is_without_S)
    unbound = replace(only_without, rising=(), falling=())
    recipe.fit(unbound, tmp_path, parameters=trial.parameters, seed=1)
    found = behaviour.run(replace(trial, folder=tmp_path))
    recipe.fit(only_without, tmp_path, parameters=trial.parameters, seed=1)
    bound = behaviour.run(replace(trial, folder=tmp_path))

    assert found["added_to_cart"] > 0.5
    assert bound["added_to_cart"] <= 0


def test_the_baselines_by_hand(trial: Trial[Sessions]):
    everywhere = majority(trial.past, trial.test).values["probability"]
    at_first = last_action(trial.past, trial.test).values["probability"][trial.test.place_N == 1]

    assert everywhere == pytest.approx(trial.past.bought_S.mean())
    # every session of this shop begins with a page view, and has no other
    assert at_first == pytest.approx(np.average(trial.past.bought_S, weights=1 / trial.past.length_S))


def test_a_test_without_buyers_is_none(trial: Trial[Sessions]):
    with pytest.raises(NothingToEvaluate):
        recipe.outcomes(trial.folder, trial.test.where(~trial.test.bought_S))


def test_golden_requests_are_beginnings_of_sessions_that_the_model_answers_alike(
    folder: Path, sessions: Sessions
):
    asked = recipe.requests(sessions, count=100, seed=1)

    assert len(asked) == 100
    assert (
        asked == recipe.requests(sessions, count=100, seed=1) != recipe.requests(sessions, count=100, seed=2)
    )
    one, other = recipe.opened(folder), recipe.opened(folder)
    for request in asked:
        assert one.predict(request["events"], k=1).data == other.predict(request["events"], k=1).data


def test_a_clean_snapshot_has_no_leaks(trial: Trial[Sessions], sessions: Sessions):
    assert leaks.find(CONTRACT, recipe, sessions, past=trial.past, test=trial.test, as_of=AS_OF) == []


def test_the_purchase_in_the_mart_is_found(columns: dict[str, list[Any]]):
    names = [text.replace("begin_checkout", "purchase") for text in columns["EVENT_NAMES"]]

    found = recipe.leaks(recipe.load({**columns, "EVENT_NAMES": names}))

    assert len(found) == 1
    assert found[0].endswith("events are the purchase itself")


def test_a_feature_that_is_the_label_in_disguise_is_found(sessions: Sessions):
    x_NF = sessions.x_NF.copy()
    x_NF[:, sessions.features.index("cart_value")] = 100 * sessions.bought_N

    [found] = recipe.leaks(replace(sessions, x_NF=x_NF))

    assert found.startswith("cart_value alone tells the label")


def test_a_point_of_the_search_is_tried_on_days_it_has_not_seen(trial: Trial[Sessions]):
    point = search.tried(CONTRACT, recipe, trial.past, CONTRACT.search.first, seed=1)

    assert 0.6 < point.metric < 1
