import json
from typing import Any

import numpy as np
import pytest

from training.purchase_intent import recipe
from training.purchase_intent.features import FEATURES, MAX_EVENTS
from training.purchase_intent.sessions import Sessions
from training.recipe import EmptySnapshot

Columns = dict[str, list[Any]]


def first(columns: Columns, count: int) -> Columns:
    return {name: values[:count] for name, values in columns.items()}


def test_every_beginning_of_a_session_is_a_row_and_a_session_counts_once(columns: Columns):
    sessions = recipe.load(first(columns, 20))

    lengths = sorted(len(json.loads(names)) for names in columns["EVENT_NAMES"][:20])
    assert sorted(sessions.length_S.tolist()) == lengths
    assert sessions.x_NF.shape == (sum(lengths), len(FEATURES))
    assert sessions.place_N[: sessions.length_S[0]].tolist() == list(range(1, sessions.length_S[0] + 1))
    assert np.bincount(sessions.session_N, weights=sessions.weight_N) == pytest.approx(1)


def test_the_order_of_the_rows_does_not_matter(columns: Columns, sessions: Sessions):
    turned = recipe.load({name: values[::-1] for name, values in columns.items()})

    assert turned.key_S.tolist() == sessions.key_S.tolist()
    assert (turned.x_NF == sessions.x_NF).all()


def test_a_part_of_the_sessions_keeps_all_that_belongs_to_them(columns: Columns, sessions: Sessions):
    kept = sessions.where(sessions.bought_S)

    assert kept.bought_S.all()
    assert len(kept) == sum(columns["HAS_PURCHASE"])
    assert len(kept.x_NF) == kept.length_S.sum() == sum(len(events) for events in kept.events())


def test_of_a_long_session_as_much_counts_as_a_request_holds(columns: Columns):
    one = first(columns, 1)
    names = ["EVENT_NAMES", "OCCURRED_AT_MS", "ITEM_IDS", "EVENT_VALUES"]
    endless = {**one, **{name: [json.dumps(json.loads(one[name][0]) * 60)] for name in names}}

    assert recipe.load(endless).length_S.tolist() == [MAX_EVENTS]


def test_a_visitor_returns_from_the_second_session_on(columns: Columns):
    two = first(columns, 2)

    sessions = recipe.load({**two, "CLIENT_ID": ["the same", "the same"]})

    assert sessions.is_returning_S.tolist() == [False, True]


def test_a_snapshot_without_a_session_is_an_error(columns: Columns):
    with pytest.raises(EmptySnapshot):
        recipe.load(first(columns, 0))
