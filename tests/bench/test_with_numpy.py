"""The bench compares what both say before it times them."""

import numpy as np
import pytest

from bench import with_numpy
from ops.progress import console


def test_both_ways_are_measured_on_the_same_answers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(with_numpy, "REQUESTS", 20)
    monkeypatch.setattr(with_numpy, "IMPORTS", 1)

    with console.capture() as captured:
        assert with_numpy.main(["--sessions", "2000", "--neighbours", "50"]) == 0

    assert "plain Python" in captured.get()


@pytest.mark.parametrize(("items", "scores"), [([1, 2], [0.5, 0.26]), ([1, 3], [0.5, 0.25]), ([1], [0.5])])
def test_another_answer_ends_it(items: list[int], scores: list[float]):
    with pytest.raises(AssertionError):
        with_numpy.check({1: 0.5, 2: 0.25}, np.array(items, dtype="u4"), np.array(scores))
