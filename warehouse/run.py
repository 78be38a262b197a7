"""
Running the SQL files as they stand: called by the functions that speak to Snowflake.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PLACEHOLDER = re.compile(r"\{\{ (\w+) \}\}")
SAFE_VALUE = re.compile(r"[\w.:/ +-]*", re.ASCII)
# A semicolon ends a statement, unless a string or a comment holds it.
PIECE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|;|[^;'-]+|-")
COMMENT = re.compile(r"--([^\n]*)")
# What only a table needs that is there already; a first refresh concerns everything, and reads it once.
INCREMENTAL = re.compile(r"^ *-- if incremental\n.*?^ *-- end if\n", re.M | re.S)

Row = dict[str, Any]


class UnsafeValue(ValueError):
    """A value could change what a statement does."""


def run(connection: Any, file: str, **values: str) -> list[list[Row]]:
    """
    Run every statement of *file*, a path below this folder.

    Returns:
        What each statement answered, as `execute` returns it.
    """
    return [execute(connection, statement) for statement in statements(file, **values)]


def execute(connection: Any, statement: str, **bound: str) -> list[Row]:
    """
    The rows that answer *statement*; names in lower case: Snowflake has both, by kind of statement.

    Args:
        bound: values for `%(name)s`, quoted by the connector: for text of any kind.
    """
    with connection.cursor() as cursor:
        rows = cursor.execute(statement, bound or None).fetchall()
        names = [column.name.lower() for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in rows]


def statements(file: str, **values: str) -> list[str]:
    """The statements of *file*, each with the comments above it."""
    return split(render(_text(file), **values))


def first_statements(file: str) -> list[str]:
    """Those for a table that is empty: without the lines between `-- if incremental` and `-- end if`."""
    return split(INCREMENTAL.sub("", _text(file)))


def _text(file: str) -> str:
    return (FOLDER / f"{file}.sql").read_text(encoding="utf-8")


def render(text: str, **values: str) -> str:
    """Fill in each `{{ name }}`: with names, numbers, moments and ARNs, never with syntax."""
    for value in values.values():
        if not SAFE_VALUE.fullmatch(value):
            raise UnsafeValue(f"{value!r} has more than letters, digits, spaces and _ . : / + -")
    return PLACEHOLDER.sub(lambda placeholder: values[placeholder[1]], text)


def moment(at: datetime) -> str:
    """A moment as the warehouse writes it, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def split(text: str) -> list[str]:
    parts = [""]
    for piece in PIECE.findall(text):
        if piece == ";":
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts if COMMENT.sub("", part).strip()]
