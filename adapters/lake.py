"""
The lake: lines go in through Firehose, many to a record, or straight as a file that is written once.
"""

import gzip
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# Limits of PutRecordBatch, which cannot be raised: its documentation in boto3, 2026-11.
MAX_RECORD_BYTES = 1000 * 1024
MAX_BATCH_RECORDS = 500
MAX_BATCH_BYTES = 4 * 1024 * 1024

HOURS = "%Y/%m/%d/%H"  # how Firehose names the folders below its prefix
GZIP_MAGIC = b"\x1f\x8b"

# A record that was turned away is offered again at once; then it is the caller's turn to wait.
# A function that sleeps is paid for, a client that was told Retry-After waits for free.
MAX_ATTEMPTS = 3


class FirehoseUnavailable(ConnectionError):
    """Some lines could not be placed; sending all of them again is safe, because events carry their id."""


def append(stream: str, lines: Iterable[str]) -> None:
    """
    Place every line, ended by a newline, in *stream*.

    Raises:
        FirehoseUnavailable: after the retries, some line is not placed.
    """
    for records in batched(packed(lines)):
        _place(stream, records)


def write(bucket: str, key: str, lines: Iterable[str]) -> bool:
    """
    Put *lines*, each ended by a newline, into a gzip file of their own; equal lines give equal bytes.

    Returns:
        False where *key* is taken already: what lies there stays as it is, and nothing was written.
    """
    packed_lines = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed_lines, mtime=0) as file:
        file.writelines(f"{line}\n".encode() for line in lines)
    try:
        _s3().put_object(
            Bucket=bucket,
            Key=key,
            Body=packed_lines.getvalue(),
            ContentType="application/gzip",  # no Content-Encoding: clients would unpack it on the way
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "PreconditionFailed":
            return False
        raise
    return True


def keys(
    bucket: str, folder: str, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[str]:
    """
    The files in *folder* of the lake that were begun in the hours from *since* up to *until* (UTC), in order.

    Args:
        folder: with its slash, as `rejected/`; below it the hours stand in folders of their own.
    """
    start = f"{folder}{since:{HOURS}}/" if since else folder
    end = f"{folder}{until:{HOURS}}/" if until else None
    pages = _s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=folder, StartAfter=start)
    for page in pages:
        for content in page.get("Contents", []):
            if end and content["Key"] >= end:
                return
            yield content["Key"]


def read(bucket: str, key: str) -> list[str]:
    """The lines of a file; Firehose closes one at 16 MB, so it fits in memory."""
    body = _s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    text = gzip.decompress(body) if body.startswith(GZIP_MAGIC) else body
    return [line.decode() for line in text.split(b"\n") if line]


def packed(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines joined up to a record's limit: Firehose bills a record as at least 5 KB."""
    record = bytearray()
    for line in lines:
        data = f"{line}\n".encode()
        if record and len(record) + len(data) > MAX_RECORD_BYTES:
            yield bytes(record)
            record.clear()
        record += data
    if record:
        yield bytes(record)


def batched(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Records grouped up to the limits of one call."""
    batch: list[bytes] = []
    for record in records:
        is_full = len(batch) == MAX_BATCH_RECORDS
        if is_full or sum(map(len, batch)) + len(record) > MAX_BATCH_BYTES:
            yield batch
            batch = []
        batch.append(record)
    if batch:
        yield batch


def _place(stream: str, records: list[bytes]) -> None:
    for _ in range(MAX_ATTEMPTS):
        records = _not_placed(stream, records)
        if not records:
            return
    raise FirehoseUnavailable(f"{stream} turned {len(records)} records away {MAX_ATTEMPTS} times")


def _not_placed(stream: str, records: list[bytes]) -> list[bytes]:
    """The records of a call that Firehose did not take: it may take some and still answer 200."""
    try:
        answer = _firehose().put_record_batch(
            DeliveryStreamName=stream, Records=[{"Data": record} for record in records]
        )
    except (BotoCoreError, ClientError) as error:  # botocore has retried; whatever it was, nothing is placed
        raise FirehoseUnavailable(f"{stream}: {error}") from error
    outcomes = answer["RequestResponses"]
    return [record for record, outcome in zip(records, outcomes, strict=True) if outcome.get("ErrorCode")]


@cache
def _firehose() -> Any:
    # Well inside the function's own timeout, so that a slow Firehose becomes a 503 and not a killed request.
    config = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
    return boto3.client("firehose", config=config)


@cache
def _s3() -> Any:
    return boto3.client("s3")
