"""
Where a column comes from: what the statements that fill it take its values of, followed by sqlglot.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from sqlglot import exp
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.scope import build_scope

from ops.docs import relations, statements
from ops.docs.statements import DIALECT

TOUCHED = "operations.touched"  # every refresh fills it anew: only its own rows concern it
TOUCHED_VISITORS = "operations/touched_visitors"
OUTSIDE_TEXTS = re.compile(r"('(?:[^']|'')*')|([^']+)")
OPENED = re.compile(r"GET_PATH\(([\w.]+), '([^']+)'\)")


@dataclass(frozen=True, kw_only=True, order=True)
class Source:
    """A column of another table or view; `path` leads into its JSON, as in `event.items[].price`."""

    relation: str
    column: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Definition:
    """How one statement of *file* makes a column; `expression` is empty where it is taken over as it is."""

    file: str
    expression: str
    sources: tuple[Source, ...]


@cache
def definitions() -> dict[tuple[str, str], tuple[Definition, ...]]:
    """By relation and column, every way in which it is filled."""
    known = relations.schema(relations.declared().values())
    found: dict[tuple[str, str], dict[Definition, None]] = defaultdict(dict)
    for file in statements.files():
        for tree in statements.trees(file):
            for columns, query in _fillings(tree):
                target = relations.name(tree.this)
                nodes = _lineage(query, known)
                for column, node in zip(columns, nodes, strict=True):
                    found[target, column][_definition(file, target, node)] = None
    return {key: tuple(each) for key, each in found.items()}


def behind(source: Source, *, file: str) -> tuple[Definition, ...]:
    """The definitions of *source*, as a statement of *file* reads it."""
    every = definitions().get((source.relation, source.column), ())
    if source.relation != TOUCHED:
        return every
    own = tuple(definition for definition in every if definition.file == file)
    return own or tuple(definition for definition in every if definition.file == TOUCHED_VISITORS)


def _fillings(tree: exp.Expr) -> Iterator[tuple[list[str], exp.Query]]:
    """The columns that a statement fills, and a query that shows its values for them, in the same order."""
    if isinstance(tree, exp.Create) and isinstance(tree.expression, exp.Query):
        known = relations.schema(relations.declared().values())
        yield statements.qualify(tree.expression, known).named_selects, tree.expression
    elif isinstance(tree, exp.Insert):
        yield [column.name for column in tree.this.expressions], tree.expression
    elif isinstance(tree, exp.Merge):
        for when in tree.find_all(exp.When):
            if isinstance(when.args["then"], exp.Insert | exp.Update):
                yield _values(when.args["then"], tree.this, tree.args["using"])
    elif isinstance(tree, exp.Update):
        origin = tree.args.get("from_")
        yield _values(tree, tree.this, *([origin.this] if origin else []))


def _values(change: exp.Expr, *tables: exp.Expr) -> tuple[list[str], exp.Query]:
    if isinstance(change, exp.Insert):
        pairs = list(zip(change.this.expressions, change.expression.expressions, strict=True))
    else:
        pairs = [(equality.this, equality.expression) for equality in change.expressions]
    columns = [column.name for column, _ in pairs]
    query = exp.select(*(exp.alias_(value.copy(), column.name) for column, value in pairs))
    for table in tables:
        query = (
            query.join(table.copy(), join_type="cross")
            if query.args.get("from_")
            else query.from_(table.copy())
        )
    return columns, query


def _lineage(query: exp.Query, known: statements.Schema) -> list[Node]:
    qualified = statements.qualify(query, known)
    scope = build_scope(qualified)
    nodes = lineage(None, qualified, dict(known), dialect=DIALECT, scope=scope, trim_selects=False)
    return [nodes[column] for column in qualified.named_selects]


def _definition(file: str, target: str, node: Node) -> Definition:
    sources = {source for source in _sources(node, "") if source.relation != target}
    # sqlglot finds them in another order every time
    return Definition(file=file, expression=_expression(node), sources=tuple(sorted(sources)))


def _sources(node: Node, path: str) -> Iterator[Source]:
    if isinstance(node.expression, exp.Table):
        column = node.name.rpartition(".")[2]
        yield Source(relation=relations.name(node.expression), column=column, path=path)
    for child in node.downstream:
        for start in _paths(node, child):
            yield from _sources(child, ".".join(filter(None, (start, path))).replace(".[", "["))


def _paths(node: Node, child: Node) -> list[str]:
    """The paths by which *node* opens the JSON of *child*; the whole of it is the path of no length."""
    is_flattened = isinstance(node.source, exp.UDTF)
    opening = node.source if is_flattened else node.expression
    columns = [c for c in opening.find_all(exp.Column) if f"{c.table}.{c.name}" == child.name]
    each = "[]" if is_flattened and node.name.endswith(".value") else ""
    paths = [_path(column) + each for column in columns]
    return list(dict.fromkeys(paths)) or [""]


def _path(column: exp.Column) -> str:
    opened = column.parent
    if not isinstance(opened, exp.JSONExtract) or opened.this is not column:
        return ""
    return ".".join(str(part.this) for part in opened.expression.find_all(exp.JSONPathKey))


def _expression(node: Node) -> str:
    """What the first step does that does more than hand the column on."""
    made = node.expression.unalias()
    if isinstance(made, exp.Column):
        following = node.downstream[0] if len(node.downstream) == 1 else None
        return _expression(following) if following and isinstance(following.expression, exp.Alias) else ""
    if not isinstance(node.expression, exp.Alias):
        return ""
    text = OPENED.sub(r"\1:\2", made.sql(DIALECT, comments=False))
    text = OUTSIDE_TEXTS.sub(lambda part: part[1] or part[2].lower(), text)
    return statements.as_written(text)
