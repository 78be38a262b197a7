"""
What the tests of the SQL look at: every file that reads tables, its statements and its queries.
"""

from functools import cache

from sqlglot import exp

from ops.docs import relations, statements
from ops.docs.statements import Statement

# platform/ and bootstrap.sql read no table; a replay's tables lie in two databases, one of them known here
REPLAY = statements.folder_of("replay")
READING = [
    *statements.files(),
    *statements.folder_of("checks"),
    *statements.folder_of("snapshots"),
    "counts",
]


def queries(tree: exp.Expr) -> list[exp.Query]:
    """The queries of a statement that stand on their own; of a MERGE and a DELETE also what they compare."""
    if isinstance(tree, exp.Query):
        return [tree]
    if isinstance(tree, exp.Insert | exp.Create) and isinstance(tree.expression, exp.Query):
        return [tree.expression]
    if isinstance(tree, exp.Merge):
        return [tree.args["using"].this, _compared(tree)]
    if isinstance(tree, exp.Delete):
        return [_deleted(tree)]
    if isinstance(tree, exp.Copy):
        return [file.this for file in tree.args["files"] if isinstance(file.this, exp.Query)]
    return [found.this for found in tree.find_all(exp.Subquery)]


def _compared(merge: exp.Merge) -> exp.Query:
    conditions = [when.args["condition"] for when in merge.find_all(exp.When) if when.args.get("condition")]
    joined = exp.select("1 as n").from_(merge.this.copy()).join(merge.args["using"].copy(), join_type="cross")
    return joined.where(merge.args["on"].copy(), *(condition.copy() for condition in conditions))


def _deleted(delete: exp.Delete) -> exp.Query:
    query = exp.select("1 as n").from_(delete.this.copy())
    if where := delete.args.get("where"):
        query = query.where(where.this.copy())
    for table in delete.args.get("using") or []:
        query = query.join(table.copy(), join_type="cross")
    return query


@cache
def qualified(statement: Statement) -> tuple[exp.Query, ...]:
    """
    Its queries with every column's table written out and every star replaced.

    Raises:
        UnknownColumn, sqlglot.errors.OptimizeError: as `statements.qualify`
    """
    found = queries(statement.tree) if statement.tree is not None else []
    return tuple(statements.qualify(query, known()) for query in found)


@cache
def known() -> statements.Schema:
    return relations.schema(relations.declared().values())
