from domain.metrics import hit_rate, mean_reciprocal_rank, rank_of


def test_the_first_place_has_rank_one():
    assert rank_of("a", ["a", "b", "c"]) == 1
    assert rank_of("c", ["a", "b", "c"]) == 3


def test_an_item_that_was_not_ranked_is_a_miss():
    assert rank_of("z", ["a", "b", "c"]) is None
    assert rank_of("z", []) is None


def test_hit_rate_is_the_share_of_right_answers_found():
    assert hit_rate([1, None, 20, None]) == 0.5


def test_reciprocal_ranks_are_averaged_with_misses_as_zero():
    assert mean_reciprocal_rank([1, 2, 4, None]) == (1 + 1 / 2 + 1 / 4 + 0) / 4
