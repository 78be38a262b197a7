"""
Snowflake on one machine: fakesnow (DuckDB), and what it lacks that the warehouse needs.

Account statements, stages that load and unload through S3, and pipes that listen to it.
`python -m local.snowflake PORT` serves it beside the emulator; tests use `offline` in process.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import fakesnow

from local.snowflake.account import Account
from local.snowflake.shim import installed


@contextmanager
def offline() -> Iterator[Account]:
    """Inside, `snowflake.connector.connect` opens a fresh warehouse in memory; S3 and SQS are what boto3 finds."""
    account = Account()
    with fakesnow.patch(), installed(account):
        yield account
