import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from unittest import mock

import boto3
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from moto import mock_aws
from snowflake.connector.auth.keypair import AuthByKeyPair

from adapters import secrets, warehouse
from domain.other_settings import WarehouseSettings
from local.snowflake.account import Account
from local.snowflake.server import server
from local.snowflake.shim import installed
from tests.offline_shop import DATABASE, PLATFORM, SNOWFLAKE
from warehouse import run

SETTINGS = WarehouseSettings(**SNOWFLAKE)


@pytest.fixture(scope="module")
def served() -> Iterator[WarehouseSettings]:
    """The offline Snowflake behind HTTP, where the real connector meets it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    offline = server(port)
    with installed(Account(s3=None, sqs=None)):
        thread = threading.Thread(target=offline.run, daemon=True)
        thread.start()
        while not offline.started:
            thread.join(0.01)
        yield replace(SETTINGS, snowflake_host="127.0.0.1", snowflake_port=port, snowflake_protocol="http")
        offline.should_exit = True
        thread.join()


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connector shows an AWS identity to hosts of Snowflake's only, and to those named here."""
    monkeypatch.setenv("SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES", "127.0.0.1")


def test_a_function_logs_in_as_its_own_role(served: WarehouseSettings, trusted: None):
    with closing(warehouse.connect(served, query_tag="test")) as connection:
        rows = connection.cursor().execute("select current_database() as name").fetchall()

    assert rows == [(DATABASE,)]


def test_what_was_not_committed_is_rolled_back_on_close(served: WarehouseSettings, trusted: None):
    with closing(warehouse.connect(served, query_tag="test")) as connection:
        for statement in (
            "create schema s",
            "create table s.t (n number)",
            "begin",
            "insert into s.t select 1 as n",
        ):
            connection.cursor().execute(statement)

    with closing(warehouse.connect(served, query_tag="test")) as connection:
        assert connection.cursor().execute("select count(*) as n from s.t").fetchall() == [(0,)]


def test_queries_carry_a_tag_for_their_cost():
    with mock.patch("snowflake.connector.connect") as connect:
        warehouse.connect(SETTINGS, query_tag=warehouse.tag("snapshot", model="next_item"))

    tag = connect.call_args.kwargs["session_parameters"]["QUERY_TAG"]
    assert json.loads(tag) == {"app": "skiff", "step": "snapshot", "model": "next_item"}


def test_nothing_hangs_for_longer_than_a_function_lives():
    with mock.patch("snowflake.connector.connect") as connect:
        warehouse.connect(SETTINGS, query_tag="test")

    times = connect.call_args.kwargs
    statement_seconds = times["session_parameters"]["STATEMENT_TIMEOUT_IN_SECONDS"]
    assert times["login_timeout"] < statement_seconds < times["network_timeout"] < 900


def test_a_statement_that_nobody_waits_for_may_take_as_long_as_the_warehouse_lets_it():
    longest = warehouse.LONG_STATEMENT_SECONDS
    with mock.patch("snowflake.connector.connect") as connect:
        warehouse.connect(SETTINGS, query_tag="test", statement_seconds=longest)

    assert connect.call_args.kwargs["session_parameters"]["STATEMENT_TIMEOUT_IN_SECONDS"] == longest
    assert any(
        statement.endswith(f"statement_timeout_in_seconds = {longest}")
        for statement in run.statements("platform/roles", **PLATFORM)
    )


def test_the_account_s_name_is_enough_where_no_host_is_given():
    with mock.patch("snowflake.connector.connect") as connect:
        warehouse.connect(SETTINGS, query_tag="test")

    assert connect.call_args.kwargs["account"] == "skiff"
    assert not {"host", "port", "protocol"} & set(connect.call_args.kwargs)


def login_with(secret: dict[str, str]) -> dict[str, Any]:
    """What the connector is told when *secret* lies in Secrets Manager."""
    with mock_aws(), mock.patch("snowflake.connector.connect") as connect:
        secrets._client.cache_clear()
        boto3.client("secretsmanager").create_secret(Name="login", SecretString=json.dumps(secret))
        warehouse.connect(replace(SETTINGS, snowflake_secret="login"), query_tag="test")
    return dict(connect.call_args.kwargs)


def test_a_secret_says_how_to_log_in_where_one_is_named():
    told = login_with({"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": "t"})

    assert told["token"] == "t"
    assert "workload_identity_provider" not in told


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("passphrase", ["", "correct horse"])
def test_the_connector_signs_in_with_the_key_of_the_secret(passphrase: str, line_end: str):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    cipher = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, cipher).decode().replace("\n", line_end)
    secret = {"authenticator": "SNOWFLAKE_JWT", "private_key": pem}

    told = login_with({**secret, "passphrase": passphrase} if passphrase else secret)

    signer = AuthByKeyPair(told["private_key"], told.get("private_key_passphrase"))
    token = signer.prepare(account="skiff", user="transform")
    claims = jwt.decode(token, key.public_key(), algorithms=["RS256"])
    assert claims["sub"] == "SKIFF.TRANSFORM"
    assert told["authenticator"] == "SNOWFLAKE_JWT"


@pytest.mark.parametrize("text", ["", "MIIE", "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----"])
def test_a_key_that_is_none_is_refused_by_the_secret_s_name_and_not_shown(text: str):
    with pytest.raises(warehouse.UnusableKey, match="private_key in login is no key in PEM") as refused:
        login_with({"authenticator": "SNOWFLAKE_JWT", "private_key": text})

    assert "MIIE" not in str(refused.value)


def test_statements_that_nobody_waits_for_run_in_one_session(served: WarehouseSettings, trusted: None):
    with closing(warehouse.connect(served, query_tag="test")) as connection:
        query_id = warehouse.start(
            connection,
            [
                "create schema if not exists staging",
                "create or replace table staging.numbers (n number)",
                "set known = '7' -- a session's own",
                "begin",
                "insert into staging.numbers select $known::number",
                "commit",
            ],
        )
    with closing(warehouse.connect(served, query_tag="test")) as other:
        ended = done(other, query_id)
        rows = other.cursor().execute("select n from staging.numbers").fetchall()

    assert ended
    assert rows == [(7,)]


def test_one_that_fails_is_told_and_those_after_it_do_not_run(served: WarehouseSettings, trusted: None):
    with closing(warehouse.connect(served, query_tag="test")) as connection:
        query_id = warehouse.start(
            connection,
            [
                "create schema if not exists staging",
                "create or replace table staging.kept as select 1 as n",
                "select * from staging.no_such_table",
                "drop table staging.kept",
            ],
        )
        with pytest.raises(warehouse.Refused, match=r"(?i)no_such_table"):
            done(connection, query_id)

        rows = connection.cursor().execute("select n from staging.kept").fetchall()

    assert rows == [(1,)]


def test_statements_are_counted_before_any_of_them_runs(served: WarehouseSettings, trusted: None):
    with (
        closing(warehouse.connect(served, query_tag="test")) as connection,
        pytest.raises(warehouse.Refused, match="Actual statement count 2 did not match"),
    ):
        warehouse.start(connection, ["select 1; select 2"])


def done(connection: Any, query_id: str) -> bool:
    while not warehouse.is_done(connection, query_id):
        time.sleep(0.01)
    return True
