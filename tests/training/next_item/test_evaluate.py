import json
from pathlib import Path

import pytest

from training.next_item.evaluate import NothingToEvaluate, Ranks, baseline_metrics, evaluate, metrics
from training.next_item.fit import fit
from training.next_item.predict import Model
from training.next_item.sessions import from_columns


@pytest.fixture
def model(tmp_path: Path) -> Model:
    sessions = [["a", "b"], ["a", "b"], ["b", "c"], *[[f"other-{n}"] * 2 for n in range(30)]]
    columns = {
        "SESSION_KEY": [str(number) for number in range(len(sessions))],
        "ITEM_IDS": [json.dumps(items) for items in sessions],
        "OCCURRED_AT_MS": [json.dumps([number] * len(items)) for number, items in enumerate(sessions)],
    }
    fit(from_columns(columns), tmp_path)
    return Model(tmp_path)


def test_every_item_but_the_first_is_predicted_from_those_before_it(model: Model):
    ranks = evaluate(model, [["a", "b", "c"], ["c"]])

    assert ranks.model == [2, 3]  # people of this shop look twice, so the last item itself ranks high


def test_a_label_without_a_score_is_a_miss_however_few_items_were_scored(model: Model):
    ranks = evaluate(model, [["a", "other-0"]])

    assert ranks.model == [None]


def test_a_label_that_training_never_saw_counts_apart(model: Model):
    ranks = evaluate(model, [["a", "b", "unheard of"]])

    assert (len(ranks.model), len(ranks.popularity), ranks.unseen) == (1, 1, 1)


def test_popularity_answers_the_same_predictions(model: Model):
    ranks = evaluate(model, [["a", "b"], ["b", "c"]])

    assert ranks.popularity == [1, None]


def test_sessions_without_a_known_second_item_are_nothing_to_evaluate(model: Model):
    with pytest.raises(NothingToEvaluate):
        evaluate(model, [["a"], ["a", "unheard of"]])


def test_unseen_labels_are_misses_in_the_rate_over_all():
    ranks = Ranks(model=[1, 4, None, None], popularity=[None, None, 2, None], unseen=4)

    assert metrics(ranks) == {"hit_rate_20": 0.5, "mrr_20": 0.3125, "hit_rate_20_all": 0.25}
    assert baseline_metrics(ranks) == {"hit_rate_20": 0.25, "mrr_20": 0.125}
