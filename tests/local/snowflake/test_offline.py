"""Where a warehouse's tables lie: in memory, or in files of a folder with a bound on memory."""

from pathlib import Path

import pytest
import snowflake.connector
from moto import mock_aws

from local.snowflake import offline


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield


def test_a_folder_holds_the_databases_and_memory_is_bounded(tmp_path: Path):
    with offline(folder=tmp_path, memory_limit="500MB"):
        connection = snowflake.connector.connect(database="shop", schema="raw")
        connection.cursor().execute("create table numbers as select 1 as n")
        limit = connection._duck_conn.execute("select current_setting('memory_limit')").fetchone()
        spilled = connection._duck_conn.execute("select current_setting('temp_directory')").fetchone()

    assert (tmp_path / "SHOP.db").exists()
    assert limit == ("476.8 MiB",)
    assert spilled == (str(tmp_path / "spilled"),)


def test_what_lies_in_a_folder_is_there_the_next_time(tmp_path: Path):
    with offline(folder=tmp_path):
        connection = snowflake.connector.connect(database="shop", schema="raw")
        connection.cursor().execute("create table numbers as select 1 as n")

    with offline(folder=tmp_path):
        connection = snowflake.connector.connect(database="shop", schema="raw")
        found = connection.cursor().execute("select n from numbers").fetchall()

    assert found == [(1,)]


def test_without_a_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    with offline():
        connection = snowflake.connector.connect(database="shop", schema="raw")
        connection.cursor().execute("create table numbers as select 1 as n")

    assert list(tmp_path.iterdir()) == []
