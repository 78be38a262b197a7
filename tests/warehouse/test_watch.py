"""What the watch asks, on planted days: a calm one, one of swapped ids, one of looks without items."""

from collections.abc import Iterator

import pytest

from lambdas.watch import inputs
from tests.offline_shop import Shop, line, opened_for_many
from warehouse import run

DAY = 86_400
ITEMS = [f"item-{number}" for number in range(20)]
LEARNED, NOW = "2026-01-11 00:00:00", "2026-01-13 00:00:00"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Ten days of looks; then three shops whose last day differs."""
    with opened_for_many() as shop:
        lines = []
        for site in ("calm", "swapped", "empty"):
            for day in range(12):
                for look in range(60):
                    item = ITEMS[look * look % 20]
                    is_last = day == 11
                    if is_last and site == "swapped":
                        item = f"new-{item}"
                    event = {"items": None} if is_last and site == "empty" else {}
                    lines.append(
                        line(
                            f"{site}-{day}-{look}",
                            seconds=day * DAY + look * 1000,
                            site=site,
                            item=item,
                            client_id=f"c{look % 7}",
                            **event,
                        )
                    )
        shop.send(*lines)
        shop.transform()
        yield shop


def found(shop: Shop, site: str) -> dict[str, float]:
    """As the watch sees one shop: the query is over all, so the others are taken out for it."""
    asked = {"learned_until": LEARNED, "as_of": NOW, "model": "next_item", "version": "1"}
    shop.rows("begin")
    try:
        for table in ("intermediate.session_events", "intermediate.item_events", "intermediate.sessions"):
            shop.rows(f"delete from {table} where site <> '{site}'")
        [rows] = run.run(shop.connection, "watch/inputs", **asked)
    finally:
        shop.rows("rollback")
    return inputs([{**row, "seen": int(row["seen"]) * 10} for row in rows])


def test_a_calm_day_is_no_drift(shop: Shop):
    calm = found(shop, "calm")

    assert calm["InputDrift"] < 0.1
    assert calm["NewItemShare"] == 0


def test_swapped_item_ids_are_all_unseen(shop: Shop):
    swapped = found(shop, "swapped")

    assert swapped["InputDrift_popularity"] > 1
    assert swapped["NewItemShare"] == 1


def test_looks_without_items_are_a_drift(shop: Shop):
    assert found(shop, "empty")["InputDrift_popularity"] > 1


def test_every_question_has_an_answer_where_there_is_nothing(shop: Shop):
    asked = {"learned_until": LEARNED, "as_of": NOW, "model": "next_item", "version": "1"}

    for name in ("scores", "quality", "sessions"):
        assert run.run(shop.connection, f"watch/{name}", **asked) == [[]]
    fresh, volume, business = run.run(shop.connection, "watch/traffic", as_of=NOW)
    assert fresh[0]["freshness_minutes"] > 0
    assert volume[0]["weeks"] == 0
    assert business[0]["sessions"] > 0
