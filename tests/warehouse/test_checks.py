"""What the checks find: each is shown one thing that it is there for."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.tables import TABLES, of_layer
from lambdas import transform
from tests.offline_shop import AS_OF, Shop, line
from warehouse import checks, refresh, run

RECONCILED = "Raw lines are staged events and their duplicates, hour by hour"
ANSWERED = "Every prediction that was counted is in the log, hour by hour"
COUNTED = "What the collector counted is in the log, hour by hour, no line less and no line more"
USUAL = "The last whole hour has as many events as the same hour of past weeks, give or take"
PREDICTION = {"name": "prediction", "model": "m", "version": "1", "tier": "model", "source": "predict"}
FRESH = "The newest event of a site is less than a day old"


@pytest.fixture(scope="module")
def transformed(opened: Shop) -> Shop:
    opened.forget()
    opened.send(
        line("e1", source="collector"),
        line("e1", source="collector"),
        line("e2", seconds=60, name="add_to_cart", source="collector"),
        line("e3", seconds=90, name="purchase", transaction_id="t1", value=5, source="collector"),
        line("e4", seconds=120, name="search", search_term="tea", source="collector"),
        line("p1", seconds=30, **PREDICTION),
    )
    opened.transform()
    assert opened.violations() == {}
    return opened


@pytest.fixture
def visited(transformed: Shop) -> Iterator[Shop]:
    """What a test does to the tables is taken back."""
    transformed.rows("begin")
    yield transformed
    transformed.rows("rollback")


def found(shop: Shop, table: str, name: str) -> int:
    [checked] = [t for t in TABLES if t.full_name == table]
    results = checks.results(shop.connection, checked, is_first=False)
    return next(result.offending_rows for result in results if result.name == name)


def test_every_table_has_checks_that_are_named_and_weighed():
    for table in TABLES:
        assert {check.severity for check in checks.of(table, is_first=False)} <= {"stop", "warn"}
        assert checks.of(table, is_first=False)


def test_a_query_without_a_name_is_refused():
    with pytest.raises(checks.UnnamedCheck, match=r"staging/events\.sql"):
        checks._check(of_layer("staging")[0], "select 1 as one")


@pytest.mark.parametrize(
    ("planted", "table", "name"),
    [
        ("delete from staging.events where event_id = 'e2'", "staging.events", RECONCILED),
        (
            "delete from raw.events where src_row = 3",
            "staging.events",
            "Every staged event is a line of the log",
        ),
        (
            "insert into staging.events select * from staging.events where event_id = 'e1'",
            "staging.events",
            "One row per site and event_id",
        ),
        (
            "update staging.events set name = null where event_id = 'e1'",
            "staging.events",
            "Every event has a name and a time",
        ),
        (
            "update staging.events set name = 'wishlist' where event_id = 'e1'",
            "staging.events",
            "Names are those of the contract",
        ),
        (
            "delete from intermediate.session_events where event_id = 'e1'",
            "intermediate.session_events",
            "Every event of a visitor is in a session, every other is in none",
        ),
        (
            "update intermediate.session_events set client_id = 'c9' where event_id = 'e1'",
            "intermediate.session_events",
            "Every event of a visitor is in a session, every other is in none",
        ),
        (
            "insert into intermediate.sessions select * from intermediate.sessions",
            "intermediate.sessions",
            "One row per session_key",
        ),
        (
            "update intermediate.sessions set ended_at = dateadd('day', -1, started_at)",
            "intermediate.sessions",
            "A session ends after it starts",
        ),
        (
            "update intermediate.sessions set event_count = 9",
            "intermediate.sessions",
            "Sessions and their events tell the same number",
        ),
        (
            "insert into intermediate.item_events select * from intermediate.item_events limit 1",
            "intermediate.item_events",
            "One row per site, event_id and position",
        ),
        (
            "update intermediate.orders set event_id = 'e1'",
            "intermediate.orders",
            "An order is a purchase that is there",
        ),
        (
            "update intermediate.orders set refunded_value = 6",
            "intermediate.orders",
            "No more is given back than was paid",
        ),
        (
            "update marts.traffic_hourly set event_count = 99",
            "marts.traffic_hourly",
            "The hours count every event once",
        ),
        (
            "update marts.traffic_daily set event_count = 99",
            "marts.traffic_daily",
            "The days count every event once",
        ),
        (
            "update marts.predictions set tier = 'guess'",
            "marts.predictions",
            "Every answer says which model gave it, and how",
        ),
        (
            "update marts.prediction_outcomes set next_item_at = predicted_at",
            "marts.prediction_outcomes",
            "Nothing follows before the answer",
        ),
    ],
)
def test_a_planted_difference_is_found(visited: Shop, planted: str, table: str, name: str):
    [checked] = [t for t in TABLES if t.full_name == table]
    refresh.refresh(visited.connection, checked)  # so that checks look at what this table touched
    assert found(visited, table, name) == 0

    visited.rows(planted)

    assert found(visited, table, name) == 1


def test_the_rows_that_break_a_check_are_shown(visited: Shop):
    visited.rows("update staging.events set name = null where event_id = 'e2'")
    [checked] = [t for t in TABLES if t.full_name == "staging.events"]

    [result] = [r for r in checks.results(visited.connection, checked, is_first=False) if r.stops]

    assert result.severity == "stop"
    assert [(row["site"], row["event_id"], row["name"]) for row in result.examples] == [("shop", "e2", None)]


def test_what_was_found_is_recorded_once_per_run(visited: Shop):
    results = [result for of_table in visited.found.values() for result in of_table]

    for _ in range(2):
        checks.record(visited.connection, results, run_id="run-1", as_of=AS_OF)

    recorded = visited.rows(
        "select count(*) as n, count(distinct name) as names from operations.check_results"
    )
    assert recorded[0][0] == len(results)


def record_counts(shop: Shop, **counted: int) -> None:
    counters = dict.fromkeys(transform.COUNTERS.values(), 0)
    counts = [{"hour": "2026-01-01 00:00:00", **counters, **counted}]
    for statement in run.statements("operations/record_counts"):
        run.execute(shop.connection, statement, counts=json.dumps(counts))
    refresh.judge_at(shop.connection, datetime(2026, 1, 1, 6, tzinfo=UTC))


@pytest.mark.parametrize(
    ("accepted", "unconfirmed", "offending"),
    [(5, 0, 0), (6, 0, 1), (4, 0, 1), (4, 1, 0), (3, 1, 1)],
)
def test_the_collector_s_counts_are_held_against_the_log(
    visited: Shop, accepted: int, unconfirmed: int, offending: int
):
    """Five lines came by the collector, a copy among them; those that ended in a 503 may be there."""
    record_counts(visited, accepted=accepted, unconfirmed=unconfirmed)

    assert found(visited, "staging.events", COUNTED) == offending


@pytest.mark.parametrize(
    ("answers", "shadow_answers", "offending"), [(0, 0, 0), (1, 0, 0), (2, 0, 1), (1, 1, 1)]
)
def test_an_answer_that_was_given_and_is_not_in_the_log_is_told(
    visited: Shop, answers: int, shadow_answers: int, offending: int
):
    """One is there; a release's own requests are not counted, and are not taken for one."""
    visited.send(line("p2", seconds=40, site="probe", **PREDICTION))
    record_counts(visited, accepted=5, answers=answers, shadow_answers=shadow_answers)

    assert found(visited, "staging.events", ANSWERED) == offending


def test_a_site_without_news_for_a_day_is_told(visited: Shop):
    refresh.judge_at(visited.connection, AS_OF + timedelta(days=1))

    assert found(visited, "staging.events", FRESH) == 1


@pytest.mark.parametrize(("count", "offending"), [(100, 0), (25, 1), (0, 1), (400, 1)])
def test_an_hour_is_held_against_the_same_hour_of_past_weeks(visited: Shop, count: int, offending: int):
    as_of = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    hours = [
        (as_of.replace(minute=0) - timedelta(hours=2, days=7 * week), 100 if week else count)
        for week in range(4)
    ]
    for hour, events in hours:
        visited.rows(
            "insert into marts.traffic_hourly (site, hour, event_count) "
            f"select 'shop' as site, '{run.moment(hour)}'::timestamp_ntz as hour, {events} as event_count"
        )
    refresh.judge_at(visited.connection, as_of)

    assert found(visited, "marts.traffic_hourly", USUAL) == offending
