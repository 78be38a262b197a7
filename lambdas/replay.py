"""
A replay's calls, for the function that transforms: each starts something or asks for it, none waits.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters import warehouse
from domain.other_settings import TransformSettings
from domain.tables import TABLES
from warehouse import rebuild, refresh
from warehouse.rebuild import Rebuild
from warehouse.replay import PUBLISH, Scope


class UnknownCall(ValueError):
    """The state machine asked for something that a replay does not do."""


class ChecksFailed(RuntimeError):
    """A rebuilt table holds rows that it must not hold; the live tables stay as they are."""


def handle(event: dict[str, Any], settings: TransformSettings) -> dict[str, Any]:
    """
    Args:
        event: `call`; `scope` with table, from and to; `execution`, a name; `read_at`, when it began; and
            `step`, `query_id` where a call is about a step.
    """
    work = Rebuild(
        scope=Scope.of(event["scope"]),
        execution=event["execution"],
        read_at=datetime.fromisoformat(event["read_at"]),
        live=settings.snowflake_database,
        lake_bucket=settings.lake_bucket,
    )
    match event:
        case {"call": "begin"}:
            return begin(work, settings)
        case {"call": "start", "step": step}:
            return start(work, settings, step)
        case {"call": "poll", "step": step, "query_id": query_id}:
            return poll(work, settings, step, query_id)
        case {"call": "end"}:
            return end(work, settings)
    raise UnknownCall(f"{event} is none of begin, start, poll and end with what they need")


def begin(work: Rebuild, settings: TransformSettings) -> dict[str, Any]:
    with closing(_connect(settings, database=work.database, step="begin")) as connection:
        rebuild.open_claims(connection, work)
    with _connected(work, settings, database=work.live, step="begin") as live:
        refresh.declare(live, TABLES)  # what is gone is there again, empty
    with _connected(work, settings, database=work.database, step="begin") as connection:
        rebuild.prepare(connection, work)
    return {"steps": list(work.scope.steps)}


def start(work: Rebuild, settings: TransformSettings, step: str) -> dict[str, Any]:
    database = work.live if step == PUBLISH else work.database
    with _connected(work, settings, database=database, step=step) as connection:
        statements = rebuild.statements(connection, work, step)
        return {"query_id": warehouse.start(connection, statements)}


def poll(work: Rebuild, settings: TransformSettings, step: str, query_id: str) -> dict[str, Any]:
    with _connected(work, settings, database=work.database, step=step) as connection:
        if not warehouse.is_done(connection, query_id):
            return {"is_done": False}
        if found := rebuild.violations(connection, work, step):
            raise ChecksFailed("; ".join(found))
        return {"is_done": True}


def end(work: Rebuild, settings: TransformSettings) -> dict[str, Any]:
    """What the tables held before and hold now; the next replay may begin."""
    with _connected(work, settings, database=work.database, step="end") as connection:
        tables = rebuild.checksums(connection, work)
        rebuild.release(connection, work)
    return {"tables": tables}


@contextmanager
def _connected(work: Rebuild, settings: TransformSettings, *, database: str, step: str) -> Iterator[Any]:
    """A connection, while this replay has the claim; what fails inside gives it up: the machine ends."""
    with closing(_connect(settings, database=database, step=step)) as connection:
        rebuild.claim(connection, work)
        try:
            yield connection
        except BaseException:
            rebuild.release(connection, work)
            raise


def _connect(settings: TransformSettings, *, database: str, step: str) -> Any:
    return warehouse.connect(
        replace(settings, snowflake_database=database),
        query_tag=warehouse.tag(f"replay {step}"),
        statement_seconds=warehouse.LONG_STATEMENT_SECONDS,
    )
