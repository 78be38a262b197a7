"""
Snapshots in the lake: what Snowflake unloaded, and the manifest beside it.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from domain.snapshot import ROOT, File, Manifest, prefix

CHUNK_BYTES = 1024 * 1024
MANIFEST = "manifest.json"


def find(bucket: str, *, model: str, snapshot_id: str) -> Manifest | None:
    """The snapshot of that id, if an attempt at it has ended; of two, always the same."""
    keys = [content["Key"] for content in _listed(bucket, prefix(model=model, snapshot_id=snapshot_id))]
    for key in keys:
        if key.endswith(f"/{MANIFEST}"):
            return _manifest(bucket, key)
    return None


def listed(bucket: str) -> list[Manifest]:
    """Every attempt that has ended, in the order of their keys: of two at one snapshot, the first counts."""
    keys = [content["Key"] for content in _listed(bucket, ROOT)]
    return [_manifest(bucket, key) for key in keys if key.endswith(f"/{MANIFEST}")]


def read(bucket: str, key: str) -> bytes:
    """A file of a snapshot."""
    body: bytes = _s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def download(bucket: str, manifest: Manifest, folder: Path) -> None:
    """The manifest and its files into *folder*, as a training job's channel holds them."""
    for key in (f"{manifest.folder}{MANIFEST}", *(file.key for file in manifest.files)):
        _s3().download_file(bucket, key, str(folder / key.rpartition("/")[2]))


def files(bucket: str, folder: str) -> tuple[File, ...]:
    """The files in *folder*, which ends with a slash, in the order of their keys, read through once."""
    return tuple(
        File(key=content["Key"], size_bytes=content["Size"], sha256=_sha256(bucket, content["Key"]))
        for content in _listed(bucket, folder)
    )


def write(bucket: str, manifest: Manifest) -> None:
    """Put the manifest beside its files, never over another one: from now on the snapshot is there."""
    _s3().put_object(
        Bucket=bucket,
        Key=f"{manifest.folder}{MANIFEST}",
        Body=manifest.to_json().encode(),
        ContentType="application/json",
        IfNoneMatch="*",
    )


def _manifest(bucket: str, key: str) -> Manifest:
    return Manifest.from_json(_s3().get_object(Bucket=bucket, Key=key)["Body"].read())


def _listed(bucket: str, where: str) -> list[dict[str, Any]]:
    pages = _s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=where)
    return [content for page in pages for content in page.get("Contents", [])]


def _sha256(bucket: str, key: str) -> str:
    digest = hashlib.sha256()
    for chunk in _s3().get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


@cache
def _s3() -> Any:
    return boto3.client("s3")
