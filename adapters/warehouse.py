"""
A connection to Snowflake, as the function that asks; its own AWS role is the Snowflake user by default.
"""

import os
from typing import Any

from adapters import secrets
from domain.settings import WarehouseSettings

# A function may write to /tmp only, and the connector looks for its home while it is imported.
os.environ.setdefault("HOME", "/tmp")  # noqa: S108
# Else it asks the metadata addresses of three clouds at every login, to tell Snowflake where it runs.
os.environ.setdefault("SNOWFLAKE_DISABLE_PLATFORM_DETECTION", "true")

import snowflake.connector  # after HOME

Refused = snowflake.connector.errors.ProgrammingError  # Snowflake does not run a statement, and says why

# A function lives 15 minutes at most: it fails before that, with an error that says why.
LOGIN_SECONDS = 60
NETWORK_SECONDS = 840


def connect(settings: WarehouseSettings, *, query_tag: str) -> Any:
    """
    Open a connection; close it when done, which also rolls back what was not committed.

    Args:
        query_tag: who pays; Snowflake's query history and cost views can be grouped by it.
    """
    return snowflake.connector.connect(
        account=settings.snowflake_account,
        user=settings.snowflake_user,
        role=settings.snowflake_role,
        warehouse=settings.snowflake_warehouse,
        database=settings.snowflake_database,
        login_timeout=LOGIN_SECONDS,
        network_timeout=NETWORK_SECONDS,
        session_parameters={"QUERY_TAG": query_tag, "TIMEZONE": "UTC", "CLIENT_TELEMETRY_ENABLED": False},
        **_login(settings.snowflake_secret),
        **_address(settings),
    )


def _login(secret: str) -> dict[str, Any]:
    """The function's own role, or what *secret* says: `authenticator` and its key or token."""
    if not secret:
        return {"authenticator": "WORKLOAD_IDENTITY", "workload_identity_provider": "AWS"}
    return secrets.read(secret)


def _address(settings: WarehouseSettings) -> dict[str, Any]:
    """Nothing where the account's name is enough."""
    if not settings.snowflake_host:
        return {}
    return {
        "host": settings.snowflake_host,
        "port": settings.snowflake_port,
        "protocol": settings.snowflake_protocol,
    }
