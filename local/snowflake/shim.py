"""
The statements that fakesnow does not know, answered here; everything else goes on to it.
"""

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import duckdb
import fakesnow.macros
import fakesnow.transforms
from botocore.exceptions import ClientError
from fakesnow.cursor import FakeSnowflakeCursor
from snowflake.connector.errors import ProgrammingError
from sqlglot import Expr

from local.snowflake import macros, memo, pipes, stages
from local.snowflake.account import Account
from local.snowflake.arrays import sort_once
from local.snowflake.flatten import unnest_in_place
from local.snowflake.json_paths import read_once
from local.snowflake.load import copy_into_table
from local.snowflake.merge import merge
from local.snowflake.tables import create_or_alter
from local.snowflake.unload import copy_into_stage

Handler = Callable[[Account, FakeSnowflakeCursor, re.Match[str]], str | None]

IAM_USER = "arn:aws:iam::000000000000:user/snowflake"  # who Snowflake is in AWS
OBJECTS = r"(warehouse|role|user|resource\s+monitor|storage\s+integration)\b"
RECORDED = re.compile(r"(create|alter|drop|use|grant|revoke)\s", re.I)
COMMENTS = re.compile(r"\A(\s*--[^\n]*\n)*\s*")


def _take(*_: object) -> str:
    """Roles, users, grants and warehouses are recorded and have no effect."""
    return "select 'Statement executed successfully.' as \"status\""


def _create_schema(_account: Account, _: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    return match["schema"]


def _create_integration(account: Account, _: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    external_id = re.search(r"storage_aws_external_id\s*=\s*'([^']*)'", match.string, re.I)
    properties = {
        "STORAGE_AWS_IAM_USER_ARN": IAM_USER,
        "STORAGE_AWS_EXTERNAL_ID": external_id[1] if external_id else "",
    }
    account.integrations.setdefault(match["integration"].upper(), properties)
    return _take()


def _describe_integration(account: Account, _: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    name = match["integration"].upper()
    if name not in account.integrations:
        raise ProgrammingError(msg=f"Integration '{name}' does not exist.", errno=2003, sqlstate="02000")
    return " union all ".join(
        f"select '{key}' as \"property\", 'String' as \"property_type\", '{value}' as \"property_value\""
        for key, value in account.integrations[name].items()
    )


def _forget_files(account: Account, cursor: FakeSnowflakeCursor, match: re.Match[str]) -> None:
    """A table that is made anew may load the same files again; fakesnow makes it."""
    table = stages.full_name(cursor, match["table"])
    account.loaded -= {(loader, file) for loader, file in account.loaded if loader == table}


def _clone(_: Account, __: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    """A copy; fakesnow would forget the OR REPLACE."""
    return f"create or replace table {match['table']} as select * from {match['source']}"  # noqa: S608  # identifiers


def _copy_into_table(account: Account, cursor: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    return copy_into_table(account, cursor, match.string)


def _set_variable(_: Account, cursor: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    """Compute the value now, as Snowflake does; fakesnow would compute it anew at every use."""
    value = cursor.execute(f"select {match['query']}::varchar as value").fetchone()[0]  # the statement's own
    cursor._conn.variables._set(match["variable"].upper(), f"'{value}'")
    return "select 'Statement executed successfully.' as \"status\""


def _merge(_: Account, cursor: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    return merge(cursor, match["target"], match.string)


HANDLERS: dict[str, Handler] = {
    r"(?P<schema>create\s+schema\s.*?)\s+with\s+managed\s+access\s*\Z": _create_schema,
    r"create\s+storage\s+integration\s+(if\s+not\s+exists\s+)?(?P<integration>\w+)": _create_integration,
    r"desc(ribe)?\s+storage\s+integration\s+(?P<integration>\w+)": _describe_integration,
    r"create\s+pipe\s+(if\s+not\s+exists\s+)?(?P<pipe>[\w.]+).*?(?P<copy>copy\s+into\s.*)": pipes.create,
    r"alter\s+pipe\s+(?P<pipe>[\w.]+)\s+refresh": pipes.refresh,
    r"show\s+pipes(\s+like\s+'(?P<like>\w+)')?": pipes.show,
    r"copy\s+into\s+(?P<stage>@\S+)\s+from\s+\((?P<query>.*)\)\s*(?P<options>file_format.*)": copy_into_stage,
    r"copy\s+into\s+[^@\s]": _copy_into_table,
    r"create\s+or\s+replace\s+table\s+(?P<table>[\w.]+)\s+clone\s+(?P<source>[\w.]+)\s*\Z": _clone,
    r"create\s+or\s+replace\s+table\s+(?P<table>[\w.]+)": _forget_files,
    r"create\s+or\s+alter\s+table\s+(?P<table>[\w.]+)\s*(?P<rest>\(.*)": create_or_alter,
    r"set\s+(?P<variable>\w+)\s*=\s*(?P<query>\(\s*select\b.*\))": _set_variable,
    r"merge\s+into\s+(?P<target>[\w.]+)": _merge,
    rf"(create|alter|drop|use)\s+{OBJECTS}": _take,
    r"(grant|revoke)\s": _take,
}
PATTERNS = [(re.compile(pattern, re.I | re.S), handler) for pattern, handler in HANDLERS.items()]

# What the fakes raise where Snowflake would name the mistake.
# Over HTTP it would be a 500, which the connector tries again for minutes.
GAPS = (duckdb.Error, ClientError, AssertionError, AttributeError, LookupError, ValueError)


@contextmanager
def installed(account: Account) -> Iterator[None]:
    """Inside, every fakesnow cursor of this process answers for *account*."""
    known, transformed = FakeSnowflakeCursor.execute, FakeSnowflakeCursor._transform
    ran = FakeSnowflakeCursor._execute

    def execute(cursor: FakeSnowflakeCursor, command: str, *args: Any, **kwargs: Any) -> FakeSnowflakeCursor:
        with account.lock:
            try:
                if any(args):  # values of the caller, which are part of the text before anything looks at it
                    command, rest = cursor._rewrite_with_params(command, args[0])
                    args = (rest, *args[1:])
                statement = COMMENTS.sub("", command)
                if answer := _answered(account, cursor, statement):
                    return memo.execute(cursor, answer) or known(cursor, answer)
                remembered = None if any(args) or kwargs else memo.execute(cursor, statement)
                return remembered or known(cursor, command, *args, **kwargs)
            except GAPS as error:
                message = f"Not answered offline: {error!r}"
                raise ProgrammingError(msg=message, errno=9999, sqlstate="99999") from error

    def transform(*statement: Any) -> Expr:
        return sort_once(read_once(unnest_in_place(transformed(*statement))))

    def run(cursor: FakeSnowflakeCursor, statement: Expr, *params: Any) -> None:
        ran(cursor, statement, *params)
        if not statement.args.get("result_scan_sfqid"):  # that runs nothing
            memo.keep_columns(cursor)

    # sqlglot warns of each statement that it cannot take apart, DuckDB of each result
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
    with (
        mock.patch.object(FakeSnowflakeCursor, "execute", execute),
        mock.patch.object(FakeSnowflakeCursor, "_transform", transform),
        mock.patch.object(FakeSnowflakeCursor, "_execute", run),
        mock.patch.object(fakesnow.transforms, "merge", lambda statement: [statement]),
        mock.patch.multiple(fakesnow.macros, FS_FLATTEN=macros.FLATTEN, FS_TO_TIMESTAMP=macros.TO_TIMESTAMP),
        mock.patch.object(FakeSnowflakeCursor, "_describe_last_sql", memo.describe),
    ):
        yield


def _answered(account: Account, cursor: FakeSnowflakeCursor, statement: str) -> str | None:
    """The query that answers *statement*; None for what fakesnow knows."""
    if RECORDED.match(statement):
        account.statements.append(statement)
    for pattern, handler in PATTERNS:
        if match := pattern.match(statement):
            return handler(account, cursor, match)
    return None
