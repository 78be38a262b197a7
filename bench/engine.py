"""
`python -m bench.engine ENGINE BASE HOUR WORK`: one engine in a process of its own; a line of JSON per step.
"""

import importlib
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

ENGINES = ("skiff", "duckdb_by_hand", "polars_by_hand")
S3 = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "us-east-1"}


def main(engine: str, base: Path, hour: Path, work: Path) -> None:
    """
    Run all steps of *engine*, which leaves its tables in *work*, as `schema.table.parquet`.

    It writes them piece by piece: read as a whole they would count as its memory.
    """
    os.environ.update(S3)
    for cost in importlib.import_module(f"bench.{engine}").run_all(base, hour, work):
        print(json.dumps(asdict(cost)), flush=True)  # noqa: T201  # bench/warehouse.py reads it


if __name__ == "__main__":
    name, *paths = sys.argv[1:]
    main(name, *map(Path, paths))
