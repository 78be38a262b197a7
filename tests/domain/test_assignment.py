from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from domain.assignment import arm_of, fraction
from domain.layer import Arm


def arms(*shares: float) -> list[Arm]:
    names = ("champion", "challenger", "shadow")
    return [
        Arm(name=name, version=name, digest="", share=share)
        for name, share in zip(names, shares, strict=False)
    ]


@given(st.text(), st.text())
def test_a_place_is_a_share_of_one_whatever_the_id(test_id: str, client_id: str):
    assert 0 <= fraction(test_id, client_id) < 1


def test_a_place_is_the_first_eight_bytes_of_sha256():
    # printf 'colours|anna' | sha256sum
    assert fraction("colours", "anna") == int("fdc5fc351cfe833b", 16) / 2**64


def test_visitors_are_split_by_the_shares_and_another_test_splits_them_anew():
    visitors = [f"visitor-{number}" for number in range(20_000)]

    def split(test_id: str) -> list[str]:
        found = arms(0.8, 0.2, 0.0)
        return [arm_of(found, test_id=test_id, client_id=visitor).name for visitor in visitors]

    first, second = split("colours"), split("sizes")
    counts = Counter(first)
    both = sum(one == other == "challenger" for one, other in zip(first, second, strict=True))
    assert counts.keys() == {"champion", "challenger"}
    assert abs(counts["challenger"] - 4000) < 4 * (20_000 * 0.2 * 0.8) ** 0.5  # four standard deviations
    assert abs(both - 800) < 4 * (20_000 * 0.04 * 0.96) ** 0.5


@given(st.text())
def test_a_release_of_one_model_answers_everybody_with_it(client_id: str):
    assert arm_of(arms(1.0), test_id="", client_id=client_id).name == "champion"
