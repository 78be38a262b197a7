import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from unittest import mock

import boto3
import pytest
from moto import mock_aws

from adapters import secrets, warehouse
from domain.settings import WarehouseSettings
from local.snowflake.account import Account
from local.snowflake.server import server
from local.snowflake.shim import installed
from tests.offline_shop import DATABASE, SNOWFLAKE

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
        warehouse.connect(SETTINGS, query_tag="transform staging")

    assert connect.call_args.kwargs["session_parameters"]["QUERY_TAG"] == "transform staging"


def test_nothing_hangs_for_longer_than_a_function_lives():
    with mock.patch("snowflake.connector.connect") as connect:
        warehouse.connect(SETTINGS, query_tag="test")

    assert connect.call_args.kwargs["login_timeout"] == 60
    assert connect.call_args.kwargs["network_timeout"] == 840


def test_the_account_s_name_is_enough_where_no_host_is_given():
    with mock.patch("snowflake.connector.connect") as connect:
        warehouse.connect(SETTINGS, query_tag="test")

    assert connect.call_args.kwargs["account"] == "skiff"
    assert not {"host", "port", "protocol"} & set(connect.call_args.kwargs)


def test_a_secret_says_how_to_log_in_where_one_is_named():
    with mock_aws(), mock.patch("snowflake.connector.connect") as connect:
        secrets._client.cache_clear()
        login = {"authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": "t"}
        boto3.client("secretsmanager").create_secret(Name="login", SecretString=json.dumps(login))
        warehouse.connect(replace(SETTINGS, snowflake_secret="login"), query_tag="test")

    assert connect.call_args.kwargs["token"] == "t"
    assert "workload_identity_provider" not in connect.call_args.kwargs
