"""
What the SQL must not do, because the two engines differ in it or because it would lose data without a word.

A rule takes a statement and names what is wrong with it. test_rules.py plants each fault once.
"""

import re
from collections.abc import Callable, Iterator

from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.scope import traverse_scope

from ops.docs import statements
from ops.docs.statements import Statement
from tests.sql.reading import REPLAY, known, qualified

Rule = Callable[[Statement], Iterator[str]]

STRING = re.compile(r"'(?:[^']|'')*'")
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Like, exp.ILike)
OPENS_RAW = ("staging/", "checks/staging/", "replay/")  # a replay hands lines on as they are

# pattern → why; looked for in statements without their comments and texts
NEVER = {
    r"\bhash(_agg)?\(": "HASH has other values in every engine: sha2 or md5",
    r"\b(outer|recursive|mode)\s*=>": "FLATTEN with outer, recursive or mode gives other rows offline",
    r"\btry_(cast|to_timestamp\w*|to_date|to_time)\b": "TRY_ raises offline, where Snowflake has null",
    r"\b(primary|foreign) key\b": "Snowflake does not enforce keys, offline they are: write a check",
    r"\btimestamp_(tz|ltz)\b": "offline its offset is lost: timestamp_ntz, in UTC",
    r"\bcurrent_(timestamp|date|time)\b": "hours early in a pipe, and in the session's zone: sysdate()",
    r"\bvalues\s*\([^)]*parse_json\(": "Snowflake takes no function of JSON in VALUES: insert ... select",
}


def words_that_differ(statement: Statement) -> Iterator[str]:
    text = STRING.sub("''", statements.body(statement.text)).lower()
    yield from (why for pattern, why in NEVER.items() if re.search(pattern, text))


def table_replaced(statement: Statement) -> Iterator[str]:
    """Only a replay may lose what is there: it makes a table anew, beside the one that is read."""
    replaces = re.match(r"create or replace (transient )?table\b", statements.body(statement.text).lower())
    if replaces and statement.file not in REPLAY:
        yield "loses what is there: create or alter"


def a_flattened_row_s_place(statement: Statement) -> Iterator[str]:
    """`seq` and `path` of FLATTEN differ offline; `index` and `value` do not."""
    for tree in _tree(statement):
        flattened = {lateral.alias for lateral in tree.find_all(exp.Lateral)}
        for column in tree.find_all(exp.Column):
            if column.table in flattened and column.name in ("seq", "path", "this"):
                yield f"{column.sql()} differs offline"


def a_load_s_time_of_our_own(statement: Statement) -> Iterator[str]:
    """Staging goes by loaded_at, and only the scan's own start is right in a pipe."""
    text = statements.body(statement.text).lower()
    is_pipe = text.startswith("create pipe")
    if re.search(r"sysdate\(\)(::\w+)? as loaded_at|\bloaded_at = sysdate\(\)", text) or (
        is_pipe and "sysdate(" in text
    ):
        yield "loaded_at is not the scan's start"


def raw_opened_outside_staging(statement: Statement) -> Iterator[str]:
    if not statement.file.startswith(OPENS_RAW):
        for tree in _tree(statement):
            yield from (f"{c.sql()} is the raw JSON" for c in tree.find_all(exp.Column) if c.name == "v")


def names_that_collapse(statement: Statement) -> Iterator[str]:
    """Offline, of two columns of one name one is left; one without a name has another in each engine."""
    if isinstance(statement.tree, exp.Set):
        return  # one value
    for query in qualified(statement):
        for scope in traverse_scope(query):
            if isinstance(scope.expression, exp.Select) and not _is_scalar(scope.expression):
                names = [_given_name(column) for column in scope.expression.selects]
                yield from (
                    f"{name!r} more than once" for name in sorted(set(names)) if names.count(name) > 1
                )
                yield from ("a column without a name" for name in names if not name)


def variant_compared(statement: Statement) -> Iterator[str]:
    """Offline a text inside a variant keeps its quotes: `v:a = 'x'` is never true."""
    for query in qualified(statement):
        typed = annotate_types(query, schema=known(), dialect=statements.DIALECT)
        flattened = {lateral.alias for lateral in typed.find_all(exp.Lateral)}
        for comparison in typed.find_all(*COMPARISONS):
            args = comparison.args
            for operand in (args["this"], args.get("expression"), *args.get("expressions", [])):
                if operand is not None and _is_variant(operand.unnest(), flattened):
                    yield f"{operand.sql(statements.DIALECT)} is compared without a cast"


def merge_of_copies(statement: Statement) -> Iterator[str]:
    """Snowflake refuses a MERGE whose source has a key twice, offline it passes: the source rules it out."""
    if isinstance(statement.tree, exp.Merge):
        using = statement.tree.args["using"]
        keys = {
            column.name
            for equality in statement.tree.args["on"].find_all(exp.EQ)
            for column in equality.find_all(exp.Column)
            if column.table == using.alias
        }
        if not _has_one_row_per(using.this, keys):
            yield f"its source may have {', '.join(sorted(keys))} more than once"


def insert_out_of_order(statement: Statement) -> Iterator[str]:
    """Columns go in by their place: the names, of each branch of a union, say that it is the right one."""
    if isinstance(statement.tree, exp.Insert):
        columns = [column.name for column in statement.tree.this.expressions]
        if not columns:
            yield "names no columns"
        for query in qualified(statement):
            for branch in _branches(query):
                if branch.named_selects != columns:
                    yield f"fills {columns} with {branch.named_selects}"


BY_SCHEMA: tuple[Rule, ...] = (names_that_collapse, variant_compared, insert_out_of_order)
RULES: tuple[Rule, ...] = (
    words_that_differ,
    table_replaced,
    a_flattened_row_s_place,
    a_load_s_time_of_our_own,
    raw_opened_outside_staging,
    merge_of_copies,
    *BY_SCHEMA,
)


def _tree(statement: Statement) -> Iterator[exp.Expr]:
    if statement.tree is not None:
        yield statement.tree


def _is_scalar(select: exp.Select) -> bool:
    """A query inside an expression: nobody sees what its one column is called."""
    inside = select.parent
    return isinstance(inside, exp.Subquery | exp.In) and not isinstance(inside.parent, exp.From | exp.Join)


def _given_name(column: exp.Expr) -> str:
    """`_col_0` is what sqlglot calls a column without a name."""
    return re.sub(r"^_col_\d+$", "", column.alias_or_name)


def _is_variant(operand: exp.Expr, flattened: set[str]) -> bool:
    if isinstance(operand, exp.JSONExtract):
        return True
    if not isinstance(operand, exp.Column):
        return False
    is_value = operand.table in flattened and operand.name == "value"
    return is_value or bool(operand.type and operand.type.this == exp.DataType.Type.VARIANT)


def _has_one_row_per(query: exp.Expr, keys: set[str]) -> bool:
    if isinstance(query, exp.SetOperation):
        branches = list(_branches(query))
        tags = {_tag(branch, keys) for branch in branches}
        return all(map(_is_one_row, branches)) and len(tags) == len(branches) and () not in tags
    return isinstance(query, exp.Select) and (
        _is_one_row(query)
        or _numbered_by(query) == keys
        or _grouped_by(query) == keys
        or (bool(query.args.get("distinct")) and set(query.named_selects) == keys)
    )


def _tag(branch: exp.Query, keys: set[str]) -> tuple[str, ...]:
    """The keys of one branch of a union that are written out."""
    written = [column for column in branch.selects if isinstance(column.unalias(), exp.Literal)]
    return tuple(column.unalias().sql() for column in written if column.alias in keys)


def _is_one_row(query: exp.Expr) -> bool:
    """It reads no table, or sums one up."""
    if not isinstance(query, exp.Select) or query.args.get("group"):
        return False
    columns = [column.unalias() for column in query.selects]
    is_sum = all(column.find(exp.AggFunc) or isinstance(column, exp.Literal) for column in columns)
    return is_sum or not query.args.get("from_")


def _numbered_by(query: exp.Select) -> set[str]:
    """The columns of `qualify row_number() over (partition by ...) = 1`."""
    qualify = query.args.get("qualify")
    if qualify is None or not isinstance(qualify.this, exp.EQ) or qualify.this.expression.sql() != "1":
        return set()
    window = qualify.this.this
    is_number = isinstance(window, exp.Window) and isinstance(window.this, exp.RowNumber)
    return {column.name for column in window.args.get("partition_by") or []} if is_number else set()


def _grouped_by(query: exp.Select) -> set[str]:
    group = query.args.get("group")
    if group is None:
        return set()
    places = [query.selects[int(g.name) - 1] if isinstance(g, exp.Literal) else g for g in group.expressions]
    return {place.alias_or_name for place in places}


def _branches(query: exp.Query) -> Iterator[exp.Query]:
    if isinstance(query, exp.SetOperation):
        yield from _branches(query.left)
        yield from _branches(query.right)
    else:
        yield query
