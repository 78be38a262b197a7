"""An empty warehouse, without S3, for all tests of a module."""

from collections.abc import Iterator
from typing import Any

import fakesnow
import pytest
import snowflake.connector

from local.snowflake.account import Account
from local.snowflake.shim import installed


@pytest.fixture(scope="module")
def cursor() -> Iterator[Any]:
    with fakesnow.patch(), installed(Account(s3=None, sqs=None)):
        yield snowflake.connector.connect(database="shop", schema="raw").cursor()
