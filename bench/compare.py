"""
Whether the engines made the same tables: rows and checksums of what they have in common.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

# Not of all engines: when and from where a line was loaded, and JSON that is kept as it came.
LEFT_OUT = {"loaded_at", "src_file", "src_row", "items", "details"}
NUMBERS = ("DECIMAL", "HUGEINT", "BIGINT", "INTEGER", "UINTEGER", "UBIGINT", "DOUBLE")


@dataclass(frozen=True, kw_only=True)
class Content:
    rows: int
    checksum: str


class Different(AssertionError):
    """The engines disagree, so their costs cannot be compared."""


def same_tables(folders: dict[str, Path]) -> dict[str, Content]:
    """
    What every engine made of each table that all of them make.

    Raises:
        Different: one table is not the same everywhere; the message says whose and how.
    """
    first, *others = folders
    common = sorted(set.intersection(*(_tables(folder) for folder in folders.values())))
    contents = {table: _contents(table, folders) for table in common}
    for table, of in contents.items():
        for other in others:
            if of[other] != of[first]:
                raise Different(f"{table}: {first} made {of[first]}, {other} made {of[other]}")
    return {table: of[first] for table, of in contents.items()}


def _tables(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.parquet")}


def _contents(table: str, folders: dict[str, Path]) -> dict[str, Content]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        columns = [_columns(connection, folder / f"{table}.parquet") for folder in folders.values()]
        common = sorted(set.intersection(*map(set, columns)) - LEFT_OUT)
        return {
            engine: _content(connection, folder / f"{table}.parquet", common)
            for engine, folder in folders.items()
        }


def _columns(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, str]:
    """Name → type."""
    described = connection.execute(f"describe from '{file}'").fetchall()
    return {name.lower(): kind for name, kind, *_ in described}


def _content(connection: duckdb.DuckDBPyConnection, file: Path, names: list[str]) -> Content:
    """Values are compared as text, numbers with four digits behind the point, arrays as JSON."""
    types = _columns(connection, file)
    texts = ", ".join(_as_text(name, types[name]) for name in names)
    query = f"select count(*), coalesce(sum(hash({texts})::hugeint), 0)::varchar from '{file}'"  # noqa: S608  # our own
    rows, checksum = connection.execute(query).fetchall()[0]
    return Content(rows=rows, checksum=checksum)


def _as_text(name: str, kind: str) -> str:
    if kind.endswith("[]"):
        return f"to_json({name})::varchar"
    if kind.startswith(NUMBERS):
        return f"({name}::decimal(38, 4))::varchar"
    return f"{name}::varchar"
