"""
Each check against numbers that were worked out by hand, on a model whose suggestions are given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.next_item.sessions import PARAMETERS, sessions_of
from training.behaviour import Trial
from training.catalogue import Catalogue
from training.next_item import behaviour, recipe
from training.next_item.predict import Model
from training.next_item.sessions import Sessions

PAST = sessions_of(["a", "b"], ["a", "b"], ["a", "c"], ["d", "e"])  # looks: a 3, b 2, c d e 1
TEST = sessions_of(["a", "b"], ["d", "c"])

Suggestions = Mapping[str, Sequence[str]]  # the last item seen → what is suggested


@pytest.fixture
def trial(tmp_path: Path) -> Trial[Sessions]:
    recipe.fit(PAST, tmp_path, parameters=PARAMETERS, seed=1)
    return on(tmp_path, TEST)


def on(folder: Path, test: Sessions) -> Trial[Sessions]:
    return Trial(
        contract=recipe.CONTRACT,
        recipe=recipe,
        past=PAST,
        test=test,
        folder=folder,
        outcomes=recipe.outcomes(folder, test),
        parameters=PARAMETERS,
        seed=1,
    )


def suggest(monkeypatch: pytest.MonkeyPatch, suggestions: Suggestions) -> None:
    monkeypatch.setattr(Model, "suggested", lambda self, item_ids, *, k: list(suggestions[item_ids[-1]]))


@pytest.mark.parametrize(
    ("suggestions", "expected"),
    [
        ({"a": ["b", "c"], "d": ["e", "a"]}, 1),  # four different ones of four
        ({"a": ["b", "c"], "d": ["b", "c"]}, 0.5),
        ({"a": [], "d": []}, 0),
    ],
)
def test_coverage(trial: Any, monkeypatch: pytest.MonkeyPatch, suggestions: Suggestions, expected: float):
    suggest(monkeypatch, suggestions)

    assert behaviour.coverage(trial) == expected


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ({"x": 10.0, "b": 100.0, "c": 10.0}, 0.5),  # one ten times as dear as what was wanted, one the same
        ({"x": 10.0, "b": 1.0}, 1.0),  # a tenth; the other's price is not known
        ({}, 0),
    ],
)
def test_price_homogeneity(
    trial: Any, monkeypatch: pytest.MonkeyPatch, prices: Mapping[str, float], expected: float
):
    suggest(monkeypatch, {"a": ["x"], "d": ["x"]})
    known = replace(trial, catalogue=Catalogue(names={}, prices=prices))

    assert behaviour.price_homogeneity(known) == pytest.approx(expected)


def test_popularity_bias(trial: Any, monkeypatch: pytest.MonkeyPatch):
    """Suggested are a and a, looked at 3 times each; wanted were b and c, looked at 2 times and once."""
    suggest(monkeypatch, {"a": ["a"], "d": ["a", "unheard of"]})

    assert behaviour.popularity_bias(trial) == 2


@pytest.mark.parametrize(
    ("suggestions", "expected"),
    [
        ({"a": ["b", "c"], "d": ["e", "a"]}, 1),
        ({"a": ["b", "c"], "d": ["c", "b"]}, 0),
        ({"a": ["b", "c"], "d": ["c", "e"]}, 0.5),
        ({"a": ["b", "c"], "d": ["c"]}, 0.5),
    ],
)
def test_diversity(trial: Any, monkeypatch: pytest.MonkeyPatch, suggestions: Suggestions, expected: float):
    suggest(monkeypatch, suggestions)

    assert behaviour.diversity(trial) == expected


def test_being_less_wrong(trial: Any, monkeypatch: pytest.MonkeyPatch):
    """b was wanted and a suggested first, which people did look at with b; for c they did not look at e."""
    suggest(monkeypatch, {"a": ["a", "b"], "d": ["e", "c"]})

    assert behaviour.being_less_wrong(trial) == 0.5


def test_a_right_suggestion_is_not_less_wrong(trial: Any, monkeypatch: pytest.MonkeyPatch):
    suggest(monkeypatch, {"a": ["b"], "d": ["e"]})

    assert behaviour.being_less_wrong(trial) == 0


def test_perturbations(trial: Any, monkeypatch: pytest.MonkeyPatch):
    """The order matters to this model, how many items there are does not."""
    longer = on(trial.folder, sessions_of(["b", "d", "a"]))
    suggest(monkeypatch, {"a": ["b", "c"], "d": ["b", "e"]})

    assert behaviour.dropped_event(longer) == 1
    assert behaviour.swapped_events(longer) == 0.5


def test_head_and_tail(trial: Any):
    """Of five items a alone is the head: it is first after b. After a, c is second and d is not there."""
    both = on(trial.folder, sessions_of(["b", "a"], ["a", "c"], ["a", "d"]))

    assert behaviour.head_and_tail(both) == 0.25


def test_cold_start(trial: Any):
    assert behaviour.cold_start(trial) == 1


def test_staleness_is_told(trial: Any):
    assert behaviour.stale_data(trial) == trial.primary(trial.outcomes)  # there are no older days
