"""
CREATE OR ALTER TABLE: fakesnow would make the table anew, and its rows would be gone.
"""

import re
from functools import cache

import sqlglot
from fakesnow.cursor import FakeSnowflakeCursor
from snowflake.connector.errors import ProgrammingError
from sqlglot import exp

from local.snowflake.account import Account

COLUMNS = (
    "select column_name from duckdb_columns() where (database_name, schema_name, table_name) = (?, ?, ?)"
)


def create_or_alter(_account: Account, cursor: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    """The statement that makes the table; or, where it is there, its new columns are added."""
    schema, _, table = match["table"].upper().rpartition(".")
    there = cursor._duck_conn.execute(COLUMNS, [cursor._conn.database, schema, table]).fetchall()
    if not there:
        return f"create table {match['table']} {match['rest']}"
    names = {name for (name,) in there}
    declared = _declared(match.string)
    if vanished := names - set(declared):
        raise ProgrammingError(
            msg=f"{match['table']}: dropping {', '.join(sorted(vanished))} is not answered offline.",
            errno=9999,
            sqlstate="99999",
        )
    for name in declared:
        if name not in names:
            cursor.execute(f"alter table {match['table']} add column {name} {declared[name]}")
    return "select 'Statement executed successfully.' as \"status\""


@cache
def _declared(statement: str) -> dict[str, str]:
    """Column → type, in Snowflake's words."""
    columns = sqlglot.parse_one(statement, read="snowflake").find_all(exp.ColumnDef)
    return {column.name.upper(): column.args["kind"].sql("snowflake") for column in columns}
