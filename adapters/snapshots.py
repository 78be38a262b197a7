"""
Snapshots in the lake: what Snowflake unloaded, and the manifest beside it.
"""

import hashlib
from functools import cache
from typing import Any

import boto3

from domain.snapshot import File, Manifest, prefix

CHUNK_BYTES = 1024 * 1024


def files(bucket: str, *, model: str, snapshot_id: str) -> tuple[File, ...]:
    """The files of a snapshot, in the order of their keys, read through once."""
    where = prefix(model=model, snapshot_id=snapshot_id)
    pages = _s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=where)
    found = [content for page in pages for content in page.get("Contents", [])]
    return tuple(
        File(key=content["Key"], size_bytes=content["Size"], sha256=_sha256(bucket, content["Key"]))
        for content in found
    )


def write(bucket: str, manifest: Manifest) -> str:
    """Put the manifest beside its files, never over another one; the snapshot's URI."""
    where = prefix(model=manifest.model, snapshot_id=manifest.snapshot_id)
    _s3().put_object(
        Bucket=bucket,
        Key=f"{where}manifest.json",
        Body=manifest.to_json().encode(),
        ContentType="application/json",
        IfNoneMatch="*",
    )
    return f"s3://{bucket}/{where}"


def _sha256(bucket: str, key: str) -> str:
    digest = hashlib.sha256()
    for chunk in _s3().get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


@cache
def _s3() -> Any:
    return boto3.client("s3")
