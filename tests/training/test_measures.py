import numpy as np

from training.measures import mean

VALUES = {"hit": np.array([1.0, 0.0, 1.0, 0.0]), "is_known": np.array([1.0, 1.0, 0.0, 0.0])}
EVEN = np.ones(4)


def test_a_mean_counts_each_prediction_by_its_weight():
    assert mean("hit")(VALUES, EVEN) == 0.5
    assert mean("hit")(VALUES, np.array([3.0, 1.0, 0.0, 0.0])) == 0.75


def test_a_mean_may_look_at_some_only():
    assert mean("hit", where="is_known")(VALUES, np.array([3.0, 1.0, 5.0, 5.0])) == 0.75


def test_where_nothing_counts_it_is_0():
    assert mean("hit", where="is_known")(VALUES, np.array([0.0, 0.0, 1.0, 1.0])) == 0
