import pytest

from domain.contract import Check, Search


@pytest.mark.parametrize(
    ("check", "value", "is_passed"),
    [
        (Check(name="c", meaning="", at_least=0.5), 0.5, True),
        (Check(name="c", meaning="", at_least=0.5), 0.4999, False),
        (Check(name="c", meaning="", at_most=0.5), 0.5, True),
        (Check(name="c", meaning="", at_most=0.5), 0.5001, False),
        (Check(name="c", meaning="", at_least=0, at_most=1), 2, False),
        (Check(name="c", meaning="", at_least=0), float("nan"), False),
        (Check(name="c", meaning=""), -7, True),
    ],
)
def test_a_check_passes_within_its_limits(check: Check, value: float, is_passed: bool):
    assert check.is_passed(value) is is_passed


def test_limits_are_told():
    assert Check(name="c", meaning="", at_least=0.25, at_most=1).limits == "at least 0.25 and at most 1"


def test_a_search_starts_from_the_first_values():
    assert Search(space={"a": (1, 2), "b": (True,)}, points=1).first == {"a": 1, "b": True}
    assert Search(space={}, points=1).first == {}
