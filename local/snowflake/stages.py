"""
External stages: where one points to, which files lie there, and the text in them.
"""

import gzip
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

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
    place = full_name(cursor, stage).split(".")
    query = f"select url from {STAGES} where database_name = ? and schema_name = ? and name = ?"  # noqa: S608  # our own text
    found = cursor._duck_conn.execute(query, place).fetchall()
    if not found:
        raise ProgrammingError(
            msg=f"Stage '{stage}' does not exist or not authorized.", errno=2003, sqlstate="02000"
        )
    url = urlsplit(found[0][0])
    return Location(bucket=url.netloc, prefix=url.path.lstrip("/") + path)


def full_name(cursor: FakeSnowflakeCursor, name: str) -> str:
    """DATABASE.SCHEMA.NAME of what is called by its schema, or by both."""
    return name.upper() if name.count(".") == 2 else f"{cursor._conn.database}.{name}".upper()


def keys(s3: Any, location: Location) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=location.bucket, Prefix=location.prefix)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def text(s3: Any, bucket: str, file: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=file)["Body"].read()
    return gzip.decompress(body) if body.startswith(GZIP) else body
