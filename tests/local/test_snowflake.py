"""
What fakesnow lacks, answered as Snowflake answers it.

The shim reaches into fakesnow, which is pinned: when a name that it uses is gone, a test here says so.
"""

import gzip
import json
import queue
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import fakesnow.server
import pyarrow as pa
import pytest
import snowflake.connector
from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from snowflake.connector.errors import ProgrammingError

from local.snowflake import pipes, stages
from local.snowflake.account import Account
from tests.offline_shop import DATABASE, LAKE, Shop, line, open_shop

PIPE = f"{DATABASE}.RAW.EVENTS_PIPE"


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture
def notified(shop: Shop) -> Shop:
    """A lake that tells the pipes what lands in it."""
    told = {"QueueArn": shop.account.pipes[PIPE].queue_arn, "Events": ["s3:ObjectCreated:*"]}
    shop.account.s3.put_bucket_notification_configuration(
        Bucket=LAKE, NotificationConfiguration={"QueueConfigurations": [told]}
    )
    return shop


def put(shop: Shop, name: str, *lines: str) -> None:
    body = gzip.compress("\n".join(lines).encode(errors="surrogateescape"))
    shop.account.s3.put_object(Bucket=LAKE, Key=f"events/2026/01/01/00/{name}", Body=body)


def answer(shop: Shop, statement: str) -> list[dict[str, Any]]:
    """What a statement answers, its columns named as they come."""
    cursor = shop.connection.cursor().execute(statement)
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def drain(shop: Shop) -> int:
    return pipes.drain(shop.account, shop.connection, shop.account.pipes[PIPE].queue_url)


def loaded(shop: Shop) -> list[str]:
    return [key for (key,) in shop.rows("select v:event.event_id::varchar as id from raw.events order by id")]


def test_the_names_that_the_shim_uses_are_there(shop: Shop):
    cursor = shop.connection.cursor()

    assert isinstance(cursor, FakeSnowflakeCursor)
    assert isinstance(cursor._conn, FakeSnowflakeConnection)
    assert cursor._conn.database == DATABASE
    assert cursor._conn._schema
    assert cursor._conn.variables._set
    assert cursor._duck_conn.execute(f"select url from {stages.STAGES}").fetchall()
    assert isinstance(cursor.execute("select 1 as one")._arrow_table, pa.Table)
    assert fakesnow.server.app


def test_account_statements_are_taken_without_effect(shop: Shop):
    statements = [
        "create warehouse if not exists w warehouse_size = 'XSMALL'",
        "create role if not exists r",
        "grant usage on warehouse w to role r",
        "use role accountadmin",
    ]

    for statement in statements:
        shop.rows(f"-- why\n{statement}")

    assert shop.account.statements[-4:] == statements


def test_an_integration_describes_whom_to_trust(shop: Shop):
    described = {name: value for name, _, value in shop.rows(f"desc storage integration {DATABASE}_lake")}

    assert described["STORAGE_AWS_EXTERNAL_ID"] == "skiff-test"
    assert described["STORAGE_AWS_IAM_USER_ARN"].startswith("arn:aws:iam::")
    with pytest.raises(ProgrammingError, match="does not exist"):
        shop.rows("desc storage integration nobody")


def test_a_variable_keeps_the_value_it_was_set_to(shop: Shop):
    shop.rows("create table raw.numbers as select 1 as n")
    shop.rows("set highest = (select max(n) from raw.numbers)")

    shop.rows("insert into raw.numbers select 2 as n")

    assert shop.rows("select n from raw.numbers where n > $highest") == [(2,)]


def test_what_is_not_known_is_an_error_and_not_a_server_that_fails(shop: Shop):
    with pytest.raises(ProgrammingError, match="Not answered offline"):
        shop.rows("desc integration nobody")


def test_a_copy_loads_each_file_once(shop: Shop):
    put(shop, "a.gz", json.dumps(line("e1")))
    copy = "copy into raw.events (v) from (select parse_json($1) from @raw.lake_events)"

    first, again = (answer(shop, f"{copy} file_format = (type = csv)") for _ in range(2))

    assert first == [
        {
            "file": "s3://lake/events/2026/01/01/00/a.gz",
            "status": "LOADED",
            "rows_parsed": 1,
            "rows_loaded": 1,
            "errors_seen": 0,
        }
    ]
    assert again == [{"status": "Copy executed with 0 files processed."}]
    assert loaded(shop) == ["e1"]


def test_a_copy_and_a_pipe_remember_their_files_apart(shop: Shop):
    shop.send(line("e1"))

    shop.rows(f"{shop.account.pipes[PIPE].copy}")

    assert loaded(shop) == ["e1", "e1"]


def test_a_line_may_hold_any_character(shop: Shop):
    shop.send(line("e1", url="\u2028\x85\r'; \\ é"))

    assert shop.rows("select v:event.url::varchar as url from raw.events") == [("\u2028\x85\r'; \\ é",)]


def test_a_pipe_loads_what_the_lake_announces(notified: Shop):
    put(notified, "a b+c.gz", json.dumps(line("e1")))
    put(notified, "d.gz", json.dumps(line("e2")))

    files = drain(notified)

    assert files == 2
    assert loaded(notified) == ["e1", "e2"]
    assert drain(notified) == 0


def test_many_files_are_loaded_by_one_copy(notified: Shop):
    for number in range(25):
        put(notified, f"{number}.gz", json.dumps(line(f"e{number:02}")))

    drain(notified)

    assert len(loaded(notified)) == 25
    assert len(notified.rows("select distinct loaded_at from raw.events")) == 1


def test_a_line_that_is_not_json_is_skipped_and_the_others_are_loaded(notified: Shop):
    put(notified, "a.gz", json.dumps(line("e1")), "{", "\udcff", "", json.dumps(line("e2")))
    put(notified, "b.gz", json.dumps(line("e3")))

    drain(notified)

    assert loaded(notified) == ["e1", "e2", "e3"]
    assert notified.rows("select src_row from raw.events order by src_file, src_row") == [(1,), (4,), (1,)]


def test_a_copy_tells_how_many_lines_it_skipped(shop: Shop):
    put(shop, "a.gz", json.dumps(line("e1")), "{")
    put(shop, "b.gz", "{")

    first, second = answer(shop, shop.account.pipes[PIPE].copy)

    assert (first["status"], first["rows_loaded"], first["errors_seen"]) == ("PARTIALLY_LOADED", 1, 1)
    assert (second["status"], second["rows_loaded"], second["errors_seen"]) == ("LOAD_FAILED", 0, 1)


def test_a_copy_that_does_not_go_on_after_an_error_loads_nothing(shop: Shop):
    put(shop, "a.gz", json.dumps(line("e1")), "{")

    with pytest.raises(ProgrammingError, match="JSON"):
        shop.rows(shop.account.pipes[PIPE].copy.replace("on_error = continue", ""))

    assert loaded(shop) == []


def test_a_format_that_is_not_lines_of_text_is_an_error(shop: Shop):
    copy = "copy into raw.events (v) from (select $1 from @raw.lake_events) file_format = (type = json)"

    with pytest.raises(ProgrammingError, match="lines of text"):
        shop.rows(copy)


def test_a_message_that_tests_the_connection_names_no_file():
    assert pipes.named('{"Service": "Amazon S3", "Event": "s3:TestEvent"}') == []


def test_a_pipe_that_exists_keeps_its_queue(shop: Shop):
    before = shop.rows("show pipes like 'events_pipe' in schema raw")

    shop.rows("create pipe if not exists raw.events_pipe as copy into raw.events from @raw.lake_events")

    assert shop.rows("show pipes like 'events_pipe'") == before
    assert shop.rows("show pipes like 'other_pipe'") == []


def test_pipes_listen_by_themselves_where_they_are_served(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    heard: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(pipes, "listen", lambda _account, _connection, url: heard.put(url))
    shop.account.pipes.clear()
    shop.account.is_listening = True

    for name in ("one", "other"):
        shop.rows(f"create pipe raw.{name} auto_ingest = true as copy into raw.events from @raw.lake_events")

    assert heard.get(timeout=5) == shop.account.pipes[f"{DATABASE}.RAW.OTHER"].queue_url
    assert heard.empty()


def test_pipes_of_one_queue_load_what_lies_below_their_stages(notified: Shop):
    put(notified, "a.gz", json.dumps(line("e1")))
    refused = json.dumps({"reason": "bad_text"}).encode()
    notified.account.s3.put_object(Bucket=LAKE, Key="rejected/2026/01/01/00/b", Body=refused)

    drain(notified)

    assert loaded(notified) == ["e1"]
    assert notified.rows("select v:reason::varchar as reason from raw.rejects") == [("bad_text",)]


def test_a_schema_with_managed_access_is_a_schema(shop: Shop):
    shop.rows("create schema if not exists more with managed access")

    shop.rows("create table more.numbers as select 1 as n")

    assert shop.account.statements[-2] == "create schema if not exists more with managed access"


def test_an_unload_never_writes_over_a_file(shop: Shop):
    unload = (
        "copy into @marts.snapshots/x/ from (select 1 as one) file_format = (type = parquet) overwrite = {}"
    )
    [first] = answer(shop, unload.format("false"))

    with pytest.raises(ProgrammingError, match="already existing"):
        shop.rows(unload.format("false"))

    assert first["rows_unloaded"] == 1
    assert first["input_bytes"] == first["output_bytes"] > 0
    assert answer(shop, unload.format("true")) == [first]


def test_a_stage_that_nobody_made_is_an_error(shop: Shop):
    with pytest.raises(ProgrammingError, match="does not exist"):
        shop.rows("copy into @marts.nowhere/ from (select 1 as one) file_format = (type = parquet)")


def test_connections_write_at_the_same_time(shop: Shop):
    def write(name: str) -> None:
        connection = snowflake.connector.connect(database=DATABASE)
        for number in range(5):
            connection.cursor().execute(
                f"merge into raw.counters as t using (select '{name}' as name, {number} as n) as s "
                "on t.name = s.name and t.n = s.n when not matched then insert (name, n) values (s.name, s.n)"
            )

    shop.rows("create table raw.counters (name varchar, n number)")
    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for writer in writers:
        writer.start()
    for _ in range(5):
        shop.send(line("e1"))
    for writer in writers:
        writer.join()

    assert shop.rows("select count(*) as n from raw.counters") == [(15,)]
    assert len(loaded(shop)) == 5


def test_an_account_is_forgotten_when_it_closes():
    with open_shop() as first:
        first.send(line("e1"))

    with open_shop() as second:
        assert loaded(second) == []
        assert second.account.loaded == set()


def test_nothing_of_the_shim_is_left_outside():
    with open_shop():
        pass

    assert FakeSnowflakeCursor.execute.__module__ == "fakesnow.cursor"
    assert isinstance(Account(s3=boto3.client("s3"), sqs=None).statements, list)
