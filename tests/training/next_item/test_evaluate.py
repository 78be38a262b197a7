from pathlib import Path

import pytest

from tests.training.next_item.sessions import PARAMETERS, sessions_of
from training.next_item.evaluate import MEASURES, of_ranker, outcomes
from training.next_item.fit import fit
from training.next_item.predict import Model
from training.recipe import NothingToEvaluate, Outcomes


@pytest.fixture
def model(tmp_path: Path) -> Model:
    past = sessions_of(["a", "b"], ["a", "b"], ["b", "c"], *[[f"other-{n}"] * 2 for n in range(30)])
    fit(past, tmp_path, parameters={**PARAMETERS, "repeats_last_item": True}, seed=1)
    return Model(tmp_path)


def measured(found: Outcomes) -> dict[str, float]:
    return {name: measure(found.values, found.weight_P) for name, measure in MEASURES.items()}


def test_every_item_but_the_first_is_predicted_from_those_before_it(model: Model):
    found = outcomes(model, sessions_of(["a", "b", "c"], ["c"]))

    assert found.session_P.tolist() == [0, 0]
    assert found.values["reciprocal_rank"].tolist() == [1 / 2, 1 / 3]  # the last item itself ranks high here


def test_a_label_without_a_score_is_a_miss_however_few_items_were_scored(model: Model):
    found = outcomes(model, sessions_of(["a", "other-0"]))

    assert (found.values["hit"].tolist(), found.values["reciprocal_rank"].tolist()) == ([0], [0])


def test_a_label_that_training_never_saw_counts_in_the_rate_over_all(model: Model):
    found = outcomes(model, sessions_of(["a", "b", "unheard of"]))

    assert found.values["is_known"].tolist() == [1, 0]
    assert measured(found) == {"hit_rate_20_all": 0.5, "hit_rate_20": 1, "mrr_20": 0.5, "mrr_20_all": 0.25}


def test_going_back_to_a_new_item_is_predicted(model: Model):
    found = outcomes(model, sessions_of(["new", "a", "new"]))

    assert found.values["hit"].tolist() == [0, 1]


def test_another_ranker_answers_the_same_predictions(model: Model):
    found = of_ranker(lambda _: ["b", "x"], model, sessions_of(["a", "b"], ["b", "c"]))

    assert found.values["reciprocal_rank"].tolist() == [1, 0]


def test_predictions_belong_to_parts_of_slices(model: Model):
    found = outcomes(model, sessions_of(["a", "b", "other-29", "x", "c", "a", "b"]))

    assert found.slices["session_length"].tolist() == ["1", "2", "3 to 5", "3 to 5", "3 to 5", "6 or more"]
    assert found.slices["popularity"].tolist() == ["head", "tail", "unseen", "tail", "head", "head"]
    assert set(found.slices["site"]) == {"shop"}
    assert set(found.slices["visitor"]) == {"new"}


def test_sessions_without_a_second_item_are_nothing_to_evaluate(model: Model):
    with pytest.raises(NothingToEvaluate):
        outcomes(model, sessions_of(["a"], ["c"]))
