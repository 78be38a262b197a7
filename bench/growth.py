"""
What a next_item job costs as events grow: `python -m bench.growth ROOT` runs one in a process of its own.

The snapshot is made from a made-up shop's log with polars; bench.warehouse holds that against the warehouse.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import polars as pl

from bench import log
from bench.measure import Cost, cost
from domain.artifact import sha256_of
from training import job
from training.next_item.contract import CONTRACT

ENGINE = "polars_by_hand"


class StepFailed(RuntimeError):
    """A process ended with an error; what it wrote to stderr is above."""


def measured(home: Path, events: int) -> Cost:
    """The cost of a whole job, search and test too, on the sessions of that many lines of the log."""
    root = home / f"{events}-job"
    if not root.exists():
        _lay_out(home, events, root.with_suffix(".part"))
        root.with_suffix(".part").rename(root)
    return Cost(**json.loads(_output("bench.growth", str(root)).splitlines()[-1]))


def _lay_out(home: Path, events: int, root: Path) -> None:
    """The folder of a training job with the snapshot in it."""
    base, hour = log.make(home, events)
    (tables := root / "tables").mkdir(parents=True, exist_ok=True)
    _output("bench.engine", ENGINE, str(base), str(hour), str(tables))
    (channel := root / "input/data/snapshot").mkdir(parents=True, exist_ok=True)
    sessions = pl.read_parquet(tables / f"{CONTRACT.reads.table}.parquet").select(
        *(_as_unloaded(column) for column in CONTRACT.reads.columns)
    )
    sessions.write_parquet(channel / "data.parquet")
    shutil.rmtree(tables)
    file = {"key": "data.parquet", "sha256": sha256_of(channel / "data.parquet")}
    about = {"model": CONTRACT.model, "snapshot_id": str(events), "files": [file]}
    (channel / "manifest.json").write_text(json.dumps(about))
    (config := root / "input/config").mkdir(exist_ok=True)
    given = {"model": CONTRACT.model, "as_of": "2100-01-01T00:00:00Z", "seed": "1", "code_version": "bench"}
    (config / "hyperparameters.json").write_text(json.dumps(given))


def _as_unloaded(column: str) -> pl.Expr:
    """Arrays as JSON texts, names in capitals."""
    texts = {
        "item_ids": pl.format('["{}"]', pl.col(column).list.join('", "')),
        "occurred_at_ms": pl.format("[{}]", pl.col(column).cast(pl.List(pl.String)).list.join(", ")),
    }
    return texts.get(column, pl.col(column)).alias(column.upper())


def _output(module: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603  # our own
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise StepFailed(f"{module} ended with {done.returncode}")
    return done.stdout


def _train(root: Path) -> None:
    (root / "checkpoints/points.jsonl").unlink(missing_ok=True)  # nothing is remembered of another run
    job.run(root, job="bench")


if __name__ == "__main__":
    spent = cost("job", lambda: _train(Path(sys.argv[1])))
    print(json.dumps(asdict(spent)))  # noqa: T201  # measured() reads it
