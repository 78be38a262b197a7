"""
What the checks found last: `python -m ops checks`, as a table, and with the failing rows as one page.
"""

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from rich.table import Table
from snowflake.connector import errors

from adapters import functions, warehouse
from domain import html
from domain.other_settings import TransformSettings
from domain.tables import TABLES
from ops import cloud, deploy, target
from ops.progress import console
from warehouse import checks, refresh, run


class NoLogin(ConnectionError):
    """Snowflake cannot be reached, or does not take the login of the function that fills the warehouse."""


PLACE = {table.full_name: place for place, table in enumerate(TABLES)}


@dataclass(frozen=True, kw_only=True)
class Found:
    """One check's last result; `examples` are some of the rows that break it, by column."""

    table: str
    name: str
    severity: str
    offending_rows: int
    examples: list[dict[str, str | None]]
    as_of: datetime
    checked_at: datetime

    @property
    def stops(self) -> bool:
        return self.severity == "stop" and self.offending_rows > 0

    @property
    def verdict(self) -> str:
        return "passed" if not self.offending_rows else "stopped" if self.stops else "warned"


def main(environment: str) -> int:
    """
    Write the page and print the table; 1 if a check stopped the last run of its table.

    Raises:
        NotDeployed, CloudNotRunning, NoLogin
    """
    with closing(connect(environment)) as connection:
        found = last(connection)
    out = cloud.STATE / "checks.html"
    write(found, environment=environment, out=out)
    show(found)
    console.print(f"Failing rows, and what each check looked at: {out}")
    return int(any(result.stops for result in found))


def connect(environment: str) -> Any:
    """
    Look into the warehouse with the login of the function that fills it.

    Raises:
        NotDeployed, CloudNotRunning, NoLogin
    """
    target.find(environment)
    variables = functions.environment(deploy.outputs(environment)["TransformFunction"])
    settings = TransformSettings.from_env(variables)
    try:
        return warehouse.connect(settings, query_tag=warehouse.tag("checks"))
    except errors.Error as error:
        user, account = settings.snowflake_user, settings.snowflake_account
        raise NoLogin(f"{user} cannot log in to Snowflake account {account}: {error}") from error


def last(connection: Any) -> list[Found]:
    """Of the last run of each table's checks: what failed comes first, the rest as the tables are made."""
    refresh.declare(connection, ())
    [rows] = run.run(connection, "operations/last_checks")
    found = [_found(row) for row in rows]
    return sorted(found, key=lambda f: (not f.stops, not f.offending_rows, PLACE.get(f.table, len(PLACE))))


def never_ran(found: list[Found]) -> list[str]:
    """Tables with checks of which no run is known."""
    return [table.full_name for table in TABLES if table.full_name not in {f.table for f in found}]


def write(found: list[Found], *, environment: str, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(found, environment=environment), encoding="utf-8")


def show(found: list[Found]) -> None:
    """What failed by name, what passed by table."""
    lines = Table("table", "check", "severity", "rows", "as of", title="Checks", title_justify="left")
    for result in found:
        if result.offending_rows:
            colour = "red" if result.stops else "yellow"
            cells = (result.table, result.name, result.severity, f"{result.offending_rows:,}")
            lines.add_row(*cells, f"{result.as_of:%Y-%m-%d %H:%M}", style=colour)
    passed = sum(not result.offending_rows for result in found)
    lines.add_row(f"{len({result.table for result in found})} tables", f"{passed} checks passed", "", "", "")
    if missing := never_ran(found):
        lines.add_row(f"{len(missing)} tables", "not checked yet", "", "", "")
    console.print(lines)


def page(found: list[Found], *, environment: str) -> str:
    failing = [result for result in found if result.offending_rows]
    passing = [result for result in found if not result.offending_rows]
    missing = never_ran(found)
    return html.page(
        "checks",
        "<h1>What the checks found</h1>",
        f"<p>The last run of each table's checks in <b>{escape(environment)}</b>. A check that stops leaves "
        "its layer as it was, and what is made from it too.</p>",
        _tiles(found),
        *(_failure(result) for result in failing),
        "<h2>Passed</h2>" + _passed(passing) if passing else "",
        f"<h2>Not checked yet</h2><p>{escape(', '.join(missing))}</p>" if missing else "",
    )


def _tiles(found: list[Found]) -> str:
    counts = [
        ("bad", "stopped", sum(result.verdict == "stopped" for result in found)),
        ("warn", "warned", sum(result.verdict == "warned" for result in found)),
        ("good", "passed", sum(result.verdict == "passed" for result in found)),
    ]
    tiles = (f'<li><b class="{kind if n else "soft"}">{n:,}</b>{title}</li>' for kind, title, n in counts)
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _failure(result: Found) -> str:
    kind = "bad" if result.stops else "warn"
    shown = len(result.examples)
    rows = f"{result.offending_rows:,} row{'s' if result.offending_rows != 1 else ''}"
    of = f", {shown:,} of them here" if shown < result.offending_rows else ""
    return (
        f'<h2><span class="{kind}">{result.verdict}</span> {escape(result.table)}: {escape(result.name)}</h2>'
        f'<p class="soft">{rows} break it{of} · {_times(result)}</p>'
        + _examples(result.examples)
        + html.folded("the query", html.sql(_query(result)))
    )


def _examples(rows: list[dict[str, str | None]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = ([_value(row.get(name)) for name in columns] for row in rows)
    return html.table(columns, cells)


def _value(value: str | None) -> str:
    return '<span class="soft">null</span>' if value is None else f"<code>{escape(value)}</code>"


def _passed(found: list[Found]) -> str:
    rows = (
        (escape(result.table), escape(result.name), result.severity, f"<small>{_times(result)}</small>")
        for result in found
    )
    return html.table(("table", "what holds", "severity", "when"), rows)


def _times(result: Found) -> str:
    return f"as of {result.as_of:%Y-%m-%d %H:%M}, checked {result.checked_at:%Y-%m-%d %H:%M} UTC"


def _query(result: Found) -> str:
    """As its file has it today; a check may have been renamed since it ran."""
    tables = [table for table in TABLES if table.full_name == result.table]
    today = [
        check for table in tables for check in checks.of(table, is_first=False) if check.name == result.name
    ]
    return today[0].query if today else "-- no check of this name is left"


def _found(row: dict[str, Any]) -> Found:
    return Found(
        table=row["table_name"],
        name=row["name"],
        severity=row["severity"],
        offending_rows=int(row["offending_rows"]),
        examples=json.loads(row["examples"] or "[]"),
        as_of=row["as_of"].replace(tzinfo=UTC),
        checked_at=row["checked_at"].replace(tzinfo=UTC),
    )
