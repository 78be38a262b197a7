"""
Statements that were translated before: fakesnow goes over each some seventy times, and ours come back.

Only what depends on nothing but its text and on where the session is can be remembered. A variable's value
is put in afterwards, so that the text stays the same.
"""

import re
from collections import OrderedDict
from typing import Any

from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from snowflake.connector.errors import ProgrammingError
from sqlglot import Expr

PURE = re.compile(
    r"(select|with|insert|delete|update|merge|create\s+(or\s+replace\s+)?table\s+[\w.]+\s*\(|create\s+or\s+replace\s+view)\b",
    re.I,
)
# a stage, a parameter, or something that is another thing each time
IMPURE = re.compile(r"@|\$\d|\?|result_scan|last_query_id|nextval|random", re.I)
VARIABLE = re.compile(r"(?<![\$\w])\$([a-z_]\w*)", re.I)
LITERAL = re.compile(r"'[^']*'")
MOST = 2000

Where = tuple[str, str | None, str | None, bool, bool]
Translation = list[tuple[Expr, str]]  # what a statement becomes, and how DuckDB spells it
_translated: OrderedDict[Where, Translation] = OrderedDict()


def execute(cursor: FakeSnowflakeCursor, command: str) -> FakeSnowflakeCursor | None:
    """Run *command* if it is one to remember; None if fakesnow has to look at it."""
    if not PURE.match(command) or IMPURE.search(command):
        return None
    values = {name.lower(): str(value) for name, value in cursor._conn.variables._variables.items()}
    names = {name.lower() for name in VARIABLE.findall(command)}
    if any(not LITERAL.fullmatch(values.get(name, "")) for name in names):
        return None
    for expression, text in _translation(cursor, VARIABLE.sub(lambda match: _token(match[1]), command)):
        for name in names:
            text = text.replace(_token(name), values[name])
        _run(cursor, expression, text)
    return cursor


def keep_columns(cursor: FakeSnowflakeCursor) -> None:
    """Right after a statement: DuckDB's connection, which cursors share, knows the last answer's columns."""
    columns = [(name, str(kind), "YES", None, None, None) for name, kind, *_ in cursor._duck_conn.description]
    cursor._columns = (cursor._last_sql, columns)


def describe(cursor: FakeSnowflakeCursor) -> list[Any]:
    """The last answer's columns, as DuckDB's DESCRIBE has them, which would plan the statement once more."""
    text, columns = getattr(cursor, "_columns", (None, []))
    if text is not cursor._last_sql:  # an earlier answer that came back by its id
        return list(cursor._duck_conn.execute(f"DESCRIBE {cursor._last_sql}", cursor._last_params).fetchall())
    return list(columns)


def _token(name: str) -> str:
    return f"'@{name.lower()}@'"


def _translation(cursor: FakeSnowflakeCursor, text: str) -> Translation:
    session = cursor._conn
    where = (text, session.database, session._schema, session.database_set, session.schema_set)
    if where not in _translated:
        expression = parse_one(text)
        cursor.check_db_and_schema(expression)
        parts = [cursor._transform(part, None) for part in cursor._transform_explode(expression)]
        _translated[where] = [(part, part.sql(dialect="duckdb")) for part in parts]
        if len(_translated) > MOST:
            _translated.popitem(last=False)
    _translated.move_to_end(where)
    return _translated[where]


class _Spelled:
    """An expression whose text is known already; sqlglot's own, which are compiled, take no other method."""

    def __init__(self, expression: Expr, text: str) -> None:
        self._expression, self._text = expression, text

    @property  # type: ignore[misc]  # for isinstance, which fakesnow goes by
    def __class__(self) -> type[Expr]:  # type: ignore[override]
        return type(self._expression)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._expression, name)

    def sql(self, *_: Any, **__: Any) -> str:
        return self._text


def _run(cursor: FakeSnowflakeCursor, expression: Expr, text: str) -> None:
    cursor._sqlstate = None
    try:
        cursor._execute(_Spelled(expression, text), None)
    except ProgrammingError as error:
        cursor._sqlstate = error.sqlstate
        raise
