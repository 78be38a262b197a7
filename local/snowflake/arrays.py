"""
ARRAY_AGG in the same order several times: DuckDB would sort for each, so one list holds what all collect.
"""

from collections import defaultdict

import sqlglot
from sqlglot import Expr, exp


def sort_once(statement: Expr) -> Expr:
    """*statement* as fakesnow made it for DuckDB: each select sorts a group's rows once per order."""
    for select in statement.find_all(exp.Select):
        found: defaultdict[str, list[exp.ArrayAgg]] = defaultdict(list)
        for node in select.find_all(exp.ArrayAgg):
            if _is_ordered(node) and node.parent_select is select:
                found[", ".join(key.sql("duckdb") for key in node.this.expressions)].append(node)
        for order, nodes in found.items():
            if len(nodes) > 1:
                _share(nodes, order)
    return statement


def _is_ordered(node: exp.ArrayAgg) -> bool:
    is_plain = isinstance(node.this, exp.Order) and not isinstance(node.this.this, exp.Distinct)
    return is_plain and not isinstance(node.parent, exp.Filter | exp.Window | exp.WithinGroup)


def _share(nodes: list[exp.ArrayAgg], order: str) -> None:
    values = ", ".join(f"'v{place}': {node.this.this.sql('duckdb')}" for place, node in enumerate(nodes))
    shared = f"list({{{values}}} order by {order})"
    for place, node in enumerate(nodes):
        own = f"list_transform({shared}, row_ -> row_.v{place})"
        node.replace(sqlglot.parse_one(own, read="duckdb"))
