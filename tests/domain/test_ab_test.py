import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ab_test import Arm, days_needed, judge, mismatch, visitors_needed


def arms(visitors: int, one: int, other: int, *, share: float = 0.5) -> tuple[Arm, Arm]:
    return (
        Arm(name="champion", share=1 - share, visitors=visitors, successes=one),
        Arm(name="challenger", share=share, visitors=visitors, successes=other),
    )


def test_the_sample_size_of_the_textbook():
    # 10 % against 12 %, 80 % power at 5 %, two-sided: 3,841 per arm (R: power.prop.test gives 3840.85)
    assert visitors_needed(0.10, 0.02) == 3841
    assert visitors_needed(0.12, -0.02) == 3841


@pytest.mark.parametrize(("rate", "effect"), [(0.0, 0.1), (0.9, 0.2), (0.1, 0.0), (0.1, -0.1)])
def test_a_test_of_nothing_is_refused(rate: float, effect: float):
    with pytest.raises(ValueError, match="between 0 and 1"):
        visitors_needed(rate, effect)


def test_the_smaller_arm_decides_how_many_whole_weeks_it_takes():
    assert days_needed(3841, share=0.5, visitors_per_day=1000) == 14
    assert days_needed(3841, share=0.1, visitors_per_day=1000) == 42


def test_the_sample_ratio_by_hand():
    # 1,000 visitors, 500 expected each: (530-500)^2/500 * 2 = 3.6, of which the tail is 0.0578
    one, other = (Arm(name=name, share=0.5, visitors=n, successes=0) for name, n in (("a", 530), ("b", 470)))

    assert math.isclose(mismatch(one, other), 0.0578, abs_tol=1e-4)
    assert mismatch(*arms(0, 0, 0)) == 1.0


def test_a_split_that_follows_uneven_shares_is_no_mismatch():
    one = Arm(name="a", share=0.9, visitors=9000, successes=0)
    other = Arm(name="b", share=0.1, visitors=1000, successes=0)

    assert mismatch(one, other) == 1.0


def test_the_ratio_by_hand():
    # rates 0.100 and 0.125 of 4,000, with one more success and failure:
    # V = 0.1002*0.8998/4000 + 0.1252*0.8748/4000 = 4.992e-5, lead 0.025, tau 0.02:
    # Lambda = sqrt(V/(V+4e-4)) exp(4e-4*6.25e-4/(2V(V+4e-4))) = 87.7
    found = judge(*arms(4000, 400, 500), effect=0.02)

    assert math.isclose(found.lead, 0.025)
    assert math.isclose(1 / found.p_value, 87.7, rel_tol=0.02)
    assert found.decision == "challenger"
    assert found.low > 0


@given(st.integers(1, 5000), st.floats(0.001, 0.2), st.data())
def test_the_interval_excludes_nothing_exactly_where_the_verdict_falls(
    visitors: int, effect: float, data: st.DataObject
):
    one, other = (data.draw(st.integers(0, visitors)) for _ in range(2))

    found = judge(*arms(visitors, one, other), effect=effect)

    assert 0 <= found.p_value <= 1
    assert found.low <= found.lead <= found.high
    if not math.isclose(found.p_value, 0.05, rel_tol=1e-6):
        assert (found.decision != "wait") == (found.low > 0 or found.high < 0)


def test_whoever_looks_every_hundred_visitors_still_errs_in_one_of_twenty_tests_at_most():
    chance = random.Random(1)
    tests, false_alarms, naive_alarms = 300, 0, 0
    for _ in range(tests):
        one = other = seen = 0
        is_called = is_naively_called = False
        while seen < 5000:
            seen += 100
            one += sum(chance.random() < 0.1 for _ in range(100))
            other += sum(chance.random() < 0.1 for _ in range(100))
            found = judge(*arms(seen, one, other), effect=0.02)
            is_called |= found.decision != "wait"
            deviation = math.sqrt(2 * 0.09 / seen)
            is_naively_called |= abs(found.lead) > 1.96 * deviation
        false_alarms += is_called
        naive_alarms += is_naively_called

    assert false_alarms / tests <= 0.05
    assert naive_alarms / tests > 0.2  # what a test meant for one look does


def test_a_real_difference_is_found_with_about_the_planned_visitors():
    chance = random.Random(2)
    needed, found = visitors_needed(0.1, 0.03), 0
    for _ in range(100):
        one, other = (sum(chance.random() < rate for _ in range(2 * needed)) for rate in (0.1, 0.13))
        found += judge(*arms(2 * needed, one, other), effect=0.03).decision == "challenger"

    assert found >= 80
