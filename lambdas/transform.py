"""
The warehouse's steps, one per invocation: refresh a layer and check it, freeze a snapshot, count.
"""

import os
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from typing import Any

from adapters import snapshots, telemetry, warehouse
from domain.settings import TransformSettings
from domain.snapshot import Manifest, folder
from domain.tables import LAYERS
from warehouse import run


class UnknownAction(ValueError):
    """The function was asked for something that it does not do."""


class ChecksFailed(RuntimeError):
    """A layer holds rows that it must not hold; what is made from it stays as it was."""


class EmptySnapshot(LookupError):
    """There is nothing to learn from before as_of."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    match event:
        case {"action": "transform", "layer": layer}:
            return transform(layer)
        case {"action": "snapshot", "model": model, "snapshot_id": snapshot_id, "as_of": as_of}:
            return snapshot(
                model=model,
                snapshot_id=snapshot_id,
                attempt=context.aws_request_id,
                as_of=datetime.fromisoformat(as_of),
            )
        case {"action": "count"}:
            return count()
    raise UnknownAction(f"{event} is none of transform, snapshot and count with what they need")


def transform(layer: str) -> dict[str, Any]:
    """
    Refresh the tables of *layer*, then check them.

    Raises:
        ChecksFailed: after the metric is out, so that the pipeline stops here.
    """
    with closing(warehouse.connect(settings(), query_tag=f"transform {layer}")) as connection:
        for table in LAYERS[layer]:
            run.run(connection, f"{layer}/{table}")
        found = [check for table in LAYERS[layer] for check in run.checks(connection, f"{layer}/{table}")]
        _report(layer, found)
        rows = {table: _rows(connection, f"{layer}.{table}") for table in LAYERS[layer]}
    return {"layer": layer, "tables": rows, "checks": len(found)}


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
    with closing(warehouse.connect(settings(), query_tag="count")) as connection:
        for layer, tables in LAYERS.items():
            for table in tables:
                run.declare(connection, f"{layer}/{table}")
        [[counted]] = run.run(connection, "counts")
    return {name: int(number) for name, number in counted.items()}


def _unloaded(*, model: str, snapshot_id: str, attempt: str, as_of: datetime) -> Manifest:
    """What Snowflake has put into the attempt's folder, written down."""
    names = {"snapshot_id": snapshot_id, "attempt": attempt}
    values = {**names, "as_of": as_of.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")}
    with closing(warehouse.connect(settings(), query_tag=f"snapshot {model}")) as connection:
        [[unloaded], [content]] = run.run(connection, f"snapshots/{model}", **values)
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
    )


def _report(layer: str, found: list[run.Check]) -> None:
    failed = [check for check in found if check.offending_rows]
    violations = sum(check.offending_rows for check in failed)
    telemetry.emit(
        telemetry.emf(
            namespace=settings().metrics_namespace,
            metrics={"CheckViolations": (violations, "Count")},
            dimensions=[[], ["layer"]],
            at=datetime.now(UTC),
            layer=layer,
        )
    )
    if failed:
        raise ChecksFailed(
            "; ".join(f"{layer}: {check.name}: {check.offending_rows} rows" for check in failed)
        )


def _rows(connection: Any, table: str) -> int:
    [found] = run.execute(connection, f"select count(*) as n from {table}")  # noqa: S608  # a name from LAYERS
    return int(found["n"])


def _iso(moment: datetime) -> str:
    """A moment of the warehouse, which keeps UTC without saying so."""
    return moment.replace(tzinfo=UTC).isoformat()


@cache
def settings() -> TransformSettings:
    return TransformSettings.from_env(os.environ)
