from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import split
from training.recipe import Booleans, FromTheFuture, Integers, NothingToEvaluate


@dataclass(frozen=True)
class Rows:
    key_S: npt.NDArray[np.object_]
    started_at_S: Integers
    ended_at_S: Integers

    def __len__(self) -> int:
        return len(self.key_S)

    def where(self, keep_S: Booleans) -> "Rows":
        return Rows(self.key_S[keep_S], self.started_at_S[keep_S], self.ended_at_S[keep_S])


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def rows(*about: tuple[str, int, int]) -> Rows:
    keys, started, ended = zip(*about, strict=True)
    return Rows(np.array(keys, dtype=object), np.array(started), np.array(ended))


def days(*about: tuple[str, str, str]) -> Rows:
    return rows(*((key, ms(started), ms(ended)) for key, started, ended in about))


LAST = ("last", "2020-06-10T00:10", "2020-06-10T00:20")


def test_the_last_calendar_days_are_the_test():
    past, test = split.by_days(
        days(
            LAST,
            ("first of the test", "2020-06-08T00:00", "2020-06-08T00:00"),
            ("before it", "2020-06-07T23:59", "2020-06-07T23:59:59.999"),
        ),
        days=3,
    )

    assert past.key_S.tolist() == ["before it"]
    assert test.key_S.tolist() == ["last", "first of the test"]


def test_a_session_that_runs_into_the_test_is_in_neither_part():
    past, test = split.by_days(
        days(
            ("across", "2020-06-07T23:59", "2020-06-08T00:01"),
            ("before", "2020-06-07T12:00", "2020-06-07T12:00"),
            LAST,
        ),
        days=3,
    )

    assert past.key_S.tolist() == ["before"]
    assert test.key_S.tolist() == ["last"]


def test_without_days_before_the_test_there_is_nothing_to_evaluate():
    with pytest.raises(NothingToEvaluate, match="last 3 days"):
        split.by_days(days(LAST), days=3)


def test_a_row_that_ended_after_the_moment_of_the_snapshot_is_refused():
    split.check_past(days(LAST), as_of=datetime(2020, 6, 10, 0, 20, tzinfo=UTC))

    with pytest.raises(FromTheFuture):
        split.check_past(days(LAST), as_of=datetime(2020, 6, 10, 0, 19, 59, tzinfo=UTC))


@given(
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 30)), min_size=1, max_size=30), st.integers(0, 100)
)
def test_nothing_that_is_learned_from_overlaps_what_is_tested(sessions: list[Any], moment_ms: int):
    data = rows(*((str(n), start, start + length) for n, (start, length) in enumerate(sessions)))

    past, test = split.at(data, moment_ms)

    assert set(past.key_S).isdisjoint(test.key_S)
    assert (past.ended_at_S < moment_ms).all() and (test.started_at_S >= moment_ms).all()


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_the_order():
    data = rows(*((f"{number:03}", number, number) for number in range(100)))

    keys = [split.sample(data, at_most=10, seed=seed).key_S.tolist() for seed in (1, 1, 2)]

    assert keys[0] == keys[1] == sorted(keys[0]) != keys[2]
    assert len(set(keys[0])) == 10
    assert split.sample(data, at_most=100, seed=1) is data
