"""
The same tables in DuckDB, as somebody writes them who needs no warehouse: by_hand/*.sql, made once.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from bench.measure import MEMORY_LIMIT, THREADS, UNCOMPRESSED, Cost, cost
from warehouse import run

SQL = Path(__file__).parent / "by_hand"
STEPS = ("load", "stage", "sessionize", "marts")


def run_all(base: Path, _: Path, work: Path) -> Iterator[Cost]:
    with duckdb.connect(work / "by_hand.db") as connection:
        connection.execute(f"set threads = {THREADS}; set memory_limit = '{MEMORY_LIMIT}'; {UNCOMPRESSED}")
        for step in STEPS:
            yield cost(step, lambda step=step: _run(connection, step, base))  # type: ignore[misc]
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            made = work / f"{name.replace('_', '.', 1)}.parquet"
            connection.execute(f"copy {name} to '{made}' (format parquet)")


def _run(connection: duckdb.DuckDBPyConnection, step: str, base: Path) -> None:
    text = (SQL / f"{step}.sql").read_text(encoding="utf-8").replace("{folder}", str(base))
    for statement in run.split(text):
        connection.execute(statement)
