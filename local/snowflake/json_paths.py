"""
Paths into JSON (`v:event.name`): DuckDB reads the text anew for each of them, unless one call takes them all.

Snowflake keeps a VARIANT in columns, so the SQL need not care; here 25 paths one by one cost four times that.
"""

import json
from collections import defaultdict
from typing import Any

import sqlglot
from sqlglot import Expr, exp

Path = tuple[str, ...]  # from the outermost key to the innermost
Tree = dict[str, Any]  # key → the kind of value that is taken, or a Tree
Node = exp.Binary  # a JSONExtractScalar, which is a text, or a JSONExtract

KINDS: dict[type[Node], str] = {exp.JSONExtractScalar: "VARCHAR", exp.JSONExtract: "JSON"}
VALUES = "json_transform({column}, {tree})"
# DuckDB would move a filter on a path into the subquery and read the text once more; past chance it may not
ONCE = f"case when random() >= 0 then {VALUES} end"


def read_once(statement: Expr) -> Expr:
    """*statement* as fakesnow made it for DuckDB: each select takes its values from one call per column."""
    for select in statement.find_all(exp.Select):
        found: defaultdict[str, list[Node]] = defaultdict(list)
        for node in select.find_all(*KINDS):
            if isinstance(node.this, exp.Column) and _path(node) and node.parent_select is select:
                found[node.this.sql("duckdb")].append(node)
        _gather(select, [nodes for nodes in map(_together, found.values()) if len(nodes) > 1])
    return statement


def _path(node: Node) -> Path:
    """Its keys; none where it is no path, or one that counts places."""
    parts = node.expression.expressions if isinstance(node.expression, exp.JSONPath) else []
    keys = [part.this for part in parts if isinstance(part, exp.JSONPathKey)]
    return tuple(keys) if len(keys) == len(parts) - 1 and all(isinstance(key, str) for key in keys) else ()


def _together(nodes: list[Node]) -> list[Node]:
    """Those that one tree takes: no whole beside a part of it, no key in two spellings or of two kinds."""
    wholes = {whole for node in nodes for whole in _wholes(node)}
    spelled: dict[Path, Path] = {}
    kinds: dict[Path, type[Node]] = {}
    taken = []
    for node in nodes:
        path = _path(node)
        is_spelled_so = all(spelled.setdefault(_lower(part), part) == part for part in [*_wholes(node), path])
        if is_spelled_so and path not in wholes and kinds.setdefault(path, type(node)) is type(node):
            taken.append(node)
    return taken


def _wholes(node: Node) -> list[Path]:
    """The objects that it is a part of."""
    path = _path(node)
    return [path[:length] for length in range(1, len(path))]


def _lower(path: Path) -> Path:
    """DuckDB's structs know no other case."""
    return tuple(key.lower() for key in path)


def _gather(select: exp.Select, found: list[list[Node]]) -> None:
    if not found or not _has_one_source(select):
        for nodes in found:  # the same call in each place: DuckDB makes it once for all of a select's columns
            _take(nodes, _call(VALUES, nodes, nodes[0].this))
        return
    structs = []
    for number, nodes in enumerate(found):
        name = f"_skiff_json_{number}"
        structs.append(exp.alias_(_call(ONCE, nodes, exp.column(nodes[0].this.name)), name))
        _take(nodes, exp.column(name))
    source = select.args["from_"].this
    inner = exp.select(exp.Star(), *structs).from_(source.copy())
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


def _call(template: str, nodes: list[Node], column: Expr) -> Expr:
    """The call that takes the values of all *nodes* as one struct."""
    tree: Tree = {}
    for node in nodes:
        *outer, last = _path(node)
        branch = tree
        for key in outer:
            branch = branch.setdefault(key, {})
        branch[last] = KINDS[type(node)]
    text = exp.Literal.string(json.dumps(tree)).sql("duckdb")
    return sqlglot.parse_one(template.format(column=column.sql("duckdb"), tree=text), read="duckdb")


def _take(nodes: list[Node], struct: Expr) -> None:
    for node in nodes:
        value: Expr = struct.copy()
        for key in _path(node):
            value = exp.Anonymous(this="struct_extract", expressions=[value, exp.Literal.string(key)])
        if isinstance(node, exp.JSONExtract):
            # JSON's null is a value, which the struct does not tell from nothing
            value = exp.Coalesce(this=value, expressions=[node.copy()])
        node.replace(value)
