"""Whatever happened to the warehouse: a replay makes it from the log again, or leaves it as it is."""

import gzip
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from domain.other_settings import TransformSettings
from domain.tables import TABLES
from lambdas import platform, replay, transform
from tests import replaying
from tests.offline_shop import DATABASE, LAKE, PLATFORM, SNOWFLAKE, Shop, line, opened_for_many
from tests.replaying import asked, call
from warehouse import checksum, run
from warehouse.checksum import Checksum
from warehouse.rebuild import ReplayRunning

SETTINGS = TransformSettings(
    **SNOWFLAKE, lake_bucket=LAKE, code_version="abc", metrics_namespace="Skiff/test"
)
REBUILD = f"{DATABASE}_REBUILD"


@pytest.fixture(scope="module")
def opened() -> Iterator[Shop]:
    with opened_for_many() as shop:
        yield shop


@pytest.fixture
def shop(opened: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose tables are up to date."""
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    transform.settings.cache_clear()
    opened.forget()
    opened.rows(f"drop table if exists {REBUILD}.operations.replay")
    opened.send(*random_lines(1), minutes_ago=300)
    opened.transform()
    assert opened.violations() == {}
    return opened


def random_lines(seed: int, *, count: int = 30) -> list[dict[str, Any]]:
    """Two hours of three visitors, some events twice."""
    rng = random.Random(seed)
    return [
        line(
            f"e{rng.randrange(25)}",
            seconds=rng.randrange(2 * 3600),
            item=rng.choice("abc"),
            client_id=rng.choice(["c1", "c2", "c3"]),
            name=rng.choice(["view_item", "add_to_cart", "page_view", "purchase", "search"]),
            search_term="red shoes",
            transaction_id=f"t{rng.randrange(9)}",
            value=rng.randrange(100),
        )
        for _ in range(count)
    ]


def contents(shop: Shop) -> dict[str, Checksum]:
    return {table.full_name: checksum.of(shop.connection, table) for table in TABLES}


def put(shop: Shop, *lines: dict[str, Any], hour: str = "00", name: str = "lost") -> None:
    """A file in the lake that the pipe is not told of."""
    text = "\n".join(json.dumps(line) for line in lines)
    key = f"events/2026/01/01/{hour}/{name}.gz"
    shop.account.s3.put_object(Bucket=LAKE, Key=key, Body=gzip.compress(text.encode()))


def drop_everything(shop: Shop) -> None:
    tables = "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
    for schema, name in shop.rows(tables):
        if schema in ("RAW", "STAGING", "INTERMEDIATE", "MARTS", "OPERATIONS"):
            shop.rows(f"drop table {schema}.{name}")


def deploy(shop: Shop) -> None:
    """What the machine asks the platform function for, before anything else."""
    for file in (*platform.BEFORE_TRUST, *platform.AFTER_TRUST):
        if file not in ("platform/roles", "platform/pipes"):  # no effect offline; pipes would load at once
            run.run(shop.connection, file, **PLATFORM)


def test_a_warehouse_that_is_gone_is_made_from_the_log_again(shop: Shop):
    for seed, minutes_ago in ((2, 180), (3, 0)):
        shop.send(*random_lines(seed, count=10), minutes_ago=minutes_ago)
        shop.transform()
    before, raw = contents(shop), shop.rows("select count(*) from raw.events")
    drop_everything(shop)
    deploy(shop)

    tables = replaying.replay()

    assert contents(shop) == before
    assert before["marts.next_item_sessions"].rows > 0
    assert shop.rows("select count(*) from raw.events") == raw
    after = {table["table"]: table["after"]["digest"] for table in tables}
    assert after == {name: found.digest for name, found in before.items()}
    assert all(table["before"]["rows"] == 0 for table in tables)


def test_the_next_refresh_goes_on_from_where_a_replay_came_to(shop: Shop):
    replaying.replay()
    before = contents(shop)

    quiet = shop.transform()
    unchanged = contents(shop)
    shop.send(line("new", seconds=9000, item="z"))
    shop.transform()

    assert sum(refreshed.rows_read for refreshed in quiet) == 0
    assert sum(refreshed.rows_written for refreshed in quiet) == 0
    assert unchanged == before
    assert shop.rows("select count(*) from marts.catalogue where item_id = 'z'") == [(1,)]
    assert shop.violations() == {}


def test_a_check_that_stops_leaves_the_live_tables_as_they_are(shop: Shop):
    before, raw = contents(shop), shop.rows("select count(*) from raw.events")
    put(shop, line("bad", name="no_such_name"))

    for execution in ("replay-1", "replay-2"):  # the first has made way for the second
        with pytest.raises(
            replay.ChecksFailed, match=r"staging\.events: Names are those of the contract: 1 rows"
        ):
            replaying.replay(execution=execution)

    assert contents(shop) == before
    assert shop.rows("select count(*) from raw.events") == raw
    [(examples,)] = shop.rows(
        f"select examples from {REBUILD}.operations.check_results "
        "where severity = 'stop' and offending_rows > 0"
    )
    assert [row["EVENT_ID"] for row in json.loads(examples)] == ["bad"]


def test_hours_that_are_read_again_bring_what_the_pipe_was_never_told_of(shop: Shop):
    before = contents(shop)
    for found in shop.account.s3.list_objects_v2(Bucket=LAKE)["Contents"]:  # all of hour 00
        shop.account.s3.delete_object(Bucket=LAKE, Key=found["Key"])
    put(shop, line("lost", item="z"), hour="01")

    replaying.replay(**{"from": "2026-01-01T01", "to": "2026-01-01T02"})

    after = contents(shop)
    assert after["staging.events"].rows == before["staging.events"].rows + 1  # hour 00 was not read
    assert shop.rows("select count(*) from raw.events where src_file like '%lost.gz'") == [(1,)]
    assert shop.rows("select count(*) from marts.catalogue where item_id = 'z'") == [(1,)]


def test_one_table_is_made_from_the_others_as_they_are(shop: Shop):
    before = contents(shop)
    shop.rows("delete from marts.catalogue")

    [table] = replaying.replay(table="marts.catalogue")

    assert contents(shop) == before
    assert (table["before"]["rows"], table["after"]["rows"]) == (0, before["marts.catalogue"].rows)


@pytest.mark.prove
def test_steps_that_are_started_twice_come_to_the_same(shop: Shop):
    before = contents(shop)

    tables = replaying.replay(starts=2, **{"from": "2026-01-01T01", "to": "2026-01-01T02"})

    assert contents(shop) == before
    assert all(table["before"] == table["after"] for table in tables)


def test_a_second_replay_is_told_that_one_is_running(shop: Shop):
    call(asked("replay-1"), "begin")

    with pytest.raises(ReplayRunning, match="replay-1 is running"):
        call(asked("replay-2"), "begin")
    shop.rows(f"update {REBUILD}.operations.replay set alive_at = dateadd('minute', -6, alive_at)")

    assert call(asked("replay-2"), "begin")["steps"]
    with pytest.raises(ReplayRunning, match="replay-2 is running"):
        call(asked("replay-1"), "start", step="publish")


def test_a_statement_that_fails_is_told_with_its_reason(shop: Shop):
    common = asked()
    call(common, "begin")
    shop.rows(f"drop table {REBUILD}.operations.later_copies")

    started = call(common, "start", step="staging.events")

    with pytest.raises(Exception, match=r"(?i)later_copies"):
        call(common, "poll", step="staging.events", **started)


def test_anything_else_is_refused():
    with pytest.raises(replay.UnknownCall):
        replay.handle({**asked(), "call": "stop"}, SETTINGS)
