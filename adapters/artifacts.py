"""
The artifacts bucket: what training jobs leave there, and the layers baked from it.
"""

import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import boto3

from domain import archive, artifact


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


def _bucket_and_key(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.netloc, parts.path.removeprefix("/")
