from pathlib import Path

import numpy as np
import pytest

from training.purchase_intent import fit
from training.purchase_intent.contract import CONTRACT
from training.purchase_intent.features import FEATURES
from training.purchase_intent.predict import LEAF, NODES, STEP, Trees
from training.purchase_intent.sessions import Sessions

FIRST = CONTRACT.search.first


def test_the_tables_say_what_lightgbm_says(folder: Path, sessions: Sessions):
    booster = fit.grow(sessions, parameters=FIRST, seed=1)
    trees = Trees(folder)
    nodes = STEP.iter_unpack((folder / NODES).read_bytes())
    thresholds = [threshold for feature, threshold, _, _ in nodes if feature != LEAF]
    chance = np.random.default_rng(5)
    on_the_edge = chance.choice(thresholds, size=(500, len(FEATURES)))
    x_NF = np.concatenate([sessions.x_NF, on_the_edge])

    found = [trees.log_odds(numbers) for numbers in x_NF.tolist()]

    assert np.abs(np.array(found) - booster.predict(x_NF, raw_score=True)).max() < 1e-9


def test_calibration_keeps_the_order_of_the_trees(folder: Path):
    trees = Trees(folder)

    probabilities = [trees.calibrated(log_odds) for log_odds in (-9.0, -1.0, 0.0, 4.0)]

    assert probabilities == sorted(probabilities)
    assert 0 < probabilities[0] < probabilities[-1] < 1


def test_the_same_sessions_make_the_same_bytes(folder: Path, sessions: Sessions, tmp_path: Path):
    fit.fit(sessions, tmp_path, parameters=FIRST, seed=1)

    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_where_nobody_bought_there_is_nothing_to_learn(sessions: Sessions, tmp_path: Path):
    with pytest.raises(fit.NothingToLearn, match="0 of"):
        fit.fit(sessions.where(~sessions.bought_S), tmp_path, parameters=FIRST, seed=1)


def test_without_buyers_in_the_older_part_the_trees_are_believed(sessions: Sessions, tmp_path: Path):
    is_late_S = np.arange(len(sessions)) >= len(sessions) * 0.9
    fit.fit(sessions.where(is_late_S | ~sessions.bought_S), tmp_path, parameters=FIRST, seed=1)

    assert Trees(tmp_path).calibrated(0.7) == pytest.approx(1 / (1 + np.exp(-0.7)))
