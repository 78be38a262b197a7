"""
Bringing tables up to date by what arrived since their last refresh: called by the function that transforms.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from domain.tables import BOOKKEEPING, LIVE, Table
from warehouse import run

# What Snowflake calls the answers of DML.
DELETED = "number of rows deleted"
WRITTEN = ("number of rows inserted", "number of rows updated")


@dataclass(frozen=True, kw_only=True)
class Refreshed:
    """
    What a refresh touched: rows of its inputs that it was concerned with, rows taken out, rows put in.

    `is_first` says that the table had never been refreshed before: all of its inputs concerned it.
    """

    table: str
    is_first: bool
    rows_read: int
    rows_deleted: int
    rows_written: int


def declare(connection: Any, tables: Iterable[Table]) -> None:
    """Make what a refresh of *tables* needs, with the columns of today; this ends a transaction."""
    for file in (*(f"operations/{name}" for name in BOOKKEEPING), *(table.file for table in tables)):
        for statement in run.statements(file):
            if declares(statement):
                run.execute(connection, statement)


def show_live(connection: Any) -> None:
    """Make the views that show what the next refresh will make; they read tables of every layer."""
    for view in LIVE:
        run.run(connection, f"live/{view}")


def refresh(connection: Any, table: Table) -> Refreshed:
    """Bring *table* up to its upstream; the caller commits."""
    answers: list[run.Row] = []
    changes: list[run.Row] = []
    is_first = _is_first(connection, table)
    for statement in statements(table, is_first=is_first):
        [answer] = run.execute(connection, statement)
        answers.append(answer)
        changes += [answer] if _changes(statement, table) else []
    return Refreshed(
        table=table.full_name,
        is_first=is_first,
        rows_read=sum(answer.get("rows_read", 0) for answer in answers),
        rows_deleted=_sum(changes, DELETED),
        rows_written=_sum(changes, *WRITTEN),
    )


def statements(table: Table, *, is_first: bool) -> list[str]:
    """
    A refresh of *table* from the first statement to the last; a replay runs the first one.

    The first one reads everything: one that had to wait for another finds the table full and makes it anew.
    """
    names = {"table": table.full_name, "upstream": table.upstream}
    files = ["operations/touched_visitors", table.file] if table.by_visitor else [table.file]
    read = run.first_statements if is_first else run.statements
    anew = ["set since = '1970-01-01'", f"delete from {table.full_name}"]  # noqa: S608  # a name from TABLES
    own = [statement for file in files for statement in read(file)]
    return [
        *run.statements("operations/open", **names),
        *(anew if is_first else []),
        *(statement for statement in own if not declares(statement)),
        *run.statements("operations/close", **names),
    ]


def record(connection: Any, refreshed: Iterable[Refreshed]) -> None:
    """Keep what refreshes touched beside how far they came."""
    [statement] = run.statements("operations/record_touched")
    run.execute(connection, statement, touched=json.dumps([asdict(counts) for counts in refreshed]))


def judge_at(connection: Any, as_of: datetime) -> None:
    """Say which moment freshness and volume are judged at, for the checks of this connection."""
    run.execute(connection, f"set as_of = '{run.moment(as_of)}'")


def declares(statement: str) -> bool:
    """Whether it makes a table or a view: a refresh does that first, since it ends a transaction."""
    return run.COMMENT.sub("", statement).strip().lower().startswith("create ")


def _is_first(connection: Any, table: Table) -> bool:
    """Whether it was never refreshed; with rows in it, whatever they are, it is not the first time."""
    query = f"""
        select
            (select count(loaded_until) from operations.refreshes where table_name = %(table)s) as refreshes,
            (select count(*) from {table.full_name}) as n"""  # noqa: S608  # a name from TABLES
    [found] = run.execute(connection, query, table=table.full_name)
    return not found["refreshes"] and not found["n"]


def _changes(statement: str, table: Table) -> bool:
    """Whether it is DML of the table itself, not of a work table."""
    start = run.COMMENT.sub("", statement).strip()
    return bool(re.match(rf"(insert into|merge into|delete from) {re.escape(table.full_name)}\b", start))


def _sum(answers: list[run.Row], *columns: str) -> int:
    return sum(int(answer.get(column, 0)) for answer in answers for column in columns)
