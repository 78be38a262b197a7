"""
The warehouse's steps, one per invocation: refresh a layer and check it, freeze a snapshot, count, replay.
"""

import json
import os
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from adapters import metrics, snapshots, telemetry, warehouse
from domain.other_settings import TransformSettings
from domain.snapshot import Manifest, folder
from domain.tables import LAYERS, TABLES, Table, of_layer
from lambdas import replay, watch_counts
from warehouse import checks, refresh, run

# What the functions count, and the column of operations.hourly_counts that it is kept in.
COUNTERS = {
    "Accepted": "accepted",
    "Rejected": "rejected",
    "Unconfirmed": "unconfirmed",
    "Answers": "answers",
    "ShadowAnswers": "shadow_answers",
}
COUNTED_HOURS = 26  # the checks look at 24 whole ones


class UnknownAction(ValueError):
    """The function was asked for something that it does not do."""


class ChecksFailed(RuntimeError):
    """A layer would hold rows that it must not hold; it stays as it was, and so does what is made from it."""


class EmptySnapshot(LookupError):
    """There is nothing to learn from before as_of."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    match event:
        case {"action": "transform", "layer": layer}:
            as_of = event.get("as_of")
            return transform(
                layer,
                run_id=context.aws_request_id,
                as_of=datetime.fromisoformat(as_of) if as_of else datetime.now(UTC),
            )
        case {"action": "snapshot", "model": model, "snapshot_id": snapshot_id, "as_of": as_of}:
            return snapshot(
                model=model,
                snapshot_id=snapshot_id,
                attempt=context.aws_request_id,
                as_of=datetime.fromisoformat(as_of),
            )
        case {"action": "count"}:
            return count()
        case {"action": "logged_requests", "model": model}:
            return logged_requests(model)
        case {"action": "watch_traffic", "as_of": as_of}:
            return watch_counts.traffic(settings(), as_of=as_of)
        case {"action": "watch", **asked}:
            return watch_counts.counted(settings(), **asked)
        case {"action": "replay"}:
            return replay.handle(event, settings())
    known = "transform, snapshot, count, logged_requests, watch, watch_traffic and replay"
    raise UnknownAction(f"{event} is none of {known} as they need it")


def transform(layer: str, *, run_id: str, as_of: datetime) -> dict[str, Any]:
    """
    Bring the tables of *layer* up to date and check them, all in one transaction.

    Args:
        as_of: the moment that freshness and volume are judged at.

    Raises:
        ChecksFailed: the layer was put back as it was and the metric is out; the pipeline stops here.
    """
    tables = of_layer(layer)
    with closing(warehouse.connect(settings(), query_tag=warehouse.tag(f"transform {layer}"))) as connection:
        refresh.declare(connection, tables)
        if layer == "staging":
            _keep_counts(connection)
        refresh.judge_at(connection, as_of)
        run.execute(connection, "begin")
        if layer == "staging":
            run.run(connection, "operations/arrived")
        refreshed, found = _refreshed(connection, tables)
        run.execute(connection, "rollback" if any(result.stops for result in found) else "commit")
        checks.record(connection, found, run_id=run_id, as_of=as_of)
        if layer == LAYERS[-1]:
            refresh.show_live(connection)
        _report(layer, refreshed, found)
        rows = {table.name: _rows(connection, table.full_name) for table in tables}
    return {
        "layer": layer,
        "tables": rows,
        "touched": [asdict(counts) for counts in refreshed],
        "checks": len(found),
    }


def _refreshed(
    connection: Any, tables: tuple[Table, ...]
) -> tuple[list[refresh.Refreshed], list[checks.Result]]:
    """Each table is checked right after its refresh: checks look at what it touched."""
    refreshed: list[refresh.Refreshed] = []
    found: list[checks.Result] = []
    for table in tables:
        refreshed.append(refresh.refresh(connection, table))
        found += checks.results(connection, table, is_first=refreshed[-1].is_first)
    refresh.record(connection, refreshed)
    return refreshed, found


def _keep_counts(connection: Any) -> None:
    """Bring over what the functions counted: the checks hold the log against it."""
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    since = until - timedelta(hours=COUNTED_HOURS)
    sums = metrics.hourly_sums(settings().metrics_namespace, tuple(COUNTERS), since=since, until=until)
    counts = [
        {"hour": run.moment(hour), **{column: found[metric] for metric, column in COUNTERS.items()}}
        for hour, found in sorted(sums.items())
    ]
    for statement in run.statements("operations/record_counts"):
        run.execute(connection, statement, counts=json.dumps(counts))


def snapshot(*, model: str, snapshot_id: str, attempt: str, as_of: datetime) -> dict[str, Any]:
    """Freeze what *model* may learn from at *as_of*; asked again for the same id, answer the same."""
    bucket = settings().lake_bucket
    manifest = snapshots.find(bucket, model=model, snapshot_id=snapshot_id)
    if manifest is None:
        manifest = _unloaded(model=model, snapshot_id=snapshot_id, attempt=attempt, as_of=as_of)
        snapshots.write(bucket, manifest)
    return {
        "snapshot_id": snapshot_id,
        "uri": f"s3://{bucket}/{manifest.folder}",
        "rows": manifest.rows,
        "started_from": manifest.started_from,
        "ended_at": manifest.ended_at,
    }


def count() -> dict[str, Any]:
    """How far the events have come; a table that no run has made yet is empty."""
    with closing(warehouse.connect(settings(), query_tag=warehouse.tag("count"))) as connection:
        refresh.declare(connection, TABLES)
        [[counted]] = run.run(connection, "counts")
    return {name: int(number) for name, number in counted.items()}


def logged_requests(model: str) -> dict[str, Any]:
    """The newest that *model* was asked, as sent, each with its site and, if known, the next item."""
    query_tag = warehouse.tag("rehearse", model=model)
    with closing(warehouse.connect(settings(), query_tag=query_tag)) as connection:
        refresh.declare(connection, TABLES)
        [found] = run.run(connection, "operations/logged_requests", model=model)
    return {"requests": [{**row, "request": json.loads(row["request"])} for row in found]}


def _unloaded(*, model: str, snapshot_id: str, attempt: str, as_of: datetime) -> Manifest:
    """What Snowflake has put into the attempt's folder, written down."""
    names = {"snapshot_id": snapshot_id, "attempt": attempt}
    values = {**names, "as_of": as_of.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")}
    query_tag = warehouse.tag("snapshot", model=model)
    with closing(warehouse.connect(settings(), query_tag=query_tag)) as connection:
        [[unloaded], [content]] = run.run(connection, f"snapshots/{model}", **values)
        run.run(connection, "snapshots/catalogue", model=model, **names)
        [checked] = run.run(connection, "operations/last_checks")
    if not unloaded["rows_unloaded"]:
        raise EmptySnapshot(f"{model} has no session that ended by {as_of}")
    return Manifest(
        model=model,
        **names,
        as_of=as_of.astimezone(UTC).isoformat(),
        code_version=settings().code_version,
        sql="\n\n".join(run.statements(f"snapshots/{model}", **values)),
        rows=int(unloaded["rows_unloaded"]),
        started_from=_iso(content["started_from"]),
        ended_at=_iso(content["ended_at"]),
        files=snapshots.files(settings().lake_bucket, folder(model=model, **names)),
        checks_passed=sum(not row["offending_rows"] for row in checked),
        warnings=tuple(
            f"{row['table_name']}: {row['name']}: {row['offending_rows']} rows"
            for row in checked
            if row["offending_rows"]
        ),
    )


def _report(layer: str, refreshed: list[refresh.Refreshed], found: list[checks.Result]) -> None:
    stopping = [result for result in found if result.stops]
    warning = [result for result in found if result.offending_rows and not result.stops]
    telemetry.emit(
        telemetry.emf(
            namespace=settings().metrics_namespace,
            metrics={
                "CheckViolations": (sum(result.offending_rows for result in stopping), "Count"),
                "CheckWarnings": (sum(result.offending_rows for result in warning), "Count"),
                "RowsRead": (sum(counts.rows_read for counts in refreshed), "Count"),
                "RowsWritten": (sum(counts.rows_written for counts in refreshed), "Count"),
            },
            dimensions=[[], ["layer"]],
            at=datetime.now(UTC),
            layer=layer,
            warnings=[_sentence(result) for result in warning],
        )
    )
    if stopping:
        raise ChecksFailed("; ".join(map(_sentence, stopping)))


def _sentence(result: checks.Result) -> str:
    return f"{result.table}: {result.name}: {result.offending_rows} rows"


def _rows(connection: Any, table: str) -> int:
    [found] = run.execute(connection, f"select count(*) as n from {table}")  # noqa: S608  # a name from LAYERS
    return int(found["n"])


def _iso(moment: datetime) -> str:
    """A moment of the warehouse, which keeps UTC without saying so."""
    return moment.replace(tzinfo=UTC).isoformat()


@cache
def settings() -> TransformSettings:
    return TransformSettings.from_env(os.environ)
