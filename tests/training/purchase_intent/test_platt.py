import numpy as np
import pytest

from training.purchase_intent.platt import AS_IT_IS, calibrate

CHANCE = np.random.default_rng(3)
ODDS = CHANCE.normal(-1, 2, 20_000)
EQUAL = np.ones(len(ODDS))


def happened(slope: float, intercept: float) -> np.ndarray:
    return CHANCE.random(len(ODDS)) < 1 / (1 + np.exp(-(slope * ODDS + intercept)))


@pytest.mark.parametrize(("slope", "intercept"), [(1, 0), (0.5, 0.7), (2, -1)])
def test_the_line_that_made_what_happened_is_found(slope: float, intercept: float):
    found = calibrate(ODDS, happened(slope, intercept), EQUAL)

    assert (found.slope, found.intercept) == pytest.approx((slope, intercept), abs=0.1)


def test_where_only_one_thing_happened_the_trees_are_believed():
    assert calibrate(ODDS, np.zeros(len(ODDS), dtype=bool), EQUAL) == AS_IT_IS


def test_an_order_that_was_wrong_is_not_turned_around():
    assert calibrate(ODDS, happened(-1, 0), EQUAL) == AS_IT_IS
