import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rollout import Limits, Seen, at_least, judge

LIMITS = Limits(minimum_answers=100)
OLD = Seen(answers=900, errors=0, fallbacks=90, p99_ms=4.0)


def decide(*, is_time_up: bool = True, **seen: float) -> tuple[str, str]:
    values = {"answers": 100, "errors": 0, "fallbacks": 10, "p99_ms": 4.0, **seen}
    found = judge(Seen(**values), OLD, LIMITS, is_time_up=is_time_up)  # type: ignore[arg-type]  # whole where they must be
    return found.decision, "; ".join(found.reasons)


def test_enough_good_answers_for_long_enough_are_good():
    assert decide() == ("good", "")
    assert decide(is_time_up=False) == ("wait", "")
    assert decide(answers=99) == ("wait", "")


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"answers": 95, "errors": 5}, "5 of 100 requests failed, 1% are allowed"),
        ({"answers": 0, "errors": 2, "p99_ms": None}, "2 of 2 requests failed"),
        ({"fallbacks": 40}, "40% of 100 answers came without the model, 10% before"),
        ({"p99_ms": 51.0}, "took up to 51.0 ms, 50.0 are allowed"),
    ],
)
def test_a_broken_limit_is_bad_before_the_time_is_up(seen: dict[str, float], reason: str):
    decision, reasons = decide(is_time_up=False, **seen)

    assert decision == "bad"
    assert reason in reasons


@pytest.mark.parametrize(
    "seen",
    [
        {"answers": 99, "errors": 1},  # one of a hundred happens
        {"fallbacks": 25},  # with 100 answers, 25 % are within chance of 20 %
        {"p99_ms": 49.0},
        {"answers": 20, "fallbacks": 20},  # too few to say
    ],
)
def test_what_chance_may_bring_about_is_not_bad(seen: dict[str, float]):
    assert decide(**seen)[0] != "bad"


def test_a_slow_predecessor_makes_a_slow_successor_no_worse():
    slow = Seen(answers=900, errors=0, fallbacks=90, p99_ms=100.0)

    assert judge(Seen(answers=100, errors=0, fallbacks=10, p99_ms=199), slow, LIMITS, is_time_up=True) == (
        judge(Seen(answers=100, errors=0, fallbacks=10, p99_ms=1), slow, LIMITS, is_time_up=True)
    )


COUNTS = st.integers(0, 3000)
SEEN = st.builds(Seen, answers=COUNTS, errors=COUNTS, fallbacks=COUNTS, p99_ms=st.none() | st.floats(0, 1e4))


@given(SEEN, SEEN, st.booleans())
def test_whatever_the_metrics_say_there_is_a_verdict(new: Seen, old: Seen, is_time_up: bool):
    """They arrive one by one: of answers that all are fallbacks, more may be known as these."""
    assert judge(new, old, LIMITS, is_time_up=is_time_up).decision in ("good", "bad", "wait")


def test_the_tail_by_hand():
    # three throws of a coin: two or three heads in 4 of 8 cases
    assert math.isclose(at_least(2, of=3, share=0.5), 0.5)
    assert at_least(0, of=3, share=0.5) == 1.0


@given(st.integers(1, 3000), st.floats(0.001, 0.5), st.data())
def test_the_tail_is_a_probability_that_falls_with_the_count(of: int, share: float, data: st.DataObject):
    count = data.draw(st.integers(1, of))

    more, fewer = (at_least(n, of=of, share=share) for n in (count, count - 1))
    assert 0 <= more <= fewer + 1e-9 <= 1 + 1e-9
