"""
The tables as a whole: every column is known, filled and described, every table made after what it reads.
"""

import re

import pytest
from sqlglot import exp
from sqlglot.errors import OptimizeError

from domain.tables import BOOKKEEPING, LAYERS, LIVE, TABLES, Table
from ops.docs import relations, statements
from tests.sql.reading import READING, qualified
from warehouse import checks, refresh, run

TOUCHED = "operations.touched"  # each refresh fills what it goes by
MAIN = {table.full_name: table for table in TABLES}
FILLED = [*MAIN, "staging.displaced_events", "operations.check_results", "operations.hourly_counts"]


def inserted(table: str) -> list[list[str]]:
    """The column list of each statement that puts rows into *table*."""
    return [
        [column.name for column in columns]
        for file in statements.files()
        for tree in statements.trees(file)
        for columns in _column_lists(tree)
        if isinstance(tree, exp.Insert | exp.Merge) and relations.name(tree.this) == table
    ]


def _column_lists(tree: exp.Expr) -> list[list[exp.Expr]]:
    if isinstance(tree, exp.Merge):
        inserts = [when.args["then"] for when in tree.find_all(exp.When)]
        return [insert.this.expressions for insert in inserts if isinstance(insert, exp.Insert)]
    return [tree.this.expressions] if isinstance(tree, exp.Insert) else []


def fills_touched(tree: exp.Expr) -> bool:
    return isinstance(tree, exp.Insert) and relations.name(tree.this) == TOUCHED


def made_by(table: Table) -> set[str]:
    return {
        relations.name(tree.this) for tree in statements.trees(table.file) if isinstance(tree, exp.Create)
    }


def read_by(file: str) -> set[str]:
    return set().union(*(relations.reads(tree) for tree in statements.trees(file)))


@pytest.mark.parametrize("file", READING)
def test_every_column_is_declared(file: str):
    for statement in statements.of(file):
        qualified(statement)


@pytest.mark.parametrize(
    "query",
    [
        "select event_idd from staging.events",
        "select sessions.event_id from intermediate.sessions",
        "select user_agent from live.sessions",
        "with few as (select site from live.events) select client_id from few",
        "with few as (select site from live.events) select few.client_id from few",
        "insert into marts.x (n) select count(*) as n from staging.events where events.event_idd is null",
        "delete from marts.searches using staging.changes where searches.site = changes.sites",
        "merge into marts.searches as target using (select site from live.events) as source "
        "on target.site = source.sites when matched then delete",
        "merge into marts.searches as target using (select site from live.events) as source "
        "on target.site = source.site when matched and target.n > 1 then delete",
    ],
)
def test_a_misspelt_column_is_found(query: str):
    [statement] = statements.parsed("marts/planted", query)

    with pytest.raises((OptimizeError, statements.UnknownColumn)):
        qualified(statement)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_a_first_refresh_and_its_checks_read_no_more_than_it_has_written(table: Table):
    texts = [
        *refresh.statements(table, is_first=True),
        *(check.query for check in checks.of(table, is_first=True)),
    ]
    found = [statement for text in texts for statement in statements.parsed(table.file, text)]
    for statement in found:
        qualified(statement)

    trees = [statement.tree for statement in found if statement.tree]
    fills = [place for place, tree in enumerate(trees) if fills_touched(tree)]
    reads = [place for place, tree in enumerate(trees) if TOUCHED in relations.reads(tree)]
    assert not reads or (fills and fills[0] <= reads[0])


@pytest.mark.parametrize("table", FILLED)
def test_what_fills_a_table_fills_every_column_in_its_place(table: str):
    columns = [column.name for column in relations.declared()[table].columns]

    lists = inserted(table)

    assert lists
    assert [fills for fills in lists if fills != columns] == []


def test_a_work_table_is_filled_with_columns_that_it_has():
    columns = {column.name for column in relations.declared()[TOUCHED].columns}

    assert {name for fills in inserted(TOUCHED) for name in fills} == columns


@pytest.mark.parametrize("table", MAIN)
def test_a_merge_puts_each_value_under_its_own_name(table: str):
    merges = [tree for tree in statements.trees(MAIN[table].file) if isinstance(tree, exp.Merge)]

    for when in (when.args["then"] for merge in merges for when in merge.find_all(exp.When)):
        if isinstance(when, exp.Insert):
            pairs = list(zip(when.this.expressions, when.expression.expressions, strict=True))
        else:
            pairs = [(equality.this, equality.expression) for equality in when.expressions]

        assert [(to.name, value.name) for to, value in pairs if to.name != value.name] == []


@pytest.mark.parametrize("name", sorted(relations.declared()))
def test_a_table_and_each_of_its_columns_is_described(name: str):
    relation = relations.declared()[name]

    assert relation.description
    assert [column.name for column in relation.columns if not column.description] == []


@pytest.mark.parametrize("name", sorted(relations.declared()))
def test_a_table_tells_its_grain(name: str):
    assert relations.declared()[name].grain


@pytest.mark.parametrize("name", MAIN)
def test_a_check_stops_where_the_grain_is_not_unique(name: str):
    grain = re.split(r", which", relations.declared()[name].grain)[0].split(", ")
    every = checks.of(MAIN[name], is_first=False)
    unique = [check for check in every if check.name.startswith("One row per ")]

    [check] = unique
    [statement] = statements.parsed("checks/planted", check.query)

    assert check.severity == "stop"
    assert statement.tree is not None
    assert statement.tree.args["having"]
    assert [column.name for column in statement.tree.args["group"].expressions] == grain


@pytest.mark.parametrize("view", LIVE)
def test_a_live_view_has_the_columns_of_its_table_in_their_order(view: str):
    [table] = [relations.declared()[name] for name in MAIN if MAIN[name].name == view]

    assert relations.declared()[f"live.{view}"].columns == table.columns


def test_a_table_reads_only_what_is_made_before_it():
    made = {"raw.events", "raw.rejects", *(f"operations.{name}" for name in BOOKKEEPING)}

    for table in TABLES:
        made |= made_by(table)

        assert read_by(table.file) <= made, table.full_name
        assert read_by(f"checks/{table.file}") <= made, table.full_name
    for view in LIVE:
        made.add(f"live.{view}")

        assert read_by(f"live/{view}") <= made, view


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_a_refresh_is_bounded_by_the_layer_before_which_is_committed_as_a_whole(table: Table):
    before = ("raw", *LAYERS)[LAYERS.index(table.layer)]

    assert table.upstream.partition(".")[0] == before
    assert table.upstream in relations.declared()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.full_name)
def test_what_a_refresh_touches_is_said_before_it_is_read(table: Table):
    """By the file itself, or, where domain/tables.py says so, by operations/touched_visitors.sql."""
    is_written = table.by_visitor

    for tree in statements.trees(table.file):
        if isinstance(tree, exp.Insert) and relations.name(tree.this) == TOUCHED:
            assert not table.by_visitor
            is_written = True
        elif TOUCHED in relations.reads(tree):
            assert is_written


def test_every_file_belongs_to_a_table():
    files = {table.file for table in TABLES}

    assert {file for layer in LAYERS for file in statements.folder_of(layer)} == files
    assert set(statements.folder_of("checks")) == {f"checks/{file}" for file in files}
    assert set(statements.folder_of("live")) == {f"live/{view}" for view in LIVE}


def test_every_statement_that_reads_or_writes_tables_is_read_by_these_tests():
    unread = {
        statements.body(statement.text).split()[0]
        for file in READING
        for statement in statements.of(file)
        if statement.tree is None
    }

    assert unread <= {"create", "grant", "use", "begin", "commit"}  # stages, pipes, roles


def test_a_statement_of_the_pipes_is_told_from_one_of_the_tables():
    assert statements.READABLE.match("create or alter table x")
    assert not statements.READABLE.match("create pipe if not exists x")
    assert run.COMMENT.sub("", "-- a\nselect 1").strip() == "select 1"
