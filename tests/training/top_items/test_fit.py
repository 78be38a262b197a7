import json
import math
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.top_items.conftest import columns_of
from training.top_items import fit, recipe
from training.top_items.contract import CONTRACT
from training.top_items.facts import Facts

NOW = datetime(2020, 6, 30)
PARAMETERS = {"half_life_days": 10.0, "shrinkage": 1.0, "own": 0.0, "anybody": 0.0, "spread": 0.5}


def batch(
    folder: Path, *rows: tuple[str, str, str, datetime], **parameters: float
) -> dict[str, dict[str, float]]:
    """Customer → item → score, of a batch made from *rows*."""
    recipe.fit(recipe.load(columns_of(*rows)), folder, parameters={**PARAMETERS, **parameters}, seed=1)
    lines = map(json.loads, (folder / "customers.jsonl").read_text().splitlines())
    return {line["customer_id"]: dict(line["items"]) for line in lines}


def looks(*pairs: tuple[str, str]) -> list[tuple[str, str, str, datetime]]:
    return [(customer, "view_item", item, NOW) for customer, item in pairs]


def test_scores_by_hand(tmp_path: Path):
    ann_bob_and_eve = [("ann", "a"), ("ann", "b"), ("bob", "a"), ("bob", "b"), ("bob", "c"), ("eve", "a")]

    found = batch(tmp_path, *looks(*ann_bob_and_eve))

    # a has three customers, b two, c one; two have both a and b, one both a and c
    a_b, a_c = 2 / (math.sqrt(3 * 2) + 1), 1 / (math.sqrt(3) + 1)
    assert found["eve"] == pytest.approx({"b": a_b, "c": a_c}, abs=1e-5)


def test_an_order_says_more_than_a_look_and_yesterday_more_than_last_month(tmp_path: Path):
    pairs = [(f"other-{n}", item) for n in range(3) for item in ("a", "b")]
    pairs += [(f"another-{n}", item) for n in range(3) for item in ("x", "y")]

    looked = batch(tmp_path, *looks(*pairs, ("ann", "a")), ("ann", "purchase", "x", NOW))["ann"]
    aged = batch(tmp_path, *looks(*pairs, ("ann", "a")), ("ann", "view_item", "x", NOW - timedelta(days=10)))[
        "ann"
    ]

    assert looked["y"] == pytest.approx(5 * looked["b"], abs=1e-5)
    assert aged["y"] == pytest.approx(aged["b"] / 2, abs=1e-5)


def test_own_says_how_much_an_item_speaks_for_itself(tmp_path: Path):
    found = batch(tmp_path, *looks(("ann", "a"), ("bob", "a")), own=2.0)

    assert found["ann"] == {"a": 2.0}


def test_what_is_popular_counts_for_everybody_the_most_popular_most(tmp_path: Path):
    found = batch(tmp_path, *looks(("ann", "a"), ("bob", "b"), ("eve", "b")), anybody=3.0)

    assert found["ann"] == found["bob"] == {"b": 3.0, "a": 1.5}


def test_spread_holds_back_what_is_popular(tmp_path: Path):
    pairs = [("ann", "a"), ("bob", "a"), ("bob", "rare"), ("bob", "common")]
    pairs += [(f"other-{n}", "common") for n in range(20)]

    even, spread = (batch(tmp_path, *looks(*pairs), spread=spread)["ann"] for spread in (0.0, 1.0))

    assert even["rare"] == even["common"]
    assert spread["rare"] > 3 * spread["common"]


def test_the_same_facts_make_the_same_bytes(facts: Facts, folder: Path, tmp_path: Path):
    recipe.fit(facts, tmp_path, parameters=CONTRACT.search.first, seed=2)

    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_of_a_crawler_what_counts_most_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fit, "MAX_ITEMS", 2)
    crawler = [("crawler", "view_item", name, NOW - timedelta(days=age)) for age, name in enumerate("abc")]

    found = batch(tmp_path, *crawler, ("ann", "view_item", "c", NOW))

    assert found["ann"] == {}
    assert found["crawler"].keys() == {"a", "b"}


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), max_size=30), st.integers(1, 10))
def test_the_largest_are_those_of_a_stable_sort(values: list[float], count: int):
    best = fit._best(np.array(values, dtype=np.float64), count)

    assert best.tolist() == sorted(range(len(values)), key=lambda place: -values[place])[:count]
