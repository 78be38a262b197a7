"""
Running the SQL files as they stand: called by the functions that speak to Snowflake.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PLACEHOLDER = re.compile(r"\{\{ (\w+) \}\}")
SAFE_VALUE = re.compile(r"[\w.:/ +-]*", re.ASCII)
# A semicolon ends a statement, unless a string or a comment holds it.
PIECE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|;|[^;'-]+|-")
COMMENT = re.compile(r"--([^\n]*)")

Row = dict[str, Any]


class UnsafeValue(ValueError):
    """A value could change what a statement does."""


@dataclass(frozen=True, kw_only=True)
class Check:
    name: str
    offending_rows: int


def run(connection: Any, file: str, **values: str) -> list[list[Row]]:
    """
    Run every statement of *file*, a path below this folder.

    Returns:
        What each statement answered, as `execute` returns it.
    """
    return [execute(connection, statement) for statement in statements(file, **values)]


def declare(connection: Any, table: str) -> None:
    """Make *table* (layer/name) if nobody has: a table's file starts with that statement."""
    execute(connection, statements(table)[0])


def checks(connection: Any, table: str) -> list[Check]:
    """What each check of *table* (layer/name) finds: a query for bad rows, named by the comment above it."""
    return [_check(connection, query) for query in statements(f"checks/{table}")]


def execute(connection: Any, statement: str) -> list[Row]:
    """The rows that answer *statement*; names in lower case: Snowflake has both, by kind of statement."""
    with connection.cursor() as cursor:
        rows = cursor.execute(statement).fetchall()
        names = [column.name.lower() for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in rows]


def statements(file: str, **values: str) -> list[str]:
    """The statements of *file*, each with the comments above it."""
    return split(render((FOLDER / f"{file}.sql").read_text(encoding="utf-8"), **values))


def render(text: str, **values: str) -> str:
    """Fill in each `{{ name }}`: with names, numbers, moments and ARNs, never with syntax."""
    for value in values.values():
        if not SAFE_VALUE.fullmatch(value):
            raise UnsafeValue(f"{value!r} has more than letters, digits, spaces and _ . : / + -")
    return PLACEHOLDER.sub(lambda placeholder: values[placeholder[1]], text)


def split(text: str) -> list[str]:
    parts = [""]
    for piece in PIECE.findall(text):
        if piece == ";":
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts if COMMENT.sub("", part).strip()]


def _check(connection: Any, query: str) -> Check:
    [found] = execute(connection, f"select count(*) as n from (\n{query}\n) as offending")  # noqa: S608  # our own file
    return Check(name=query.splitlines()[0].lstrip("- "), offending_rows=found["n"])
