import numpy as np

from ops.visitors import REST_MS, Arrived, Habits, Visitors, as_ids

VISITS = 2_000


def a_day(visitors: Visitors, *, start_ms: int, end_ms: int) -> Arrived:
    arrived = visitors.arrive(np.full(VISITS, start_ms))
    nothing = np.zeros(VISITS, dtype=np.int64)
    visitors.leave(arrived, ended_ms_V=np.full(VISITS, end_ms), order_V=nothing + 7, cents_V=nothing + 99)
    return arrived


def returning(arrived: Arrived) -> int:
    return int((arrived.place_V >= 0).sum())


def test_nobody_comes_back_before_their_visit_is_well_over() -> None:
    visitors = Visitors(VISITS, np.random.default_rng(1))
    a_day(visitors, start_ms=0, end_ms=10_000)

    too_soon = a_day(visitors, start_ms=10_000 + REST_MS - 1, end_ms=0)
    later = a_day(visitors, start_ms=10_000 + REST_MS, end_ms=0)

    assert returning(too_soon) == 0
    assert returning(later) > 0.1 * VISITS


def test_nobody_comes_twice_in_a_day() -> None:
    visitors = Visitors(VISITS, np.random.default_rng(1))

    for day in range(5):
        arrived = a_day(visitors, start_ms=day * 10**8, end_ms=day * 10**8)

        assert len(np.unique(arrived.number_V)) == VISITS


def test_who_comes_back_may_send_back_their_last_order() -> None:
    visitors = Visitors(VISITS, np.random.default_rng(1))
    a_day(visitors, start_ms=0, end_ms=0)

    arrived = a_day(visitors, start_ms=10**8, end_ms=10**8)

    is_back_V = arrived.place_V >= 0
    assert set(arrived.last_order_V[is_back_V]) == {7}
    assert set(arrived.last_cents_V[~is_back_V]) == {0}


def test_memory_does_not_grow_with_the_days() -> None:
    visitors = Visitors(10, np.random.default_rng(1))  # remembers a hundred

    numbers = [a_day(visitors, start_ms=day * 10**8, end_ms=0).number_V for day in range(3)]

    assert numbers[2].max() > 3_000
    assert numbers[2][numbers[2] <= numbers[1].max()].min() > numbers[1].max() - 100


def test_ids_and_habits_follow_from_a_visitors_number() -> None:
    number_V = np.array([5, 6, 5])

    habits, others = Habits(number_V, salt=16), Habits(number_V, salt=32)

    assert habits.client_id_V[0] == habits.client_id_V[2] != habits.client_id_V[1]
    assert set(habits.client_id_V).isdisjoint(others.client_id_V)


def test_every_16_bytes_are_a_uuid() -> None:
    assert as_ids(bytes(range(16)) * 2) == ["00010203-0405-4607-a809-0a0b0c0d0e0f"] * 2
