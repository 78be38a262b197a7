"""The promise of every table: refreshed bit by bit or made anew from the log, it is the same."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from domain.tables import TABLES
from tests.offline_shop import Shop, line
from warehouse import checksum, refresh, run

MINUTE = 60
DAY = 24 * 3600
SITES = ("shop", "other")
NAMES = ("view_item", "add_to_cart", "page_view", "search", "purchase", "refund", "prediction")


def checksums(shop: Shop) -> dict[str, checksum.Checksum]:
    return {table.full_name: checksum.of(shop.connection, table) for table in TABLES}


def moment(seconds: float) -> str:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """An event of few visitors on two sites, around the times at which sessions break and days end."""
    name = draw(st.sampled_from(NAMES))
    client = draw(st.sampled_from(["c1", "c2", None]))
    event = line(
        draw(st.sampled_from(["e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"])),
        seconds=draw(st.integers(0, 8)) * 15 * MINUTE + draw(st.sampled_from([-1, 0, 1])) + DAY - 60 * MINUTE,
        site=draw(st.sampled_from(SITES)),
        name=name,
        client_id=client or ("c1" if name == "prediction" else None),
        user_id=draw(st.sampled_from([None, "u1"])) if client else None,
        session_id=draw(st.sampled_from([None, None, "s1"])) if client else None,
        items=[
            {
                "item_id": item,
                "price": draw(st.integers(1, 3)),
                "item_name": draw(st.sampled_from(["A", "B"])),
            }
            for item in draw(st.lists(st.sampled_from("abc"), min_size=1, max_size=2))
        ],
        value=draw(st.sampled_from([None, 5, 12.5])),
        search_term=draw(st.sampled_from(["Tea ", "tea"])) if name == "search" else None,
        transaction_id=draw(st.sampled_from(["t1", "t2"])) if name in ("purchase", "refund") else None,
        prediction_id=draw(st.sampled_from([None, "e1", "e2"])),
        **({"model": "m", "version": "1", "tier": "model"} if name == "prediction" else {}),
    )
    if name == "prediction":
        event["event"]["answer"] = {"items": [{"item_id": "a"}, {"item_id": "b"}]}
    event["received_at"] = moment(2 * DAY + draw(st.integers(0, 3)) * 3600)
    return event


@st.composite
def deliveries(draw: st.DrawFn) -> list[tuple[int, list[dict[str, Any]]]]:
    """Batches in the order they are loaded, each with how many minutes ago; with copies and conflicts."""
    lines = draw(st.lists(events(), min_size=1, max_size=24))
    lines += draw(st.lists(st.sampled_from(lines), max_size=6))
    lines = draw(st.permutations(lines))
    cuts = sorted({0, len(lines), *draw(st.lists(st.integers(0, len(lines)), max_size=3))})
    batches = [lines[start:end] for start, end in pairwise(cuts)]
    # a load may commit up to an hour after a younger one
    return [(300 - 50 * number + draw(st.integers(-25, 25)), batch) for number, batch in enumerate(batches)]


def refreshed_bit_by_bit(shop: Shop, batches: list[tuple[int, list[dict[str, Any]]]]) -> dict[str, Any]:
    for minutes_ago, batch in batches:
        shop.send(*batch, minutes_ago=minutes_ago)
        shop.transform()
        assert shop.violations() == {}
    return checksums(shop)


def made_anew(shop: Shop) -> dict[str, Any]:
    shop.forget_tables()
    shop.transform()
    assert shop.violations() == {}
    return checksums(shop)


def replayed(shop: Shop) -> dict[str, Any]:
    """From the files of the lake alone, all loaded at once; tests/lambdas/test_replay.py has the machine."""
    shop.forget_log()
    shop.rows("alter pipe raw.events_pipe refresh")
    return made_anew(shop)


def check(shop: Shop, batches: list[tuple[int, list[dict[str, Any]]]]) -> None:
    shop.forget()
    refreshed = refreshed_bit_by_bit(shop, batches)
    assert made_anew(shop) == refreshed
    assert replayed(shop) == refreshed


def of_site(shop: Shop, site: str) -> dict[str, list[str]]:
    found = {}
    for table in TABLES:
        columns = "* exclude (loaded_at)" if table.layer == "staging" else "*"
        rows = shop.rows(f"select {columns} from {table.full_name} where site = '{site}'")
        found[table.full_name] = sorted(map(repr, rows))
    return found


def check_sites(shop: Shop, batches: list[tuple[int, list[dict[str, Any]]]]) -> None:
    """A site's rows are the same whether another site is there or not."""
    lines = [line for _, batch in batches for line in batch]
    shop.forget()
    shop.send(*lines)
    shop.transform()
    together = {site: of_site(shop, site) for site in SITES}
    for site in SITES:
        shop.forget()
        # the other site's lines stay where they were, so that files and rows have the same names
        shop.send(*(line if line["site"] == site else {} for line in lines))
        shop.transform()
        assert of_site(shop, site) == together[site]


@settings(max_examples=1, suppress_health_check=list(HealthCheck))
@given(batches=deliveries())
def test_no_row_crosses_over_to_another_site(shop: Shop, batches: list[tuple[int, list[dict[str, Any]]]]):
    check_sites(shop, batches)


@pytest.mark.prove
@seed(21)
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(batches=deliveries())
def test_no_row_crosses_over_in_fifty_ways(shop: Shop, batches: list[tuple[int, list[dict[str, Any]]]]):
    check_sites(shop, batches)


@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(batches=deliveries())
def test_refreshing_bit_by_bit_is_the_same_as_making_anew(
    shop: Shop, batches: list[tuple[int, list[dict[str, Any]]]]
):
    check(shop, batches)


@pytest.mark.prove
@seed(20)
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(batches=deliveries())
def test_refreshing_is_the_same_as_making_anew_in_two_hundred_ways(
    shop: Shop, batches: list[tuple[int, list[dict[str, Any]]]]
):
    check(shop, batches)


def test_a_load_that_commits_after_a_younger_one_is_seen(shop: Shop):
    shop.send(line("e2", seconds=1), minutes_ago=1200)
    shop.transform()

    shop.send(line("e1"), minutes_ago=1250)
    shop.transform()

    assert shop.rows("select item_ids from marts.next_item_sessions") == [('["a","a"]',)]
    assert shop.violations() == {}


def test_an_earlier_copy_that_is_loaded_later_takes_the_event_to_another_visitor(shop: Shop):
    shop.send(line("e1", seconds=9, client_id="c2"), minutes_ago=600)
    shop.transform()

    shop.send(line("e1", seconds=5))
    shop.transform()

    assert shop.rows("select client_id from intermediate.sessions") == [("c1",)]
    assert shop.rows("select client_id from marts.next_item_sessions") == [("c1",)]
    assert shop.rows("select customer_id from marts.customer_items") == [("c1",)]


def test_running_again_changes_nothing(shop: Shop):
    shop.send(*(line(f"e{number}", seconds=number * 600, client_id=f"c{number % 3}") for number in range(12)))
    shop.transform()
    once = checksums(shop)

    shop.transform()

    assert checksums(shop) == once


def test_a_refresh_reads_and_writes_only_what_arrivals_concern(shop: Shop):
    shop.send(
        *(line(f"e{n}", seconds=n * 60, client_id=f"c{n}", item=f"i{n}") for n in range(50)), minutes_ago=600
    )
    shop.send(line("other", client_id="c50", item="i50"), minutes_ago=300)
    shop.transform()

    shop.send(line("late", seconds=90, client_id="c7", item="i7"))
    touched = {counts.table: counts for counts in shop.transform()}

    # the last hour of arrivals is read again: "other", and what is new
    assert touched["staging.events"].rows_read == 2
    assert touched["staging.events"].rows_written == 1
    for table in ("intermediate.session_events", "intermediate.sessions", "marts.next_item_sessions"):
        assert touched[table].rows_read <= 3
        assert 2 <= touched[table].rows_written <= 3
    assert shop.rows("select count(*) as n from intermediate.sessions") == [(51,)]


def test_tables_whose_bookkeeping_is_lost_are_not_filled_a_second_time(shop: Shop):
    shop.forget()
    shop.send(
        line("e1"), line("e2", seconds=60, name="search", search_term="tea"), line("e3", client_id="c2")
    )
    shop.transform()
    before = checksums(shop)
    shop.rows("truncate table operations.refreshes")

    shop.transform()

    assert (shop.violations(), checksums(shop)) == ({}, before)


def test_a_first_refresh_that_had_to_wait_for_another_makes_the_same(shop: Shop):
    shop.send(line("e1", name="view_item", items=[{"item_id": "a"}]), line("e2", seconds=60))
    shop.transform()
    before = checksums(shop)

    for table in TABLES:
        for statement in refresh.statements(table, is_first=True):
            run.execute(shop.connection, statement)

    assert checksums(shop) == before


@pytest.mark.parametrize("is_refreshed_between", [False, True])
def test_a_file_that_was_loaded_twice_counts_once(shop: Shop, is_refreshed_between: bool):
    shop.forget()
    shop.send(line("e1"), minutes_ago=30)
    if is_refreshed_between:
        shop.transform()
    later = "dateadd('minute', 1, loaded_at) as loaded_at"
    shop.rows(f"insert into raw.events select * replace ({later}) from raw.events")

    shop.transform()

    assert shop.violations() == {}
    assert shop.rows("select event_id from staging.events") == [("e1",)]
