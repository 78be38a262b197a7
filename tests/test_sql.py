"""
The SQL as Snowflake reads it: offline runs prove what it does, these that the real one would take it.
"""

from functools import cache
from pathlib import Path

import pytest
import sqlglot
from sqlfluff.core import FluffConfig, Linter
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from domain.tables import LAYERS
from warehouse import run

WAREHOUSE = Path(run.__file__).parent
VALUES = dict.fromkeys(
    ("database", "lake_bucket", "storage_role_arn", "external_id", "snapshot_id", "attempt", "as_of"),
    "x",
)
TABLES = ["raw/events", *(f"{layer}/{table}" for layer, tables in LAYERS.items() for table in tables)]
READING = [
    *TABLES,
    *(f"checks/{table}" for table in TABLES[1:]),
    *(f"snapshots/{file.stem}" for file in sorted((WAREHOUSE / "snapshots").glob("*.sql"))),
    "counts",
]
# Functions that sqlglot does not know as Snowflake's; each was looked up in Snowflake's reference.
KNOWN_FUNCTIONS: set[str] = set()


def parsed(file: str) -> list[exp.Expression]:
    return [
        sqlglot.parse_one(statement.replace("$since", "'2026-01-01'"), read="snowflake")
        for statement in run.statements(file, **VALUES)
    ]


@cache
def declared() -> dict[str, dict[str, dict[str, str]]]:
    """schema → table → column → type, as the files declare them."""
    schemas: dict[str, dict[str, dict[str, str]]] = {}
    for file in TABLES:
        table = parsed(file)[0]
        columns = {column.name: column.kind.sql("snowflake") for column in table.find_all(exp.ColumnDef)}
        schemas.setdefault(table.this.this.db, {})[table.this.this.name] = columns
    return schemas


def queries(statement: exp.Expression) -> list[exp.Expression]:
    """The queries of a statement that stand on their own."""
    if isinstance(statement, exp.Query):
        return [statement]
    if isinstance(statement, exp.Insert):
        return [statement.expression]
    if isinstance(statement, exp.Merge):
        return [statement.args["using"].this]
    if isinstance(statement, exp.Copy):
        return [file.this for file in statement.args["files"] if not file.this.find(exp.Parameter)]
    return [found.this for found in statement.find_all(exp.Subquery)]


def test_every_file_is_in_snowflake_s_grammar_and_in_our_style():
    linter = Linter(config=FluffConfig.from_path(str(WAREHOUSE)))

    found = linter.lint_paths((str(WAREHOUSE),)).as_records()

    assert {file["filepath"]: file["violations"] for file in found if file["violations"]} == {}


@pytest.mark.parametrize("file", READING)
def test_every_column_is_declared(file: str):
    for statement in parsed(file):
        for query in queries(statement):
            qualify(query.copy(), schema=declared(), dialect="snowflake", validate_qualify_columns=True)


@pytest.mark.parametrize("file", TABLES[1:])
def test_an_insert_fills_every_column_in_its_place(file: str):
    table = parsed(file)[0].this
    columns = [column.name for column in table.expressions]

    [insert] = [insert for statement in parsed(file) for insert in statement.find_all(exp.Insert)]

    assert [column.name for column in insert.this.expressions] == columns


def test_only_staging_and_its_check_open_the_raw_json():
    opened = {
        file
        for file in READING
        for statement in parsed(file)
        if any(column.name == "v" for column in statement.find_all(exp.Column))
    }

    assert opened == {"staging/events", "checks/staging/events"}


def test_only_functions_of_snowflake_are_called():
    called = {
        function.name.upper()
        for file in READING
        for statement in parsed(file)
        for function in statement.find_all(exp.Anonymous)
    }

    assert called <= KNOWN_FUNCTIONS


def test_the_layers_are_made_in_the_order_they_read_each_other():
    made = {"raw.events"}
    for file in TABLES[1:]:
        table = file.replace("/", ".")
        read = {
            f"{source.db}.{source.name}"
            for statement in parsed(file)
            for source in statement.find_all(exp.Table)
            if source.db
        }

        assert read - {table} <= made
        made.add(table)
