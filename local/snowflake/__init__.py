"""
Snowflake on one machine: fakesnow (DuckDB), and what it lacks that the warehouse needs.

Account statements, stages that load and unload through S3, and pipes that listen to it.
`python -m local.snowflake PORT` serves it beside the emulator; tests use `offline` in process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fakesnow
import snowflake.connector

from local.snowflake import requests
from local.snowflake.account import Account
from local.snowflake.shim import installed


@contextmanager
def offline(*, folder: Path | None = None, memory_limit: str = "") -> Iterator[Account]:
    """
    Inside, `snowflake.connector.connect` opens a new warehouse; boto3 finds S3 and SQS.

    Args:
        folder: where to keep the databases, compressed, and what does not fit into memory; without it all is
            in memory as it is, which is fine for a million events.
        memory_limit: for DuckDB, such as "2GB"; without it, most of the machine's.
    """
    account = Account()
    with fakesnow.patch(db_path=folder), installed(account), requests.installed():
        if folder:
            _bound(folder, memory_limit)
        yield account


def _bound(folder: Path, memory_limit: str) -> None:
    with snowflake.connector.connect() as connection:
        duckdb = connection._duck_conn
        duckdb.execute(f"set temp_directory = '{folder / 'spilled'}'")
        duckdb.execute(
            "set preserve_insertion_order = false"
        )  # else a big INSERT waits in memory for its turn
        if memory_limit:
            duckdb.execute(f"set memory_limit = '{memory_limit}'")
