"""
COPY INTO a table from a stage, with `$1` and METADATA$ columns: JSON lines only, each file once.
"""

from collections.abc import Collection
from datetime import UTC, datetime

import sqlglot
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import Expr, exp

from local.snowflake import stages
from local.snowflake.account import Account

LINES = "skiff_lines"
COLUMNS = {"METADATA$FILENAME": "file", "METADATA$FILE_ROW_NUMBER": "row"}


def copy_into_table(
    account: Account,
    cursor: FakeSnowflakeCursor,
    command: str,
    *,
    loader: str | None = None,
    only: Collection[str] | None = None,
) -> str:
    """
    Load what *loader* has not loaded yet.

    Args:
        loader: the pipe that asks; a COPY by hand remembers its files with the table, as Snowflake does.
        only: the files to load; without it, all below the stage's location.

    Returns:
        The query that answers the statement.
    """
    copy = sqlglot.parse_one(command, read="snowflake")
    select = copy.args["files"][0].this
    location = stages.locate(cursor, select.args["from_"].this.this.name)
    loader = loader or _table(copy)
    with account.lock:
        found = stages.keys(account.s3, location) if only is None else sorted(only)
        files = [file for file in found if (loader, file) not in account.loaded]
        rows = _insert(account, cursor, copy.this, select, location.bucket, files) if files else 0
        account.loaded.update((loader, file) for file in files)
    return f"select {len(files)} as files_loaded, {rows} as rows_loaded"  # two numbers


def _insert(
    account: Account,
    cursor: FakeSnowflakeCursor,
    target: Expr,
    select: exp.Select,
    bucket: str,
    files: list[str],
) -> int:
    scanned_at = datetime.now(UTC).replace(tzinfo=None)
    columns = ", ".join(_of_a_line(column, scanned_at).sql("snowflake") for column in select.expressions)
    cursor._duck_conn.register(LINES, stages.lines(account.s3, bucket, files))
    try:
        cursor.execute(f"insert into {target.sql('snowflake')} select {columns} from temp.main.{LINES}")  # noqa: S608
        return int(cursor.fetchall()[0][0])
    finally:
        cursor._duck_conn.unregister(LINES)


def _of_a_line(column: Expr, scanned_at: datetime) -> Expr:
    """The column as fakesnow can compute it from a line, its file and its row."""

    def translated(node: Expr) -> Expr:
        name = node.name.upper()
        if isinstance(node, exp.Parameter) and name == "1":
            return sqlglot.parse_one("parse_json(line)", read="snowflake")
        if isinstance(node, exp.Column) and name == "METADATA$START_SCAN_TIME":
            return sqlglot.parse_one(f"'{scanned_at}'::timestamp_ntz", read="snowflake")
        return exp.column(COLUMNS[name]) if isinstance(node, exp.Column) and name in COLUMNS else node

    return column.transform(translated)


def _table(copy: Expr) -> str:
    target = copy.find(exp.Table)
    return target.sql("snowflake").upper() if target else ""
