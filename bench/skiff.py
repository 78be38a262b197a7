"""
The warehouse as it stands, on the offline Snowflake: its pipe, its SQL files, its checks.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import snowflake.connector
from moto import mock_aws

from bench import log
from bench.measure import MEMORY_LIMIT, THREADS, UNCOMPRESSED, Cost, cost
from domain.tables import LAYERS, TABLES, of_layer
from lambdas import platform
from local.snowflake import offline
from warehouse import checks, checksum, refresh, run

LAKE = "lake"
DATABASE = "SKIFF_BENCH"
PLATFORM = {
    "environment": "bench",
    "database": DATABASE,
    "lake_bucket": LAKE,
    "storage_role_arn": "arn:aws:iam::000000000000:role/skiff-bench-snowflake-storage",
    "external_id": "skiff-bench",
}
AS_OF = datetime(2026, 2, 1, tzinfo=UTC)
# All is loaded at once here; in a shop that lives, a line is loaded soon after it is received. The hour's
# refresh reads from an hour before the last of these on, for loads that commit out of order.
AS_IT_CAME = "update raw.{} set loaded_at = dateadd('minute', 1, v:received_at::timestamp_ntz)"
STEPS = {"staging": "stage", "intermediate": "sessionize", "marts": "marts"}


class NotTheSame(AssertionError):
    """A replay made other tables than there were."""


def run_all(base: Path, hour: Path, work: Path) -> Iterator[Cost]:
    """The cost of each step; the tables are those of the base, before the hour is loaded."""
    with mock_aws(), offline(folder=work, memory_limit=MEMORY_LIMIT) as account:
        account.s3.create_bucket(Bucket=LAKE)
        connection = snowflake.connector.connect(database=DATABASE)
        connection._duck_conn.execute(f"set threads = {THREADS}; {UNCOMPRESSED}")
        for file in (*platform.BEFORE_TRUST, *platform.AFTER_TRUST):
            run.run(connection, file, **PLATFORM)
        _put(account.s3, base)
        yield from _build(connection)
        yield cost("checks", lambda: _check(connection))
        for table in TABLES:
            made = work / f"{table.full_name}.parquet"
            connection._duck_conn.execute(f"copy {table.full_name} to '{made}' (format parquet)")
        # with nothing new, but that the offline engine translates each statement when it first meets it
        yield cost("idle", lambda: _refresh(connection))
        _put(account.s3, hour)
        yield cost("hour", lambda: _refresh(connection))
        before = _checksums(connection)
        _forget(connection)
        account.loaded.clear()
        yield cost("replay", lambda: _refresh(connection))
        if (after := _checksums(connection)) != before:
            raise NotTheSame(f"before {before}, after {after}")


def _put(s3: Any, folder: Path) -> None:
    for key, path in log.files(folder).items():
        s3.put_object(Bucket=LAKE, Key=key, Body=path.read_bytes())


def _build(connection: Any) -> Iterator[Cost]:
    yield cost("load", lambda: _load(connection))
    for table in ("events", "rejects"):
        run.execute(connection, AS_IT_CAME.format(table))
    for layer, step in STEPS.items():
        yield cost(step, lambda layer=layer: _refresh_layer(connection, layer))  # type: ignore[misc]


def _refresh(connection: Any) -> None:
    _load(connection)
    for layer in LAYERS:
        _refresh_layer(connection, layer)


def _load(connection: Any) -> None:
    for pipe in ("events_pipe", "rejects_pipe"):
        run.execute(connection, f"alter pipe raw.{pipe} refresh")


def _refresh_layer(connection: Any, layer: str) -> None:
    """As the function that transforms does it, without the checks."""
    refresh.declare(connection, of_layer(layer))
    run.execute(connection, "begin")
    if layer == LAYERS[0]:
        run.run(connection, "operations/arrived")
    for table in of_layer(layer):
        refresh.refresh(connection, table)
    run.execute(connection, "commit")


def _check(connection: Any) -> None:
    refresh.judge_at(connection, AS_OF)
    for table in TABLES:
        checks.results(connection, table, is_first=True)


def _checksums(connection: Any) -> dict[str, checksum.Checksum]:
    return {table.full_name: checksum.of(connection, table) for table in TABLES}


def _forget(connection: Any) -> None:
    """Everything but the files in the lake."""
    made = [table.full_name for table in TABLES]
    for name in ("raw.events", "raw.rejects", "staging.displaced_events", "operations.refreshes", *made):
        run.execute(connection, f"truncate table {name}")
