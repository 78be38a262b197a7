from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from adapters import artifacts
from domain.artifact import BrokenArtifact
from tests.artifacts import archived, sealed

URI = "s3://artifacts/models/next_item/job-1/output/model.tar.gz"


@pytest.fixture(autouse=True)
def cloud() -> Iterator[None]:
    artifacts._client.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="artifacts")
        yield
    artifacts._client.cache_clear()


@pytest.fixture
def digest(tmp_path: Path) -> str:
    """Of an artifact that lies at URI."""
    (tmp_path / "table.u32").write_bytes(b"\1\0\0\0")
    manifest = sealed(tmp_path)
    artifacts.store("artifacts", "models/next_item/job-1/output/model.tar.gz", archived(tmp_path))
    return manifest.digest


def test_an_artifact_comes_back_file_by_file(digest: str):
    files = artifacts.fetch(URI, digest=digest)

    assert set(files) == {"manifest.json", "table.u32"}
    assert files["table.u32"] == b"\1\0\0\0"


def test_another_artifact_than_the_approved_one_does_not(digest: str):
    with pytest.raises(BrokenArtifact, match="expected 0000"):
        artifacts.fetch(URI, digest="0000")


def test_what_is_stored_is_read_back():
    artifacts.store("artifacts", "layers/next_item/1.zip", b"content")

    assert artifacts.read("artifacts", "layers/next_item/1.zip") == b"content"
