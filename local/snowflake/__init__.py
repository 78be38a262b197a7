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
    """Inside, `snowflake.connector.connect` opens a new warehouse in memory; boto3 finds S3 and SQS."""
    account = Account()
    with fakesnow.patch(), installed(account):
        yield account
