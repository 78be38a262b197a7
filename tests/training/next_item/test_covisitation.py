import pytest

from tests.training.next_item.sessions import sessions_of
from training.next_item.covisitation import Covisitation


@pytest.fixture
def beside() -> Covisitation:
    return Covisitation(sessions_of(["a", "b", "c"], ["a", "b"], ["d", "a"], ["e", "x", "x", "x", "f"]))


def test_what_stood_nearest_most_often_comes_first_whichever_way(beside: Covisitation):
    assert beside.suggested(["a"], k=20) == ["b", "d", "c"]  # 2, 1 and 1/2
    assert beside.suggested(["a"], k=1) == ["b"]


def test_earlier_items_of_the_session_count_less(beside: Covisitation):
    assert beside.suggested(["d", "b"], k=20) == ["a", "c"]  # a: 2 + 1/2


def test_what_is_out_of_reach_does_not_count(beside: Covisitation):
    assert "f" not in beside.suggested(["e"], k=20)


def test_an_unknown_item_has_nothing_beside_it(beside: Covisitation):
    assert beside.suggested(["unheard of"], k=20) == []
