"""
Each metric against numbers worked out by hand.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.purchase_intent.metrics import (
    area_under_roc,
    average_precision,
    calibration_error,
    log_loss,
    reliability,
    values_of,
)

VALUES = values_of(np.array([0.9, 0.8, 0.8, 0.4, 0.1]), np.array([True, False, True, True, False]))
EQUAL = np.ones(5)


def test_area_under_roc_is_the_share_of_pairs_in_the_right_order():
    # 0.9 beats both; 0.8 ties with 0.8 and beats 0.1; 0.4 loses to 0.8 and beats 0.1: 2 + 1.5 + 1 of 6
    assert area_under_roc(VALUES, EQUAL) == pytest.approx(4.5 / 6)


def test_a_row_of_weight_two_counts_as_two_rows():
    twice = values_of(np.array([0.9, 0.8, 0.8, 0.4, 0.4, 0.1]), np.array([1, 0, 1, 1, 1, 0], dtype=bool))

    for measure in (area_under_roc, average_precision, log_loss, calibration_error):
        weighted = measure(VALUES, np.array([1.0, 1, 1, 2, 1]))
        assert weighted == pytest.approx(measure(twice, np.ones(6)))


def test_area_under_roc_is_chance_where_nobody_bought():
    assert area_under_roc(VALUES, EQUAL * (1 - VALUES["bought"])) == 0.5


def test_average_precision_is_the_mean_share_of_buyers_down_to_each():
    # 1 of 1 at 0.9, 2 of 3 at 0.8, 3 of 4 at 0.4
    assert average_precision(VALUES, EQUAL) == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


def test_log_loss_is_the_mean_surprise():
    likely = [0.9, 0.2, 0.8, 0.4, 0.9]

    assert log_loss(VALUES, EQUAL) == pytest.approx(-sum(map(math.log, likely)) / 5)


def test_calibration_error_is_the_mean_distance_from_what_happened():
    # |0.9 - 1|, twice |0.8 - 0.5|, |0.4 - 1|, |0.1 - 0|
    assert calibration_error(VALUES, EQUAL) == pytest.approx((0.1 + 2 * 0.3 + 0.6 + 0.1) / 5)


def test_many_probabilities_make_ten_bins_of_equal_weight():
    values = values_of(np.linspace(0, 0.999, 1000), np.arange(1000) % 2 == 0)

    weight_B, predicted_B, happened_B = reliability(values, np.ones(1000))

    assert weight_B.tolist() == [100] * 10
    assert predicted_B[0] == pytest.approx(0.9495, abs=1e-3)
    assert happened_B == pytest.approx(0.5)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=1))
def test_area_under_roc_equals_counting_all_pairs(rows: list[tuple[float, bool]]):
    bought = [probability for probability, is_bought in rows if is_bought]
    rest = [probability for probability, is_bought in rows if not is_bought]
    wins = sum((one > other) + (one == other) / 2 for one in bought for other in rest)
    expected = wins / (len(bought) * len(rest)) if bought and rest else 0.5

    probabilities, labels = zip(*rows, strict=True)
    values = values_of(np.array(probabilities), np.array(labels))

    assert area_under_roc(values, np.ones(len(rows))) == pytest.approx(expected)
