"""
MERGE as DuckDB's own: fakesnow takes it apart into statements that join both sides in full.
"""

import re

from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from snowflake.connector.errors import ProgrammingError

from local.snowflake import memo

CLAUSE = re.compile(r"\bthen\s+(insert\s*\(|insert\s+values\b|update\s+set\b|delete\b)", re.I)
KINDS = {"insert": "inserted", "update": "updated", "delete": "deleted"}  # in the order they are answered


def merge(cursor: FakeSnowflakeCursor, target: str, command: str) -> str:
    """Run the MERGE; the query that answers it, with Snowflake's counts."""
    clauses = {clause[:6].lower() for clause in CLAUSE.findall(command)}
    kinds = [kind for clause, kind in KINDS.items() if clause in clauses]
    if len(kinds) == len(KINDS):
        message = "Offline a MERGE may insert, update or delete, but not all three."
        raise ProgrammingError(msg=message, errno=9999, sqlstate="99999")
    before = _rows(cursor, target)
    if not memo.execute(cursor, command):
        statement = parse_one(cursor._inline_variables(command))
        cursor.check_db_and_schema(statement)
        cursor._execute(cursor._transform(statement, None))
    changed = cursor._arrow_table[0][0].as_py()
    counts = counted(kinds, changed=changed, growth=_rows(cursor, target) - before)
    return "select " + ", ".join(f'{counts[kind]} as "number of rows {kind}"' for kind in kinds)


def counted(kinds: list[str], *, changed: int, growth: int) -> dict[str, int]:
    """
    How many rows of each kind: DuckDB tells only how many in all.

    Args:
        kinds: what the statement may do, at most two of inserted, updated and deleted.
        growth: how many more rows the target has than before.
    """
    if "updated" not in kinds:
        inserted = (changed + growth) // 2
        return {"inserted": inserted, "deleted": changed - inserted}
    return {"inserted": growth, "deleted": -growth, "updated": changed - abs(growth)}


def _rows(cursor: FakeSnowflakeCursor, table: str) -> int:
    [count] = cursor._duck_conn.execute(f"select count(*) from {table}").fetchone()  # noqa: S608  # an identifier
    return int(count)
