import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.drift import MINIMUM, ks, ks_limit, psi

COUNTS = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 10_000), min_size=1)


def test_psi_by_hand():
    # shares 0.5, 0.5 against 0.8, 0.2: 0.3 ln 1.6 + 0.3 ln 2.5 = 0.4159
    found = psi({"a": 50_000, "b": 50_000}, {"a": 80_000, "b": 20_000})

    assert found is not None
    assert math.isclose(found, 0.3 * math.log(1.6) + 0.3 * math.log(2.5), abs_tol=1e-3)


def test_the_same_shares_are_no_drift_and_a_bucket_of_its_own_is_a_large_one():
    same = psi({"a": 300, "b": 100}, {"a": 3000, "b": 1000})
    swapped = psi({"seen": 990, "unseen": 10}, {"unseen": 1000})

    assert same is not None
    assert same < 0.001
    assert swapped is not None
    assert swapped > 5


def test_too_few_say_nothing():
    assert psi({"a": MINIMUM - 1}, {"a": 10_000}) is None


@given(COUNTS, COUNTS)
def test_psi_is_never_negative_and_the_same_both_ways(one: dict[str, int], other: dict[str, int]):
    found, back = psi(one, other), psi(other, one)

    assert (found is None) == (back is None)
    if found is not None and back is not None:
        assert found >= 0
        assert math.isclose(found, back, abs_tol=1e-9)


def test_ks_by_hand():
    assert ks([1, 2, 3, 4], [1, 2, 3, 4]) == 0
    assert ks([1, 2], [3, 4]) == 1
    assert ks([1, 2, 3, 4], [3, 4, 5, 6]) == 0.5


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_two_samples_of_one_population_stay_below_the_limit_and_of_two_go_above(shift: float):
    chance = random.Random(3)
    one, other = ([chance.gauss(move, 1) for _ in range(500)] for move in (0, shift))

    assert (ks(one, other) > ks_limit(500, 500)) == bool(shift)
