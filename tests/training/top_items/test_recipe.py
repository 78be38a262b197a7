from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.training.top_items.conftest import columns_of
from training import behaviour, leaks, search, split
from training.behaviour import Trial
from training.recipe import NothingToEvaluate
from training.top_items import evaluate, recipe
from training.top_items.contract import CONTRACT
from training.top_items.facts import Facts

AS_OF = datetime(2020, 7, 12, tzinfo=UTC)
DAY = datetime(2020, 6, 1)


@pytest.fixture(scope="module")
def trial(facts: Facts, tmp_path_factory: pytest.TempPathFactory) -> Trial[Facts]:
    folder = tmp_path_factory.mktemp("past")
    past, test = split.by_days(facts, days=CONTRACT.test_days)
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


def test_it_foresees_more_than_its_baselines(trial: Trial[Facts]):
    found = recipe.baselines(trial.past, trial.test)

    assert found.keys() == {baseline.name for baseline in CONTRACT.baselines}
    best = max(map(trial.primary, found.values()))
    assert trial.primary(trial.outcomes) > best + CONTRACT.minimum_lead


def test_all_that_the_contract_names_is_measured(trial: Trial[Facts]):
    assert recipe.MEASURES.keys() == {metric.name for metric in CONTRACT.metrics}
    assert trial.outcomes.slices.keys() == set(CONTRACT.slices)
    for measure in recipe.MEASURES.values():
        assert 0 < round(measure(trial.outcomes.values, trial.outcomes.weight_P), 6) <= 1


def test_the_metrics_by_hand():
    rows = [("ann", "a"), ("ann", "b"), ("bob", "c")]
    before = [(customer, "purchase", item, DAY) for customer, item in [("ann", "a"), ("eve", "x")]]
    after = [(customer, "purchase", item, DAY + timedelta(days=9)) for customer, item in rows]
    facts = recipe.load(columns_of(*before, *after))

    outcomes = evaluate.outcomes(
        lambda customer: {"ann": ["b"], "bob": ["c"]}[customer], facts.where(facts.at_ms_S > facts.at_ms_S[0])
    )

    found = {name: measure(outcomes.values, outcomes.weight_P) for name, measure in recipe.MEASURES.items()}
    # ann is known, and of a and b only b was suggested, which is new to her; bob is not known, and was lucky
    assert found == {"recall_20": 0.5, "hit_rate_20": 1.0, "recall_20_new": 1.0, "recall_20_all": 0.75}
    assert sorted(outcomes.slices["history"]) == ["1 to 9", "1 to 9", "none"]
    assert sorted(outcomes.slices["novelty"]) == ["had before", "new", "new"]


def test_a_customer_is_drawn_as_a_whole(trial: Trial[Facts]):
    clusters = trial.outcomes.session_P

    assert np.bincount(clusters, weights=trial.outcomes.weight_P) == pytest.approx(1)
    assert clusters.max() < len(trial.test)


def test_what_was_bought_before_comes_latest_first():
    days = [DAY + timedelta(days=day) for day in range(3)]
    rows = [("ann", "purchase", item, day) for item, day in zip("aba", days, strict=True)]

    assert list(evaluate.bought_before(recipe.load(columns_of(*rows)))("ann")) == ["a", "b"]


def test_it_behaves_as_the_contract_asks(trial: Trial[Facts]):
    found = behaviour.run(trial)

    assert [check.name for check in CONTRACT.checks if not check.is_passed(found[check.name])] == []


def test_a_batch_that_gives_everybody_the_same_is_found_out(trial: Trial[Facts], tmp_path: Path):
    one_customer = replace(trial.past, customer_S=np.zeros(len(trial.past), dtype=np.int64))
    recipe.fit(one_customer, tmp_path, parameters=trial.parameters, seed=1)

    found = behaviour.run(replace(trial, folder=tmp_path))

    assert found["diversity"] < 0.05


def test_a_clean_snapshot_has_no_leaks(trial: Trial[Facts], facts: Facts):
    assert leaks.find(CONTRACT, recipe, facts, past=trial.past, test=trial.test, as_of=AS_OF) == []


def test_golden_requests_name_customers(folder: Path, facts: Facts):
    asked = recipe.requests(facts, count=100, seed=1)

    assert len(asked) == 100
    assert asked == recipe.requests(facts, count=100, seed=1) != recipe.requests(facts, count=100, seed=2)
    model = recipe.opened(folder)
    assert {model.predict(request["events"], k=5).tier for request in asked} == {"model"}


def test_a_point_of_the_search_is_tried_on_days_it_has_not_seen(trial: Trial[Facts]):
    assert 0.2 < search.tried(CONTRACT, recipe, trial.past, CONTRACT.search.first, seed=1).metric < 1


def test_examples_say_what_was_right(trial: Trial[Facts]):
    examples = recipe.examples(trial.folder, trial.test, str)

    assert len(examples) == recipe.EXAMPLES
    assert any(item["is_right"] for example in examples for item in example["answer"])


def test_days_on_which_nothing_happened_are_nothing_to_evaluate(trial: Trial[Facts]):
    with pytest.raises(NothingToEvaluate):
        recipe.outcomes(trial.folder, trial.test.where(np.zeros(len(trial.test), dtype=bool)))
