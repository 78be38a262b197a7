import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from domain.contract import Contract
from training import leaks, split
from training.next_item import recipe

AS_OF = datetime(2020, 6, 9, tzinfo=UTC)

Columns = Mapping[str, list[Any]]


def found(columns: Columns, *, contract: Contract = recipe.CONTRACT, as_of: datetime = AS_OF) -> list[str]:
    data = recipe.load(columns)
    past, test = split.by_days(data, days=3)
    return leaks.find(contract, recipe, data, past=past, test=test, as_of=as_of)


def test_a_sound_snapshot_leaks_nothing(columns: Columns):
    assert found(columns) == []


def test_a_label_among_the_features_is_found(columns: Columns):
    contract = replace(recipe.CONTRACT, features=(*recipe.CONTRACT.features, "next_item"))

    assert found(columns, contract=contract) == ["the label next_item is a feature"]


def test_events_after_the_moment_of_the_snapshot_are_found(columns: Columns):
    assert found(columns, as_of=datetime(2020, 6, 8, tzinfo=UTC)) == [
        "40 sessions ended after 2020-06-08T00:00:00+00:00"
    ]


def test_a_session_that_is_there_twice_is_found(columns: Columns):
    doubled = {name: [*values, values[0]] for name, values in columns.items()}

    assert found(doubled) == ["1 sessions are there more than once"]


def test_a_session_in_both_parts_is_found(columns: Columns):
    """The same key with a look of long ago and one of the last days."""
    doubled = {
        **{name: [*values, values[0]] for name, values in columns.items()},
        "OCCURRED_AT_MS": [*columns["OCCURRED_AT_MS"], columns["OCCURRED_AT_MS"][-1]],
        "ITEM_IDS": [*columns["ITEM_IDS"], columns["ITEM_IDS"][-1]],
    }

    assert "1 sessions are in the test and in what was learned from" in found(doubled)


def test_what_only_the_model_can_see_is_asked_of_it(columns: Columns):
    twice = {
        **columns,
        "ITEM_IDS": ['["a", "a"]'] * len(columns["ITEM_IDS"]),
        "OCCURRED_AT_MS": [
            f"[{moments[1:].split(',')[0]}, {moments[1:].split(',')[0]}]"
            for moments in columns["OCCURRED_AT_MS"]
        ],
    }

    assert found(twice) == ["100.0% of looks go to the item just looked at"]


def test_events_after_the_moment_that_is_predicted_are_found(columns: Columns):
    backwards = [json.dumps(json.loads(moments)[::-1]) for moments in columns["OCCURRED_AT_MS"][:3]]
    later_first = {**columns, "OCCURRED_AT_MS": [*backwards, *columns["OCCURRED_AT_MS"][3:]]}

    assert "3 sessions are not in the order of time" in found(later_first)


@pytest.mark.parametrize(
    ("value_N", "is_found"),
    [
        ([1.0, 2.0, 3.0, 4.0], True),
        ([4.0, 3.0, 2.0, 1.0], True),  # in whichever direction
        ([1.0, 3.0, 2.0, 4.0], False),  # three of four pairs in order
        ([1.0, 1.0, 1.0, 1.0], False),
    ],
)
def test_a_feature_that_tells_the_label_alone_is_found(value_N: list[float], is_found: bool):
    label_N = np.array([False, False, True, True])

    found = leaks.near_perfect({"after_the_fact": np.array(value_N)}, label_N)

    assert bool(found) is is_found
    assert all(leak.startswith("after_the_fact alone tells the label, AUC ") for leak in found)
