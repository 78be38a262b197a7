"""
A made-up shop for training tests, as a snapshot's columns and as the folder that a job finds.

Visitors walk along shelves and now and then a step back, so that what comes next can be learnt; one in five
looks at something that is new that day and goes back to it.
"""

import hashlib
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

DAY_MS = 24 * 3600 * 1000
FIRST_MS = 1_590_969_600_000  # 2020-06-01T00:00:00Z
DAYS = 8
SESSIONS_A_DAY = 40
SHELVES, SHELF = 12, 10  # shelves, items on each
PARAMETERS = {"model": "next_item", "as_of": "2020-06-09T00:00:00Z", "seed": "1", "code_version": "abc"}

Columns = Mapping[str, list[Any]]


def columns() -> dict[str, list[Any]]:
    """Eight days up to and with 2020-06-08."""
    chance = random.Random(7)
    rows = [_session(chance, day=day, number=n) for day in range(DAYS) for n in range(SESSIONS_A_DAY)]
    keys, items, moments = zip(*rows, strict=True)
    return {
        "SESSION_KEY": list(keys),
        "SITE": ["shop"] * len(keys),
        "CLIENT_ID": [f"visitor-{number % 200}" for number in range(len(keys))],
        "ITEM_IDS": [json.dumps(item_ids) for item_ids in items],
        "OCCURRED_AT_MS": [json.dumps(occurred_at) for occurred_at in moments],
    }


def _session(chance: random.Random, *, day: int, number: int) -> tuple[str, list[str], list[int]]:
    length = chance.randint(2, 6)
    shelf, first = chance.randrange(SHELVES), chance.randrange(SHELF)
    start = FIRST_MS + day * DAY_MS + chance.randrange(DAY_MS - 3_600_000)
    items = [f"shelf-{shelf}-{first}"]
    for step in range(1, length):
        is_back = step > 1 and chance.random() < 0.5
        items.append(items[-2] if is_back else f"shelf-{shelf}-{(first + step) % SHELF}")
    if chance.random() < 0.2:
        items = [f"new-{day}-{number}", items[0], f"new-{day}-{number}"]
    return f"session-{day}-{number}", items, [start + step * 60_000 for step in range(len(items))]


def before(columns: Columns, *, day: int) -> Columns:
    """The sessions that ended on the days before *day*, counted from 0."""
    until_ms = FIRST_MS + day * DAY_MS
    is_early = [json.loads(moments)[-1] < until_ms for moments in columns["OCCURRED_AT_MS"]]
    return {
        name: [value for value, keep in zip(values, is_early, strict=True) if keep]
        for name, values in columns.items()
    }


def lay_out(root: Path, columns: Columns, **parameters: str) -> None:
    """Make *root* what /opt/ml is to a job that trains on *columns*."""
    channel = root / "input/data/snapshot"
    channel.mkdir(parents=True)
    pq.write_table(pa.table(dict(columns)), channel / "data.parquet")
    sha256 = hashlib.sha256((channel / "data.parquet").read_bytes()).hexdigest()
    files = [{"key": "snapshots/next_item/snapshot-1/data.parquet", "sha256": sha256}]
    manifest = {"model": "next_item", "snapshot_id": "snapshot-1", "files": files}
    (channel / "manifest.json").write_text(json.dumps(manifest))
    config = root / "input/config"
    config.mkdir()
    (config / "hyperparameters.json").write_text(json.dumps({**PARAMETERS, **parameters}))
