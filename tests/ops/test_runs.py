from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.tables import TABLES
from domain.training_run import SITE
from ops import runs
from ops.progress import console
from tests.domain.test_training_run import ENDED_AT, run
from tests.evaluations import GOOD, sure
from tests.offline_shop import line, opened_for_many
from warehouse import refresh

BETTER = replace(
    GOOD,
    parameters={"nearness": 2.0},
    metrics={**GOOD.metrics, "mrr_20_all": sure(0.4)},
    points=(GOOD.points[0], replace(GOOD.points[0], metric=0.3)),
)


def logged(event: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    nobody = {"client_id": None, "items": None}
    return line(**{**event, **nobody}, seconds=seconds, site=SITE, source="training")


@pytest.fixture(scope="module")
def found() -> Iterator[list[runs.Run]]:
    """Two runs that went through the warehouse; the first was told twice."""
    with opened_for_many() as shop:
        first, later = run(), ENDED_AT + timedelta(days=1)
        second = run(BETTER, job="job-2", version=4, status="Rejected", ended_at=later)
        shop.send(*(logged(first, seconds=n) for n in (1, 2)), logged(second, seconds=3), line("e1"))
        shop.transform("staging")
        (table,) = (table for table in TABLES if table.full_name == "marts.training_runs")
        refresh.declare(shop.connection, [table])
        refresh.refresh(shop.connection, table)
        assert shop.violations() == {}
        yield runs.of(shop.connection)


def test_runs_come_from_the_log_the_newest_first(found: list[runs.Run]):
    assert [(each.run_id, each.name, each.status) for each in found] == [
        ("job-2", "next_item/4", "Rejected"),
        ("job-1", "next_item/3", "Approved"),
    ]
    assert found[1].primary == 0.3
    assert found[1].cost_usd == 0.0008
    assert found[0].metrics["searched_mrr_20_all"] == [0.35, 0.3]
    assert found[1].ended_at == datetime(2026, 11, 22, 10, tzinfo=UTC).replace(tzinfo=None)


def test_the_leaderboard_has_the_best_first_whatever_became_of_it(found: list[runs.Run]):
    page = runs.page(found)

    assert page.index("job-2") < page.index("job-1")
    assert '<span class="bad">Rejected</span>' in page
    assert "<polyline" in page
    assert "<script" not in page


def test_two_runs_side_by_side_show_what_differs(found: list[runs.Run]):
    first, second = runs.find(found, "job-1"), runs.find(found, "next_item/4")

    with console.capture() as said:
        console.print(runs.beside(first, second))

    lines = {text.split("│")[1].strip(): text for text in said.get().splitlines() if text.count("│") == 5}
    assert "+0.1" in lines["mrr_20_all"]
    assert "-1" in lines["parameter nearness"]
    assert "differs" in lines["status"]
    assert "differs" not in lines["snapshot_id"]


def test_a_run_that_is_not_there_is_named(found: list[runs.Run]):
    with pytest.raises(runs.NoSuchRun, match="next_item/9"):
        runs.find(found, "next_item/9")


def test_without_any_run_the_page_says_so():
    assert "None yet." in runs.page([])
