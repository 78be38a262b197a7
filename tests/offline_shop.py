"""
A shop whose events travel the real SQL, offline: for tests of the warehouse and of what runs it.
"""

import gzip
import itertools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import snowflake.connector
from moto import mock_aws

from domain.tables import BOOKKEEPING, LAYERS, TABLES, of_layer
from lambdas import platform
from local.snowflake import offline
from local.snowflake.account import Account
from warehouse import checks, refresh, run

DATABASE = "SKIFF_TEST"
LAKE = "lake"
NEW_YEAR_MS = 1767225600000  # 2026-01-01T00:00:00Z
AS_OF = datetime(2026, 1, 2, tzinfo=UTC)
SNOWFLAKE: dict[str, Any] = {
    "snowflake_account": "skiff",
    "snowflake_host": "",
    "snowflake_port": 443,
    "snowflake_protocol": "https",
    "snowflake_secret": "",
    "snowflake_user": "SKIFF_TEST_FUNCTION",
    "snowflake_role": "SKIFF_TEST_FUNCTION",
    "snowflake_warehouse": "SKIFF_TEST",
    "snowflake_database": DATABASE,
}
PLATFORM = {
    "database": DATABASE,
    "lake_bucket": LAKE,
    "storage_role_arn": "arn:aws:iam::000000000000:role/skiff-test-snowflake-storage",
    "external_id": "skiff-test",
}


def line(
    event_id: str,
    *,
    seconds: float = 0,
    item: str = "a",
    site: str = "shop",
    source: str = "collector",
    **event: Any,
) -> dict[str, Any]:
    """A line of the log: c1 looked at an item, *seconds* into the year, and it arrived a second later."""
    received_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=max(seconds, 0) + 1)
    return {
        "schema": 1,
        "source": source,
        "received_at": received_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "sent_at": None,
        "site": site,
        "request_id": "r",
        "ip": "1.2.3.0",
        "user_agent": "ua",
        "event": {
            "event_id": event_id,
            "name": "view_item",
            "occurred_at": NEW_YEAR_MS + int(seconds * 1000),
            "client_id": "c1",
            "items": [{"item_id": item}],
            **event,
        },
    }


@dataclass
class Shop:
    account: Account
    connection: Any
    found: dict[str, list[checks.Result]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _declared: set[str] = field(default_factory=set)

    def send(self, *lines: dict[str, Any], minutes_ago: int = 0) -> str:
        """One file in the lake, loaded by the pipe *minutes_ago*; its key."""
        key = f"events/2026/01/01/00/{next(self._numbers):06}.gz"
        text = "\n".join(json.dumps(line) for line in lines)
        self.account.s3.put_object(Bucket=LAKE, Key=key, Body=gzip.compress(text.encode()))
        self.rows("alter pipe raw.events_pipe refresh")
        if minutes_ago:
            earlier = f"loaded_at = dateadd('minute', -{minutes_ago}, loaded_at)"
            self.rows(f"update raw.events set {earlier} where src_file = '{key}'")
        return key

    def declare(self, *layers: str) -> None:
        """Make the tables of these layers, without a name of all, unless this shop has."""
        for layer in layers or LAYERS:
            if layer not in self._declared:
                refresh.declare(self.connection, of_layer(layer))
                self._declared.add(layer)

    def forget(self) -> None:
        """Empty the lake and every table."""
        for content in self.account.s3.list_objects_v2(Bucket=LAKE).get("Contents", []):
            self.account.s3.delete_object(Bucket=LAKE, Key=content["Key"])
        self.account.statements.clear()
        self.found.clear()
        self._numbers = itertools.count()
        self.forget_log()
        self.forget_tables()

    def forget_log(self) -> None:
        """Empty what the pipes have loaded; they would load it again."""
        self.account.loaded.clear()
        self._empty("raw.events", "raw.rejects")

    def forget_tables(self) -> None:
        """Empty everything that is made from the log."""
        self.declare()
        operations = (f"operations.{name}" for name in BOOKKEEPING)
        self._empty(*(table.full_name for table in TABLES), "staging.displaced_events", *operations)

    def _empty(self, *names: str) -> None:
        """In DuckDB's words: as Snowflake's, which are translated, it would take several times as long."""
        for name in names:
            self.connection._duck_conn.execute(f"truncate table {DATABASE}.{name}")

    def transform(self, *layers: str, as_of: datetime = AS_OF) -> list[refresh.Refreshed]:
        """Refresh these layers; without a name, all of them. What checks find is kept for `violations`."""
        touched: list[refresh.Refreshed] = []
        for layer in layers or LAYERS:
            self.declare(layer)
            refresh.judge_at(self.connection, as_of)
            self.rows("begin")
            if layer == "staging":
                run.run(self.connection, "operations/arrived")
            for table in of_layer(layer):
                touched.append(refresh.refresh(self.connection, table))
                self.found[table.full_name] = checks.results(
                    self.connection, table, is_first=touched[-1].is_first
                )
            self.rows("commit")
        return touched

    def violations(self) -> dict[str, int]:
        """Every check that stopped the last refresh of its table, and by how many rows."""
        found = [result for results in self.found.values() for result in results]
        return {result.name: result.offending_rows for result in found if result.stops}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return list(self.connection.cursor().execute(query).fetchall())


@contextmanager
def open_shop() -> Iterator[Shop]:
    with mock_aws(), offline() as account:
        account.s3.create_bucket(Bucket=LAKE)
        connection = snowflake.connector.connect(database=DATABASE)
        connection._duck_conn.execute("set threads = 1")  # a second one only waits, where rows are few
        for file in (*platform.BEFORE_TRUST, *platform.AFTER_TRUST):
            if file != "platform/roles":  # no effect offline, and half of all statements
                run.run(connection, file, **PLATFORM)
        yield Shop(account=account, connection=connection)


@contextmanager
def opened_for_many() -> Iterator[Shop]:
    """A shop that outlives a test, and so the credentials that each test gets."""
    nobody = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    with mock.patch.dict(os.environ, nobody), open_shop() as shop:
        yield shop
