"""
Requests that nobody waits for: several statements in one session, run in the background, asked for by an id.
"""

import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any
from unittest import mock

from fakesnow.conn import FakeSnowflakeConnection
from fakesnow.cursor import FakeSnowflakeCursor
from snowflake.connector.constants import QueryStatus
from snowflake.connector.errors import Error, ProgrammingError

from warehouse import run

_pool = ThreadPoolExecutor(thread_name_prefix="request")
_started: dict[str, "Future[None]"] = {}  # by id


def start(connection: FakeSnowflakeConnection, text: str, *, count: int) -> str:
    """
    Run the statements of *text* one after the other, up to the first that fails.

    Raises:
        ProgrammingError: there are more or fewer than *count*.
    """
    statements = run.split(text)
    if len(statements) != count:
        raise ProgrammingError(
            msg=f"Actual statement count {len(statements)} did not match the desired count {count}.",
            errno=8,
            sqlstate="0A000",
        )
    query_id = str(uuid.uuid4())
    _started[query_id] = _pool.submit(_run, connection, statements)
    return query_id


def status(query_id: str) -> dict[str, str] | None:
    """As Snowflake's monitoring tells it; None for what was never started."""
    if query_id not in _started:
        return None
    if not _started[query_id].done():
        return {"status": "RUNNING"}
    error = _started[query_id].exception()
    if error is None:
        return {"status": "SUCCESS"}
    code = error.errno if isinstance(error, Error) else 9999
    return {"status": "FAILED_WITH_ERROR", "errorCode": f"{code:06d}", "errorMessage": str(error)}


@contextmanager
def installed() -> Iterator[None]:
    """Inside, fakesnow's own cursors know them; there a request has ended when `execute_async` returns."""

    def execute_async(cursor: FakeSnowflakeCursor, text: str, *, num_statements: int) -> dict[str, Any]:
        query_id = start(cursor._conn, text, count=num_statements)
        wait([_started[query_id]])
        return {"queryId": query_id}

    def get_query_status(_: FakeSnowflakeConnection, query_id: str) -> QueryStatus:
        _started[query_id].result()
        return QueryStatus.SUCCESS

    with (
        mock.patch.object(FakeSnowflakeCursor, "execute_async", execute_async),
        mock.patch.object(
            FakeSnowflakeConnection, "get_query_status_throw_if_error", get_query_status, create=True
        ),
    ):
        yield


def _run(connection: FakeSnowflakeConnection, statements: list[str]) -> None:
    for statement in statements:
        connection.cursor().execute(statement)
