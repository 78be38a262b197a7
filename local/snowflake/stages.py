"""
External stages: where one points to, which files lie there, and the lines in them.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from fakesnow.cursor import FakeSnowflakeCursor
from snowflake.connector.errors import ProgrammingError

GZIP = b"\x1f\x8b"
STAGES = "_fs_global._fs_information_schema._fs_stages"  # fakesnow's own record of them


@dataclass(frozen=True, kw_only=True)
class Location:
    bucket: str
    prefix: str


def locate(cursor: FakeSnowflakeCursor, reference: str) -> Location:
    """`@schema.stage/path/` as a place in S3; a stage's location is a prefix, not a folder."""
    stage, _, path = reference.removeprefix("@").partition("/")
    schema, _, name = stage.upper().rpartition(".")
    query = f"select url from {STAGES} where database_name = ? and schema_name = ? and name = ?"  # noqa: S608  # our own text
    found = cursor._duck_conn.execute(query, [cursor._conn.database, schema, name]).fetchall()
    if not found:
        raise ProgrammingError(
            msg=f"Stage '{stage}' does not exist or not authorized.", errno=2003, sqlstate="02000"
        )
    url = urlsplit(found[0][0])
    return Location(bucket=url.netloc, prefix=url.path.lstrip("/") + path)


def keys(s3: Any, location: Location) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=location.bucket, Prefix=location.prefix)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def lines(s3: Any, bucket: str, files: list[str]) -> pa.Table:
    """Every line of *files*: `line`, `file` and `row`, which counts from 1 in each file."""
    found = [
        (line, file, row) for file in files for row, line in enumerate(_lines(s3, bucket, file), start=1)
    ]
    texts, names, rows = zip(*found, strict=True) if found else ((), (), ())
    return pa.table(
        {
            "line": pa.array(texts, pa.string()),
            "file": pa.array(names, pa.string()),
            "row": pa.array(rows, pa.int64()),
        }
    )


def _lines(s3: Any, bucket: str, file: str) -> Iterator[bytes]:
    body = s3.get_object(Bucket=bucket, Key=file)["Body"].read()
    text = gzip.decompress(body) if body.startswith(GZIP) else body
    return (line for line in text.split(b"\n") if line.strip())
