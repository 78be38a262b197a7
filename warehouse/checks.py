"""
What must hold of a table: queries for rows that break it, run after each refresh.
"""

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from domain.tables import Table
from warehouse import run

HEADING = re.compile(r"-- (stop|warn): ([^\n]+)")
EXAMPLES = 20  # rows that break it, kept for people to look at


@dataclass(frozen=True, kw_only=True)
class Check:
    """`severity` is stop (the layer stays as it was) or warn (somebody should look)."""

    table: str
    name: str
    severity: str
    query: str


@dataclass(frozen=True, kw_only=True)
class Result:
    table: str
    name: str
    severity: str
    offending_rows: int
    examples: list[dict[str, str | None]]

    @property
    def stops(self) -> bool:
        return self.severity == "stop" and self.offending_rows > 0


class UnnamedCheck(ValueError):
    """A query of a file of checks has no line above it that names it."""


def of(table: Table, *, is_first: bool) -> list[Check]:
    """
    The checks of *table*, in the order of its file.

    Args:
        is_first: whether all of it is to be checked, else what its last refresh touched.
    """
    read = run.first_statements if is_first else run.statements
    return [_check(table, statement) for statement in read(f"checks/{table.file}")]


def results(connection: Any, table: Table, *, is_first: bool) -> list[Result]:
    return [_result(connection, check) for check in of(table, is_first=is_first)]


def record(connection: Any, found: list[Result], *, run_id: str, as_of: datetime) -> None:
    """Keep what was found; a second record of the same run replaces the first."""
    bound = {
        "run_id": run_id,
        "as_of": run.moment(as_of),
        "results": json.dumps([asdict(result) for result in found]),
    }
    for statement in run.statements("operations/record_checks"):
        run.execute(connection, statement, **bound)


def recording(check: Check) -> str:
    """
    One statement that runs *check* and keeps what it finds: for where nobody waits for answers.

    The session says `$run_id` and `$as_of`.
    """
    kept = ", ".join(_quoted(text) for text in (check.table, check.name, check.severity))
    return f"""\
insert into operations.check_results (
    run_id, table_name, name, severity, offending_rows, examples, as_of, checked_at
)
with found as (
{check.query}
)
select
    $run_id,
    {kept},
    (select count(*) from found),
    (select array_agg(object_construct(*)) from (select * from found limit {EXAMPLES}) as shown),
    $as_of::timestamp_ntz,
    sysdate()"""  # noqa: S608  # our own file, and literals


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _check(table: Table, statement: str) -> Check:
    heading = HEADING.match(statement)
    if heading is None:
        raise UnnamedCheck(
            f"checks/{table.file}.sql: {statement[:80]!r} does not begin with -- stop: or -- warn:"
        )
    return Check(
        table=table.full_name, name=heading[2], severity=heading[1], query=statement[heading.end() :].strip()
    )


def _result(connection: Any, check: Check) -> Result:
    rows = _count(connection, check.query)
    return Result(
        table=check.table,
        name=check.name,
        severity=check.severity,
        offending_rows=rows,
        examples=_examples(connection, check.query) if rows else [],
    )


def _count(connection: Any, query: str) -> int:
    [found] = run.execute(connection, f"select count(*) as n from (\n{query}\n) as offending")  # noqa: S608  # our own file
    return int(found["n"])


def _examples(connection: Any, query: str) -> list[dict[str, str | None]]:
    rows = run.execute(connection, f"select * from (\n{query}\n) as offending limit {EXAMPLES}")  # noqa: S608  # our own file
    return [{name: None if value is None else str(value) for name, value in row.items()} for row in rows]
