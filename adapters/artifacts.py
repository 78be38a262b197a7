"""
The artifacts bucket: what training jobs leave there, and the layers baked from it.
"""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import ClientError

from domain import archive, artifact


class Changed(RuntimeError):
    """An object is not what it was when it was read."""


@cache
def _client() -> Any:
    return boto3.client("s3")


def download(uri: str, folder: Path) -> None:
    """
    Unpack the model.tar.gz at *uri* (s3://…) into *folder*; what is in it is not looked at.

    Raises:
        BrokenArtifact: no archive, or one that is not safe to unpack.
    """
    with tempfile.TemporaryFile() as file:
        _client().download_fileobj(*_bucket_and_key(uri), file)
        file.seek(0)
        archive.unpack(file, folder)


def fetch(uri: str, *, digest: str) -> dict[str, bytes]:
    """
    The files of the artifact at *uri* (s3://…), by name.

    Raises:
        BrokenArtifact: they are not those that *digest* was approved for.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        download(uri, folder)
        artifact.verify(folder, digest=digest)
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def store(bucket: str, key: str, content: bytes) -> None:
    _client().put_object(Bucket=bucket, Key=key, Body=content)


def store_at(uri: str, content: bytes, *, content_type: str) -> None:
    """At *uri* (s3://…), to be opened by a browser."""
    bucket, key = _bucket_and_key(uri)
    _client().put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type)


def written_at(uri: str) -> datetime:
    """When the object at *uri* (s3://…) was put there."""
    bucket, key = _bucket_and_key(uri)
    found: datetime = _client().head_object(Bucket=bucket, Key=key)["LastModified"]
    return found


def delete(bucket: str, key: str) -> None:
    """Gone already is gone."""
    _client().delete_object(Bucket=bucket, Key=key)


def read(bucket: str, key: str) -> bytes:
    body: IO[bytes] = _client().get_object(Bucket=bucket, Key=key)["Body"]
    return body.read()


def read_all(bucket: str, prefix: str) -> dict[str, bytes]:
    """Every object whose key begins so, by its key."""
    pages = _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
    return {key: read(bucket, key) for key in keys}


@dataclass(frozen=True, kw_only=True)
class Found:
    """An object as it was when it was read."""

    content: bytes
    tag: str
    written_at: datetime


def find(bucket: str, key: str) -> Found | None:
    try:
        found = _client().get_object(Bucket=bucket, Key=key)
    except _client().exceptions.NoSuchKey:
        return None
    return Found(content=found["Body"].read(), tag=found["ETag"], written_at=found["LastModified"])


def replace(bucket: str, key: str, content: bytes, *, before: Found | None) -> None:
    """
    Put the object in the place of *before*, or where there was none.

    Raises:
        Changed: somebody else was faster.
    """
    only_if = {"IfMatch": before.tag} if before else {"IfNoneMatch": "*"}
    try:
        _client().put_object(Bucket=bucket, Key=key, Body=content, **only_if)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"PreconditionFailed", "ConditionalRequestConflict"}:
            raise
        raise Changed(f"{key} was changed by somebody else meanwhile; look at it and try again") from None


def _bucket_and_key(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.netloc, parts.path.removeprefix("/")
