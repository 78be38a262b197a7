"""
A connection to Snowflake, as the function that asks; its own AWS role is the Snowflake user by default.
"""

import base64
import json
import os
import re
from collections.abc import Sequence
from typing import Any

from adapters import secrets
from domain.other_settings import WarehouseSettings

# A function may write to /tmp only, and the connector looks for its home while it is imported.
os.environ.setdefault("HOME", "/tmp")  # noqa: S108
# Else it asks the metadata addresses of three clouds at every login, to tell Snowflake where it runs.
os.environ.setdefault("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")

import snowflake.connector  # after HOME
from snowflake.connector.constants import QueryStatus

Refused = snowflake.connector.errors.ProgrammingError  # Snowflake does not run a statement, and says why

# A function lives 15 minutes at most: it fails before that, and Snowflake's error says most.
LOGIN_SECONDS = 60
STATEMENT_SECONDS = 810
NETWORK_SECONDS = 840
# For statements that nobody waits for; the warehouse's own limit (warehouse/platform/roles.sql) is as long.
LONG_STATEMENT_SECONDS = 21600

LABEL = r"[A-Z ]*PRIVATE KEY-----"
PEM = re.compile(rf"-----BEGIN {LABEL}\s([A-Za-z0-9+/=\s]+)-----END {LABEL}")


class UnusableKey(ValueError):
    """The secret holds a private key that is no key in PEM format."""


def connect(
    settings: WarehouseSettings, *, query_tag: str, statement_seconds: int = STATEMENT_SECONDS
) -> Any:
    """
    Open a connection; close it when done, which also rolls back what was not committed.

    Args:
        query_tag: who pays, as `tag` makes it.
        statement_seconds: Snowflake ends a statement then.
    """
    return snowflake.connector.connect(
        account=settings.snowflake_account,
        user=settings.snowflake_user,
        role=settings.snowflake_role,
        warehouse=settings.snowflake_warehouse,
        database=settings.snowflake_database,
        login_timeout=LOGIN_SECONDS,
        network_timeout=NETWORK_SECONDS,
        session_parameters={
            "QUERY_TAG": query_tag,
            "STATEMENT_TIMEOUT_IN_SECONDS": statement_seconds,
            # of statements that nobody waits for, nobody is left to roll back the others
            "TRANSACTION_ABORT_ON_ERROR": True,
            "TIMEZONE": "UTC",
            "CLIENT_TELEMETRY_ENABLED": False,
        },
        **_login(settings.snowflake_secret),
        **_address(settings),
    )


def start(connection: Any, statements: Sequence[str]) -> str:
    """
    Send *statements* to be run one after the other, and leave: the session lives on until they are done.

    Returns:
        What `is_done` asks with, from any connection of the same user.
    """
    text = "\n;\n".join(statements)  # on lines of its own: a statement may end with a comment
    with connection.cursor() as cursor:
        started = cursor.execute_async(text, num_statements=len(statements))
        return str(started["queryId"])


def is_done(connection: Any, query_id: str) -> bool:
    """
    Whether all statements of a `start` have been run.

    Raises:
        Refused: one of them was not; those after it were not run either.
    """
    status = connection.get_query_status_throw_if_error(query_id)
    return bool(status == QueryStatus.SUCCESS)


def tag(step: str, *, model: str | None = None) -> str:
    """A step's name in Snowflake's query history, where parse_json(query_tag) groups costs by it."""
    return json.dumps({"app": "skiff", "step": step, "model": model}, separators=(",", ":"))


def _login(secret: str) -> dict[str, Any]:
    """The function's own role, or what *secret* says: `authenticator` and its key or token."""
    if not secret:
        return {"authenticator": "WORKLOAD_IDENTITY", "workload_identity_provider": "AWS"}
    login = secrets.read(secret)
    if "private_key" in login:
        login["private_key"] = _der(login["private_key"], secret=secret)
    if "passphrase" in login:
        login["private_key_passphrase"] = login.pop("passphrase").encode()
    return login


def _der(pem: str, *, secret: str) -> bytes:
    """The connector takes a key, encrypted or not, without its envelope."""
    found = PEM.fullmatch(pem.strip())
    if not found:
        raise UnusableKey(f"private_key in {secret} is no key in PEM format: BEGIN, lines of base64, END")
    return base64.b64decode(found[1])


def _address(settings: WarehouseSettings) -> dict[str, Any]:
    """Nothing where the account's name is enough."""
    if not settings.snowflake_host:
        return {}
    return {
        "host": settings.snowflake_host,
        "port": settings.snowflake_port,
        "protocol": settings.snowflake_protocol,
    }
