"""
The statements of a replay's steps: tables are built in a database beside the live one, and cloned over.

Between preparing and publishing they are the files that a refresh runs. Watermarks are empty there, so that
each refresh reads everything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from domain.tables import BOOKKEEPING, TABLES, Table
from warehouse import checks, checksum, refresh, run
from warehouse.replay import PUBLISH, Scope, folder

# A refresh reads the last hour's arrivals once more; what was replayed is none of them.
LONG_BEFORE = timedelta(hours=2)
RAW = ("raw.events", "raw.rejects")
DECLARED = re.compile(r"create or alter table (\S+)")
COPY = re.compile(r"copy into .*?on_error = continue", re.S)
LOADED_AT = "convert_timezone('UTC', metadata$start_scan_time)::timestamp_ntz"


class ReplayRunning(RuntimeError):
    """Another replay builds in the same database; there can be one at a time."""


@dataclass(frozen=True, kw_only=True)
class Rebuild:
    """
    Args:
        read_at: before anything of the log is read again; what arrives later is the next refresh's.
    """

    scope: Scope
    execution: str
    read_at: datetime
    live: str  # the database
    lake_bucket: str

    @property
    def database(self) -> str:
        return f"{self.live}_REBUILD"

    def sql(self, file: str, **values: str) -> list[str]:
        names = {"live": self.live, "rebuild": self.database, "execution": self.execution}
        return run.statements(f"replay/{file}", **names, **values)


def claim(connection: Any, rebuild: Rebuild) -> None:
    """
    Take, or keep, the right to build.

    Raises:
        ReplayRunning: another execution has it, and was alive five minutes ago.
    """
    *_, [found] = _run(connection, rebuild.sql("claim"))
    if found["execution"] != rebuild.execution:
        raise ReplayRunning(f"{found['execution']} is running, or was five minutes ago: one at a time")


def open_claims(connection: Any, rebuild: Rebuild) -> None:
    """Make the place where `claim` writes; before the first claim of a replay."""
    _run(connection, rebuild.sql("claims"))


def release(connection: Any, rebuild: Rebuild) -> None:
    _run(connection, rebuild.sql("release"))


def prepare(connection: Any, rebuild: Rebuild) -> None:
    """Every table in the database of the rebuild: empty where it is to be made, else as it is."""
    _run(connection, [Log.of(name, rebuild).anew for name in RAW])
    for file in (*(f"operations/{name}" for name in BOOKKEEPING), *(table.file for table in TABLES)):
        _run(
            connection,
            [_anew(statement) for statement in run.statements(file) if refresh.declares(statement)],
        )
    _run(connection, rebuild.sql("prepare"))
    built = {table.full_name for table in rebuild.scope.built}
    for name in (*rebuild.scope.raw, *sorted(built)):
        _run(connection, rebuild.sql("forget", table=name))
    for table in TABLES:
        if table.full_name not in built:
            _run(
                connection, [f"create or replace table {t} clone {rebuild.live}.{t}" for t in _tables(table)]
            )


def statements(connection: Any, rebuild: Rebuild, step: str) -> list[str]:
    """What one step runs, in one session; a step that is started twice does its work once."""
    if step == PUBLISH:
        return list(_publish(connection, rebuild))
    built = {table.full_name: table for table in rebuild.scope.built}
    work = _build(built[step]) if step in built else _read(rebuild, step)
    # its own first write makes a second start wait, and leaves it nothing to do
    return [*_variables(rebuild), "begin", *work, "commit"]


def violations(connection: Any, rebuild: Rebuild, step: str) -> list[str]:
    """What stops the replay after *step*, one sentence per check."""
    rows = run.execute(
        connection,
        "select distinct name, offending_rows from operations.check_results where severity = 'stop' "
        "and offending_rows > 0 and run_id = %(run_id)s and table_name = %(step)s order by name",
        run_id=rebuild.execution,
        step=step,
    )
    return [f"{step}: {row['name']}: {row['offending_rows']} rows" for row in rows]


def checksums(connection: Any, rebuild: Rebuild) -> list[dict[str, Any]]:
    """What each live table held before and holds now."""
    held: dict[str, dict[str, Any]] = {table.full_name: {} for table in rebuild.scope.built}
    for row in run.execute(connection, "select * from operations.checksums order by taken_at"):
        found = checksum.read(row)
        moment = "after" if row["is_new"] else "before"
        if moment == "after" or moment not in held[row["table_name"]]:  # a second start finds its own work
            held[row["table_name"]][moment] = {"rows": found.rows, "digest": found.digest}
    return [{"table": table, **moments} for table, moments in held.items()]


def _variables(rebuild: Rebuild) -> list[str]:
    named = {"run_id": rebuild.execution, "as_of": run.moment(rebuild.read_at)}
    return [run.render(f"set {name} = '{{{{ value }}}}'", value=value) for name, value in named.items()]


def _read(rebuild: Rebuild, table: str) -> Iterator[str]:
    """Read the log again into a raw table; its files are remembered with it, so none is read twice."""
    scope, log, names = rebuild.scope, Log.of(table, rebuild), {"table": table, "upstream": table}
    yield from run.statements("operations/open", **names)
    for path in scope.folders:
        yield log.copy_from(path, loaded_at=rebuild.read_at - LONG_BEFORE)
    if scope.since and scope.until:
        first, end = (log.prefix + folder(hour) for hour in (scope.since, scope.until))
        yield from rebuild.sql("outside", table=table, first=first, end=end)
    yield f"set until = '{run.moment(rebuild.read_at)}'"
    yield from run.statements("operations/close", **names)


def _build(table: Table) -> Iterator[str]:
    """Refresh a table that is empty, and keep what its checks find: they look at what the refresh touched."""
    yield from refresh.statements(table, is_first=True)
    for check in checks.of(table, is_first=True):
        yield checks.recording(check)


def _publish(connection: Any, rebuild: Rebuild) -> Iterator[str]:
    """Table by table; raw is never replaced, since its pipe goes on loading."""
    for table in rebuild.scope.built:
        name = table.full_name
        taken = checksum.query(connection, f"{rebuild.live}.{name}")
        yield _kept(rebuild, taken, name, is_new=False)
        # before and after: whatever breaks off in between, a refresh then reads too much and not too little
        yield from rebuild.sql("watermark", table=name)
        for declared in _tables(table):
            yield from rebuild.sql("swap", table=declared)
        yield from rebuild.sql("watermark", table=name)
        yield _kept(rebuild, taken, name, is_new=True)
    for name in rebuild.scope.raw:
        yield from rebuild.sql("put_back", table=name)
        yield from rebuild.sql("watermark", table=name)


def _kept(rebuild: Rebuild, query: str, table: str, *, is_new: bool) -> str:
    """Put the checksum that *query* takes beside the others of this replay."""
    return f"""\
insert into {rebuild.database}.operations.checksums (table_name, is_new, n, total, taken_at)
select '{table}', {str(is_new).lower()}, taken.n, taken.total::varchar, sysdate()
from ({query}) as taken"""  # noqa: S608  # names of our own


def _run(connection: Any, statements: list[str]) -> list[list[run.Row]]:
    return [run.execute(connection, statement) for statement in statements]


def _tables(table: Table) -> list[str]:
    """What the file of *table* declares: the table, and for staging.events what it has displaced."""
    return [name for statement in run.statements(table.file) for name in DECLARED.findall(statement)]


def _anew(statement: str) -> str:
    return statement.replace("create or alter table", "create or replace table", 1)


@dataclass(frozen=True, kw_only=True)
class Log:
    """What the file of a raw table says of it: how it is declared, what its pipe runs, where lines lie."""

    declaration: str
    copy: str
    prefix: str
    database: str

    @classmethod
    def of(cls, table: str, rebuild: Rebuild) -> Self:
        values = {"database": rebuild.live, "lake_bucket": rebuild.lake_bucket}
        text = ";".join(run.statements(table.replace(".", "/"), **values))
        [declaration] = re.findall(r"create table if not exists [^;]*", text)
        [prefix] = re.findall(r"url = 's3://[^/]+/([^']*)'", text)
        [copy] = COPY.findall(text)
        return cls(declaration=declaration, copy=copy, prefix=prefix, database=rebuild.live)

    @property
    def anew(self) -> str:
        """A table that is made anew has also forgotten which files it loaded."""
        return self.declaration.replace("create table if not exists", "create or replace table")

    def copy_from(self, path: str, *, loaded_at: datetime) -> str:
        """The pipe's statement, by hand and for the files below *path*."""
        [stage] = re.findall(r"from @(\S+)", self.copy)
        copy = self.copy.replace(f"@{stage}", f"@{self.database}.{stage}/{path}")
        return copy.replace(LOADED_AT, f"'{run.moment(loaded_at)}'::timestamp_ntz")
