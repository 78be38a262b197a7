"""
The same tables in DuckDB, as somebody writes them who needs no warehouse: by_hand/*.sql, made once.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from bench.measure import MEMORY_LIMIT, THREADS, Cost, cost
from warehouse import run

SQL = Path(__file__).parent / "by_hand"
STEPS = ("load", "stage", "sessionize", "marts")


def run_all(base: Path, _: Path, work: Path) -> Iterator[Cost | tuple[str, pa.Table]]:
    with duckdb.connect(work / "by_hand.db") as connection:
        connection.execute(f"set threads = {THREADS}; set memory_limit = '{MEMORY_LIMIT}'")
        for step in STEPS:
            yield cost(step, lambda step=step: _run(connection, step, base))  # type: ignore[misc]
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            layer, _, table = name.partition("_")
            yield f"{layer}.{table}", connection.sql(f"select * from {name}").to_arrow_table()  # noqa: S608  # our own


def _run(connection: duckdb.DuckDBPyConnection, step: str, base: Path) -> None:
    text = (SQL / f"{step}.sql").read_text(encoding="utf-8").replace("{folder}", str(base))
    for statement in run.split(text):
        connection.execute(statement)
