"""The plan of a replay: which hours are read again, which tables are made anew, in which order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tables import TABLES, Table
from ops.docs import relations, statements
from warehouse.replay import Scope, WrongScope, made_from

HOUR = timedelta(hours=1)
HOURS = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2028, 1, 1)).map(
    lambda at: at.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
)


def hours(since: datetime, until: datetime) -> Iterator[datetime]:
    while since < until:
        yield since
        since += HOUR


def test_without_a_table_the_whole_log_is_read_and_everything_made():
    scope = Scope()

    assert scope.folders == ("",)
    assert scope.steps == (
        "raw.events",
        "raw.rejects",
        *(table.full_name for table in TABLES),
        "publish",
    )


def test_a_table_is_made_with_what_is_made_from_it_and_nothing_else():
    assert Scope(table="staging.rejects").steps == ("raw.rejects", "staging.rejects", "publish")
    assert Scope(table="marts.catalogue").steps == ("marts.catalogue", "publish")
    steps = Scope(table="marts.predictions").steps
    assert steps == ("marts.predictions", "marts.prediction_outcomes", "publish")
    assert "marts.purchase_intent_sessions" in Scope(table="intermediate.session_events").steps


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_what_a_table_is_made_from_is_what_its_statements_read(table: Table):
    files = [table.file, *(["operations/touched_visitors"] if table.by_visitor else [])]
    read = {name for file in files for tree in statements.trees(file) for name in relations.reads(tree)}
    through_views = {"staging.events"} if read & {"staging.changes"} else set()

    names = {other.full_name for other in TABLES} - {table.full_name}
    assert made_from(table) == (read | through_views) & names


@given(since=HOURS, length=st.integers(min_value=1, max_value=20000))
def test_folders_hold_the_hours_asked_for_and_no_other(since: datetime, length: int):
    until = since + length * HOUR

    folders = Scope(since=since, until=until).folders

    named = [f"{hour:%Y/%m/%d/%H}/" for hour in hours(since, until)]
    assert len(folders) <= len(named)
    at = iter(named)
    left = [next(at, "")]
    for folder in folders:
        assert left[0].startswith(folder)
        while left[0].startswith(folder):
            left[0] = next(at, "")
    assert left == [""]


def test_a_whole_month_is_one_folder():
    scope = Scope.of({"from": "2026-02-01T00", "to": "2026-03-01T00"})

    assert scope.folders == ("2026/02/",)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"table": "marts.nothing"}, "table: 'marts.nothing' is not one of staging.events, "),
        ({"from": "2026-02-01T00"}, "from and to: give both hours"),
        ({"from": "2026-02-01", "to": "2026-02-02T00"}, "from: '2026-02-01' is not an hour like"),
        ({"from": "2026-02-01T00", "to": "2026-02-01T00"}, "to: 2026-02-01T00 is not after from"),
        (
            {"table": "marts.catalogue", "from": "2026-02-01T00", "to": "2026-02-02T00"},
            "marts.catalogue is made from other tables",
        ),
    ],
)
def test_a_scope_that_cannot_be_is_refused_with_the_reason(request_: dict[str, str], reason: str):
    with pytest.raises(WrongScope, match=reason):
        Scope.of(request_)
