import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.intervals import Draws
from training.measures import mean
from training.recipe import Outcomes


def outcomes(hits: list[float], session_P: list[int] | None = None) -> Outcomes:
    return Outcomes(
        session_P=np.array(session_P or range(len(hits))),
        weight_P=np.ones(len(hits)),
        values={"hit": np.array(hits, dtype=float)},
        slices={},
    )


HIT = mean("hit")


def test_the_value_is_that_of_all_predictions():
    assert Draws.of(4, seed=1).estimate(HIT, outcomes([1, 0, 0, 0])).value == 0.25


def test_two_sessions_draw_each_other_out():
    """Of two sessions a draw has both, or one of them twice: a mean of 0, 1/2 or 1, a quarter at each end."""
    found = Draws.of(2, seed=1, draws=1000).estimate(HIT, outcomes([1, 0]))

    assert (found.low, found.high) == (0, 1)


def test_the_interval_of_a_share_is_about_two_standard_errors_to_each_side():
    hits = [1.0] * 100 + [0.0] * 100

    found = Draws.of(200, seed=1, draws=1000).estimate(HIT, outcomes(hits))

    error = (0.5 * 0.5 / 200) ** 0.5
    assert found.low == pytest.approx(0.5 - 1.96 * error, abs=0.01)
    assert found.high == pytest.approx(0.5 + 1.96 * error, abs=0.01)


def test_sessions_are_drawn_as_wholes():
    """Twenty predictions of two sessions say no more than two."""
    hits, session_P = [1.0] * 10 + [0.0] * 10, [0] * 10 + [1] * 10

    found = Draws.of(2, seed=1).estimate(HIT, outcomes(hits, session_P))

    assert (found.low, found.high) == (0, 1)


def test_a_lead_is_paired():
    """The two disagree by the same everywhere, so the lead is certain though neither rate is."""
    better, worse = outcomes([1.0, 0.5] * 20), outcomes([0.5, 0.0] * 20)

    lead = Draws.of(40, seed=1).lead(HIT, better, worse, is_higher_better=True)

    assert (lead.value, lead.low, lead.high) == (0.5, 0.5, 0.5)


def test_where_lower_is_better_the_lower_one_leads():
    lead = Draws.of(2, seed=1).lead(HIT, outcomes([0, 0]), outcomes([1, 1]), is_higher_better=False)

    assert lead.value == 1


def test_a_part_is_looked_at_alone():
    found = Draws.of(3, seed=1).estimate(HIT, outcomes([1, 0, 0]), where_P=np.array([True, True, False]))

    assert found.value == 0.5


@given(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=30), st.integers(0, 5))
def test_an_interval_holds_what_can_be_and_is_the_same_for_the_same_seed(hits: list[float], seed: int):
    first, second = (Draws.of(len(hits), seed=seed, draws=40).estimate(HIT, outcomes(hits)) for _ in range(2))

    assert 0 <= first.low <= first.high <= 1
    assert first == second
