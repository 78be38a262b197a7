"""
The warehouse's SQL as sqlglot reads it, each file once: for the documentation, and for the tests of the SQL.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify as _qualify
from sqlglot.optimizer.scope import Scope, traverse_scope

from warehouse import run

# Our files are written in lower case throughout; Snowflake would show the same names in upper case.
DIALECT = "snowflake, normalization_strategy = lowercase"
RELATION_FOLDERS = ("raw", "staging", "intermediate", "marts", "live", "operations")
# Of what else there is (pipes, stages, grants) sqlglot knows the first word only.
READABLE = re.compile(
    r"(create (or alter |or replace )?(table|view)|insert|merge|delete|update|select|with|set|copy)\b"
)
BOUND = re.compile(r"%\((\w+)\)s")

Schema = dict[str, dict[str, dict[str, str]]]  # schema → table → column → type


class UnknownColumn(LookupError):
    """A column is asked for that its table has not."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """`text` is as the file has it, with the comments above; `tree` is None where sqlglot cannot read it."""

    file: str
    text: str
    tree: exp.Expr | None = field(compare=False)


def files() -> list[str]:
    """Every file that makes or fills tables and views, as paths below warehouse/ without their ending."""
    return [file for folder in RELATION_FOLDERS for file in folder_of(folder)]


def folder_of(folder: str) -> list[str]:
    found = sorted((run.FOLDER / folder).rglob("*.sql"))
    return [file.relative_to(run.FOLDER).with_suffix("").as_posix() for file in found]


@cache
def of(file: str) -> tuple[Statement, ...]:
    return parsed(file, (run.FOLDER / f"{file}.sql").read_text(encoding="utf-8"))


def parsed(file: str, text: str) -> tuple[Statement, ...]:
    return tuple(Statement(file=file, text=part, tree=_tree(part)) for part in run.split(text))


def trees(file: str) -> Iterator[exp.Expr]:
    return (statement.tree for statement in of(file) if statement.tree is not None)


def body(statement: str) -> str:
    """A statement without its comments."""
    return run.COMMENT.sub("", statement).strip()


def comment(statement: str) -> str:
    """What the comment lines above a statement say, as one text."""
    lines = statement.splitlines()
    above = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return " ".join(line.removeprefix("--").strip() for line in lines[:above])


def qualify(query: exp.Expr, schema: Schema) -> exp.Query:
    """
    A copy of *query* with every column's table written out and every star replaced.

    Raises:
        UnknownColumn: a table or a step of the query has no such column.
        sqlglot.errors.OptimizeError: a column without a table's name is in none of them.
    """
    qualified = _qualify(
        query.copy(),
        schema=dict(schema),
        dialect=DIALECT,
        quote_identifiers=False,
        identify=False,
        validate_qualify_columns=True,
    )
    assert isinstance(qualified, exp.Query)  # noqa: S101  # for mypy: of a query it makes a query
    for scope in traverse_scope(qualified):
        for column in scope.columns:
            _expect(column, scope.sources.get(column.table), schema)
    return qualified


def as_written(text: str) -> str:
    """Our words for what sqlglot has its own for."""
    return text.replace("decimal(", "number(").replace("timestampntz", "timestamp_ntz")


def _expect(column: exp.Column, source: exp.Expr | Scope | None, schema: Schema) -> None:
    """sqlglot takes a column's word for it that its table has it."""
    if isinstance(source, exp.Table):
        names = list(schema.get(source.db, {}).get(source.name, {}))
    elif isinstance(source, Scope) and isinstance(source.expression, exp.Query):
        names = source.expression.named_selects
    else:
        return  # a row of FLATTEN; and where nothing is called so, sqlglot has said it
    if column.name not in names:
        raise UnknownColumn(f"{column.sql()}: there is {', '.join(names)}")


def _tree(text: str) -> exp.Expr | None:
    """Placeholders and bound values stand for themselves: as a name, as a text."""
    if not READABLE.match(body(text).lower()):
        return None
    filled = BOUND.sub(r"'\1'", run.PLACEHOLDER.sub(r"\1", text))
    return sqlglot.parse_one(filled, read=DIALECT)
