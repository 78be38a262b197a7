"""
LATERAL FLATTEN of a column of the one table beside it: DuckDB would join the rows with their own elements.
"""

import sqlglot
from sqlglot import Expr, exp

MACRO = "_fs_flatten"
COLUMNS = {"VALUE", "KEY", "INDEX"}
SOURCE = """
select *, unnest(skiff_elements) as {value}, unnest(skiff_keys) as {key},
    generate_subscripts(skiff_elements, 1) - 1 as {index}
from (
    select *, coalesce(from_json(skiff_json, '["JSON"]'), json_extract(skiff_json, '$.*')) as skiff_elements,
        json_keys(skiff_json) as skiff_keys
    from (select *, to_json({column}) as skiff_json from {table})
)
"""


def unnest_in_place(statement: Expr) -> Expr:
    """*statement* as fakesnow made it for DuckDB: a table and its FLATTEN are one subquery."""
    for select in list(statement.find_all(exp.Select)):
        table, flatten = _sources(select)
        if table and flatten and _is_plain(select, flatten):
            _join(select, table, flatten)
    return statement


def _sources(select: exp.Select) -> tuple[Expr | None, Expr | None]:
    """What *select* reads, if that is one table or subquery and a FLATTEN of its column."""
    [source] = [select.args["from_"].this] if select.args.get("from_") else [None]
    joins = select.args.get("joins") or []
    flatten = joins[0].this if len(joins) == 1 else None
    if not (isinstance(source, exp.Table | exp.Subquery) and isinstance(flatten, exp.Table)):
        return None, None
    call = flatten.this
    is_flatten = isinstance(call, exp.Anonymous) and call.name.lower() == MACRO
    column = call.expressions[0] if is_flatten else None
    is_of_source = isinstance(column, exp.Column) and column.table == source.alias_or_name
    return (source, flatten) if is_of_source else (None, None)


def _is_plain(select: exp.Select, flatten: Expr) -> bool:
    """Whether each column says whose it is, and no more is asked of the elements than COLUMNS."""
    columns = list(select.find_all(exp.Column))
    return (
        not any(column.is_star for column in columns)
        and not any(isinstance(projection, exp.Star) for projection in select.expressions)
        and all(column.table or column.name not in COLUMNS for column in columns)
        and all(column.name in COLUMNS for column in columns if column.table == flatten.alias)
    )


def _join(select: exp.Select, table: Expr, flatten: Expr) -> None:
    names = {name.lower(): f"skiff_{flatten.alias}_{name}" for name in COLUMNS}
    places = {name: exp.column(names[name.lower()], table=table.alias_or_name) for name in COLUMNS}
    answers = {**places, "INDEX": exp.case().when(places["KEY"].is_(exp.null()), places["INDEX"])}
    text = SOURCE.format(column=flatten.this.expressions[0].sql("duckdb"), table=table.sql("duckdb"), **names)
    for column in list(select.find_all(exp.Column)):
        if column.table == flatten.alias:
            column.replace(answers[column.name].copy())
    table.replace(sqlglot.parse_one(text, read="duckdb", into=exp.Select).subquery(table.alias_or_name))
    select.set("joins", [])
