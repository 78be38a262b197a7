from datetime import datetime

import pytest

from tests.training.top_items.conftest import Columns, columns_of
from training.recipe import EmptySnapshot
from training.top_items import recipe

JUNE = [datetime(2020, 6, day) for day in range(1, 31)]


def test_facts_are_in_the_order_of_time_wherever_they_come_from(columns: Columns):
    turned = recipe.load({name: values[::-1] for name, values in columns.items()})

    assert turned.key_S.tolist() == recipe.load(columns).key_S.tolist()
    assert (turned.at_ms_S[1:] >= turned.at_ms_S[:-1]).all()


def test_what_a_customer_knew_before_is_counted_by_item():
    facts = recipe.load(
        columns_of(
            ("ann", "view_item", "a", JUNE[0]),
            ("bob", "view_item", "a", JUNE[1]),
            ("ann", "purchase", "a", JUNE[2]),
            ("ann", "view_item", "b", JUNE[3]),
            ("ann", "view_item", "c", JUNE[4]),
        )
    )

    assert facts.is_first_S.tolist() == [True, True, False, True, True]
    assert facts.items_before_S.tolist() == [0, 0, 1, 1, 2]


def test_a_part_keeps_what_was_known_of_the_whole(columns: Columns):
    facts = recipe.load(columns)

    kept = facts.where(~facts.is_first_S)

    assert 0 < len(kept) < len(facts)
    assert (kept.items_before_S > 0).all()
    assert not kept.is_first_S.any()


def test_moments_are_utc():
    assert recipe.load(columns_of(("ann", "purchase", "a", datetime(1970, 1, 2)))).at_ms_S.tolist() == [
        86_400_000
    ]


def test_a_snapshot_without_facts_is_an_error():
    with pytest.raises(EmptySnapshot):
        recipe.load(columns_of())
