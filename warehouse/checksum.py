"""
The content of a table as one number: what a replay proves itself with, and tests compare.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.tables import Table
from warehouse import run

# When the warehouse had a line: that differs from one load to the next, and what is made from it must not.
BOOKKEEPING = {"loaded_at"}


@dataclass(frozen=True, kw_only=True)
class Checksum:
    """
    `digest` is 16 hex digits over all values of all rows, in whatever order the rows lie. Two tables of one
    engine are equal if both fields are; another engine, or another version of it, hashes in its own way.
    """

    rows: int
    digest: str


def of(connection: Any, table: Table) -> Checksum:
    return of_name(connection, table.full_name)


def of_name(connection: Any, full_name: str) -> Checksum:
    """
    Args:
        full_name: schema and table, with the database before it where it is another than the connection's.
    """
    [found] = run.execute(connection, query(connection, full_name))
    return read(found)


def query(connection: Any, full_name: str) -> str:
    """The query whose answer `read` understands; the connection only says which columns there are."""
    described = run.execute(connection, f"describe table {full_name}")
    names = sorted(row["name"].lower() for row in described)
    columns = ", ".join(name for name in names if name not in BOOKKEEPING)
    # A sum, since with XOR two equal rows would be as none; HASH_AGG is not answered offline.
    # A decimal, or offline it would be a sum of floats, which forgets the low digits.
    total = f"sum(hash({columns})::number(38, 1))"
    return f"select count(*) as n, coalesce({total}, 0) as total from {full_name}"  # noqa: S608  # names of our own


def read(row: run.Row) -> Checksum:
    return Checksum(rows=int(row["n"]), digest=f"{int(Decimal(row['total'])) % 2**64:016x}")
