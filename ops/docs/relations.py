"""
What the warehouse holds: every table and view with its columns, as its file declares and describes them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sqlglot import exp

from domain.tables import TABLES
from ops.docs import statements
from ops.docs.statements import DIALECT, Schema, Statement

GRAIN = re.compile(r"\s*Grain: ([^.]+)\.")


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    type: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A table or a view; `about` is the comment above its statement, `query` what a view shows."""

    name: str
    kind: str
    file: str
    description: str
    about: str
    grain: str
    columns: tuple[Column, ...]
    query: exp.Query | None = None

    @property
    def layer(self) -> str:
        return self.name.partition(".")[0]

    @property
    def types(self) -> dict[str, str]:
        return {column.name: column.type for column in self.columns}


class NotStandingForATable(ValueError):
    """A view has a column that the table it stands for has not, so nothing describes it."""


@cache
def declared() -> dict[str, Relation]:
    """Every table and view by its full name; a view after all that it reads."""
    made = [statement for file in statements.files() for statement in statements.of(file)]
    relations = {r.name: r for r in map(_table, made) if r}
    waiting = [statement for statement in made if _kind(statement) == "view"]
    while waiting:
        ready = [view for view in waiting if reads(_query(view)) <= set(relations)]
        if not ready:
            raise NotStandingForATable(f"{[view.file for view in waiting]} read what nothing makes")
        relations |= {r.name: r for r in (_view(view, relations) for view in ready)}
        waiting = [view for view in waiting if view not in ready]
    return relations


def schema(relations: Iterable[Relation]) -> Schema:
    """*relations* as sqlglot wants to know them."""
    found: Schema = {}
    for relation in relations:
        layer, _, name = relation.name.partition(".")
        found.setdefault(layer, {})[name] = relation.types
    return found


def reads(tree: exp.Expr) -> set[str]:
    """The tables and views that a statement names."""
    return {name(table) for table in tree.find_all(exp.Table) if table.db}


def name(table: exp.Expr) -> str:
    found = table.find(exp.Table)
    return f"{found.db}.{found.name}" if found else ""


def _kind(statement: Statement) -> str:
    """table or view, of a statement that makes one."""
    return str(statement.tree.args["kind"]).lower() if isinstance(statement.tree, exp.Create) else ""


def _query(view: Statement) -> exp.Query:
    assert view.tree is not None  # noqa: S101  # for mypy
    query: exp.Query = view.tree.expression
    return query


def _table(statement: Statement) -> Relation | None:
    if _kind(statement) != "table" or statement.tree is None:
        return None
    comment = statement.tree.find(exp.SchemaCommentProperty)
    return _relation(
        statement,
        description=comment.name if comment else "",
        columns=tuple(_column(column) for column in statement.tree.this.expressions),
    )


def _column(column: exp.Expr) -> Column:
    comment = column.find(exp.CommentColumnConstraint)
    return Column(
        name=column.name,
        type=statements.as_written(column.args["kind"].sql(DIALECT).lower()),
        description=comment.name if comment else "",
    )


def _view(statement: Statement, relations: dict[str, Relation]) -> Relation:
    query = _query(statement)
    shown = statements.qualify(query, schema(relations.values())).named_selects
    model = _stands_for(statement, relations)
    described = {column.name: column for column in model.columns}
    if unknown := [column for column in shown if column not in described]:
        raise NotStandingForATable(f"{statement.file}: {', '.join(unknown)} is not in {model.name}")
    about = GRAIN.sub("", statements.comment(statement.text))
    columns = tuple(described[column] for column in shown)
    description = about.partition(". ")[0].rstrip(".")
    return _relation(statement, description=description, columns=columns, query=query)


def _stands_for(view: Statement, relations: dict[str, Relation]) -> Relation:
    """The table whose columns a view shows: the one of its own name, else that of its file's name."""
    assert view.tree is not None  # noqa: S101  # for mypy
    own = name(view.tree.this).partition(".")[2]
    same = [table.full_name for table in TABLES if table.name == own]
    return relations[same[0] if same else view.file.replace("/", ".")]


def _relation(
    statement: Statement, *, description: str, columns: tuple[Column, ...], query: exp.Query | None = None
) -> Relation:
    assert statement.tree is not None  # noqa: S101  # for mypy
    about = statements.comment(statement.text)
    grain = GRAIN.search(about)
    return Relation(
        name=name(statement.tree.this),
        kind=_kind(statement),
        file=statement.file,
        description=description,
        about=GRAIN.sub("", about),
        grain=grain[1] if grain else "",
        columns=columns,
        query=query,
    )
