"""
Paths into JSON (`v:event.name`): DuckDB reads the text anew for each of them, unless one call takes them all.

Snowflake keeps a VARIANT in columns, so the SQL need not care; here 25 paths one by one cost four times that.
"""

from collections import defaultdict

import sqlglot
from sqlglot import Expr, exp

TEXTS = "json_extract_string({column}, [])"
# DuckDB would move a filter on a path into the subquery and read the text once more; past chance it may not
ONCE = f"case when random() >= 0 then {TEXTS} end"


def read_once(statement: Expr) -> Expr:
    """*statement* as fakesnow made it for DuckDB: each select takes its texts from one call per column."""
    for select in statement.find_all(exp.Select):
        found: defaultdict[str, list[exp.JSONExtractScalar]] = defaultdict(list)
        for node in select.find_all(exp.JSONExtractScalar):
            is_path = isinstance(node.this, exp.Column) and isinstance(node.expression, exp.JSONPath)
            if is_path and node.parent_select is select:
                found[node.this.sql("duckdb")].append(node)
        _gather(select, [nodes for nodes in found.values() if len(nodes) > 1])
    return statement


def _gather(select: exp.Select, found: list[list[exp.JSONExtractScalar]]) -> None:
    if not found or not _has_one_source(select):
        for nodes in found:  # the same call in each place: DuckDB makes it once for all of a select's columns
            _take(nodes, _call(TEXTS, nodes, nodes[0].this))
        return
    lists = []
    for number, nodes in enumerate(found):
        name = f"_skiff_json_{number}"
        lists.append(exp.alias_(_call(ONCE, nodes, exp.column(nodes[0].this.name)), name))
        _take(nodes, exp.column(name))
    source = select.args["from_"].this
    inner = exp.select(exp.Star(), *lists).from_(source.copy())
    source.replace(inner.subquery(source.alias_or_name, copy=False))


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


def _call(template: str, nodes: list[exp.JSONExtractScalar], column: Expr) -> Expr:
    """The call that takes the texts of all *nodes*."""
    call: Expr = sqlglot.parse_one(template.format(column=column.sql("duckdb")), read="duckdb")
    for paths in call.find_all(exp.Array):
        paths.set("expressions", [path.copy() for path in _paths(nodes).values()])
    return call


def _take(nodes: list[exp.JSONExtractScalar], texts: Expr) -> None:
    places = {path: place for place, path in enumerate(_paths(nodes), start=1)}
    for node in nodes:
        place = exp.Literal.number(places[node.expression.sql("duckdb")])
        node.replace(exp.Anonymous(this="list_extract", expressions=[texts.copy(), place]))


def _paths(nodes: list[exp.JSONExtractScalar]) -> dict[str, Expr]:
    return {node.expression.sql("duckdb"): node.expression for node in nodes}
