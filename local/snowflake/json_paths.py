"""
Paths into JSON (`v:event.name`): DuckDB reads the text anew for each of them, unless one call takes them all.

Snowflake keeps a VARIANT in columns, so the SQL need not care; here 25 paths one by one cost four times that.
"""

from collections import defaultdict

import sqlglot
from sqlglot import Expr, exp

# DuckDB would move a filter on a path into the subquery and read the text once more; past chance it may not
ONCE = "case when random() >= 0 then json_extract_string({column}, []) end as {name}"


def read_once(statement: Expr) -> Expr:
    """*statement* as fakesnow made it for DuckDB: each select takes its texts from one call per column."""
    for select in statement.find_all(exp.Select):
        if _has_one_source(select):
            _gather(select)
    return statement


def _has_one_source(select: exp.Select) -> bool:
    """Whether a subquery can stand in for what *select* reads, and its columns are all named."""
    source = select.args.get("from_") and select.args["from_"].this
    return (
        isinstance(source, exp.Table | exp.Subquery)
        and isinstance(source.this, exp.Identifier | exp.Select)
        and not any(select.args.get(key) or source.args.get(key) for key in ("joins", "laterals", "sample"))
        and not any(column.is_star for column in select.expressions)
        and not any(column.args.get("db") for column in select.find_all(exp.Column))
    )


def _gather(select: exp.Select) -> None:
    found: defaultdict[str, list[exp.JSONExtractScalar]] = defaultdict(list)
    for node in select.find_all(exp.JSONExtractScalar):
        is_path = isinstance(node.this, exp.Column) and isinstance(node.expression, exp.JSONPath)
        if is_path and node.parent_select is select:
            found[node.this.name].append(node)
    gathered = [nodes for nodes in found.values() if len(nodes) > 1]
    lists = [_take_from_list(nodes, f"_skiff_json_{number}") for number, nodes in enumerate(gathered)]
    if lists:
        source = select.args["from_"].this
        name = source.alias_or_name
        source.replace(exp.select(exp.Star(), *lists).from_(source.copy()).subquery(name, copy=False))


def _take_from_list(nodes: list[exp.JSONExtractScalar], name: str) -> Expr:
    """Let *nodes* read from a list called *name*; the column that makes it."""
    paths = {node.expression.sql("duckdb"): node.expression.copy() for node in nodes}
    places = {path: place for place, path in enumerate(paths, start=1)}
    once: Expr = sqlglot.parse_one(ONCE.format(column=nodes[0].this.name, name=name), read="duckdb")
    for taken in once.find_all(exp.Array):
        taken.set("expressions", list(paths.values()))
    for node in nodes:
        place = exp.Literal.number(places[node.expression.sql("duckdb")])
        node.replace(exp.Anonymous(this="list_extract", expressions=[exp.column(name), place]))
    return once
