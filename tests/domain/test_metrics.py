import pytest

from domain.metrics import Rank, rank_of, reciprocal


def test_the_first_place_has_rank_one():
    assert rank_of("a", ["a", "b", "c"]) == 1
    assert rank_of("c", ["a", "b", "c"]) == 3


def test_an_item_that_was_not_ranked_is_a_miss():
    assert rank_of("z", ["a", "b", "c"]) is None
    assert rank_of("z", []) is None


@pytest.mark.parametrize(("rank", "expected"), [(1, 1), (4, 1 / 4), (None, 0)])
def test_a_rank_counts_by_its_reciprocal_and_a_miss_not_at_all(rank: Rank, expected: float):
    assert reciprocal(rank) == expected
