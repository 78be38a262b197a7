"""
COPY INTO a table from a stage, with `$1` and METADATA$ columns: lines of text that hold JSON, each file once.
"""

import re
from collections.abc import Collection
from datetime import UTC, datetime

import sqlglot
from fakesnow.cursor import FakeSnowflakeCursor
from snowflake.connector.errors import ProgrammingError
from sqlglot import Expr, exp

from local.snowflake import stages
from local.snowflake.account import Account
from local.snowflake.lines import Lines

LINES = "skiff_lines"
COLUMNS = {"METADATA$FILENAME": "file", "METADATA$FILE_ROW_NUMBER": "row"}
LINES_OF_TEXT = re.compile(r"file_format\s*=\s*\(\s*type\s*=\s*csv\b", re.I)
GOES_ON = re.compile(r"on_error\s*=\s*'?continue\b", re.I)
ANSWER = '"file", "status", "rows_parsed", "rows_loaded", "errors_seen"'  # some of what Snowflake tells


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
        only: the files to load if they lie below the stage's location; without it, all that do.

    Returns:
        The query that answers the statement.
    """
    if not LINES_OF_TEXT.search(command):
        raise ProgrammingError(msg="Only lines of text are loaded offline.", errno=1003, sqlstate="42000")
    copy = sqlglot.parse_one(command, read="snowflake")
    select = copy.args["files"][0].this
    location = stages.locate(cursor, select.args["from_"].this.this.name)
    loader = loader or stages.full_name(cursor, _table(copy))
    with account.lock:
        found = stages.keys(account.s3, location) if only is None else sorted(only)
        below = [file for file in found if file.startswith(location.prefix)]
        files = [file for file in below if (loader, file) not in account.loaded]
        only_json = bool(GOES_ON.search(command))
        lines = Lines(s3=account.s3, bucket=location.bucket, files=files, only_json=only_json)
        _insert(cursor, copy.this, select, lines)
        account.loaded.update((loader, file) for file in files)
    return _answer(lines)


def _insert(cursor: FakeSnowflakeCursor, target: Expr, select: exp.Select, lines: Lines) -> None:
    if not lines.files:
        return
    scanned_at = datetime.now(UTC).replace(tzinfo=None)
    columns = ", ".join(_of_a_line(column, scanned_at).sql("snowflake") for column in select.expressions)
    cursor._duck_conn.register(LINES, lines.reader())
    try:
        cursor.execute(f"insert into {target.sql('snowflake')} select {columns} from temp.main.{LINES}")  # noqa: S608
    finally:
        cursor._duck_conn.unregister(LINES)


def _answer(lines: Lines) -> str:
    if not lines.files:
        return "select 'Copy executed with 0 files processed.' as \"status\""
    rows = (
        _file(f"s3://{lines.bucket}/{file}", lines.parsed[file], lines.kept[file]) for file in lines.files
    )
    return f"select * from (values {', '.join(rows)}) as loaded ({ANSWER})"  # noqa: S608  # literals


def _file(url: str, parsed: int, kept: int) -> str:
    status = "LOADED" if kept == parsed else "PARTIALLY_LOADED" if kept else "LOAD_FAILED"
    return f"({exp.Literal.string(url).sql('snowflake')}, '{status}', {parsed}, {kept}, {parsed - kept})"


def _of_a_line(column: Expr, scanned_at: datetime) -> Expr:
    """The column as fakesnow can compute it from a line, its file and its row."""

    def translated(node: Expr) -> Expr:
        name = node.name.upper()
        if isinstance(
            node, exp.ParseJSON
        ):  # DuckDB's json() would write every line anew; the cast keeps it as it is
            return exp.cast(node.this.transform(translated), "variant")
        if isinstance(node, exp.Parameter) and name == "1":
            return exp.column("line")
        if isinstance(node, exp.Column) and name == "METADATA$START_SCAN_TIME":
            return sqlglot.parse_one(f"'{scanned_at}'::timestamp_ntz", read="snowflake")
        return exp.column(COLUMNS[name]) if isinstance(node, exp.Column) and name in COLUMNS else node

    return column.transform(translated)


def _table(copy: Expr) -> str:
    target = copy.find(exp.Table)
    return target.sql("snowflake") if target else ""
