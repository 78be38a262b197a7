"""The statements of a replay are those of the pipes and refreshes, with another place."""

from datetime import UTC, datetime

import pytest
from sqlfluff.core import FluffConfig, Linter

from domain.tables import TABLES
from tests.offline_shop import DATABASE, LAKE, PLATFORM
from warehouse import checks, run
from warehouse.rebuild import LOADED_AT, RAW, Log, Rebuild
from warehouse.replay import Scope

READ_AT = datetime(2026, 3, 1, tzinfo=UTC)
REBUILD = Rebuild(scope=Scope(), execution="r1", read_at=READ_AT, live=DATABASE, lake_bucket=LAKE)


@pytest.mark.parametrize("table", RAW)
def test_a_copy_by_hand_is_the_pipe_s_with_a_path_and_a_moment(table: str):
    [pipe] = [s for s in run.statements(table.replace(".", "/"), **PLATFORM) if "create pipe" in s]

    copy = Log.of(table, REBUILD).copy_from("2026/02/", loaded_at=READ_AT)

    assert f"from @{DATABASE}.raw.lake_" in copy
    assert pipe.endswith(
        copy.replace(f"@{DATABASE}.raw.", "@raw.")
        .replace("/2026/02/", "")
        .replace("'2026-03-01 00:00:00.000000'::timestamp_ntz", LOADED_AT)
    )


@pytest.mark.parametrize("table", RAW)
def test_a_raw_table_is_declared_as_the_live_one_but_empty(table: str):
    assert Log.of(table, REBUILD).anew.startswith(f"create or replace table {table} (\n    v variant")


def test_names_of_executions_are_checked_before_they_are_part_of_a_statement():
    with pytest.raises(run.UnsafeValue):
        Rebuild(scope=Scope(), execution="r'; drop", read_at=READ_AT, live=DATABASE, lake_bucket=LAKE).sql(
            "claim"
        )


def test_what_is_put_together_in_python_is_in_snowflake_s_grammar():
    linter = Linter(config=FluffConfig(overrides={"dialect": "snowflake", "templater": "raw"}))
    recordings = [
        checks.recording(check) for table in TABLES[:2] for check in checks.of(table, is_first=True)
    ]
    copies = [Log.of(table, REBUILD).copy_from("2026/", loaded_at=READ_AT) for table in RAW]

    wrong = [
        (statement, parsed.violations)
        for statement in (*recordings, *copies)
        if (parsed := linter.parse_string(statement)).violations
    ]

    assert recordings
    assert wrong == []
