import json
from collections.abc import Iterator
from hashlib import sha256

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from adapters import snapshots
from domain.snapshot import File, Manifest

MANIFEST = Manifest(
    model="next_item",
    snapshot_id="s1",
    as_of="2020-06-30T00:00:00+00:00",
    code_version="abc",
    sql="select 1",
    rows=1,
    started_from="2020-06-01T00:00:00+00:00",
    ended_at="2020-06-02T00:00:00+00:00",
    files=(File(key="snapshots/next_item/s1/a.parquet", size_bytes=3, sha256="00"),),
)


@pytest.fixture
def lake() -> Iterator[str]:
    with mock_aws():
        snapshots._s3.cache_clear()
        boto3.client("s3").create_bucket(Bucket="lake")
        yield "lake"


def test_files_are_listed_with_their_digests(lake: str):
    boto3.client("s3").put_object(Bucket=lake, Key="snapshots/next_item/s1/a.parquet", Body=b"abc")
    boto3.client("s3").put_object(Bucket=lake, Key="snapshots/next_item/s10/b.parquet", Body=b"abc")

    files = snapshots.files(lake, model="next_item", snapshot_id="s1")

    assert files == (
        File(key="snapshots/next_item/s1/a.parquet", size_bytes=3, sha256=sha256(b"abc").hexdigest()),
    )


def test_the_manifest_lies_beside_its_files(lake: str):
    uri = snapshots.write(lake, MANIFEST)

    stored = boto3.client("s3").get_object(Bucket=lake, Key="snapshots/next_item/s1/manifest.json")
    assert uri == "s3://lake/snapshots/next_item/s1/"
    assert json.loads(stored["Body"].read())["files"] == [
        {"key": "snapshots/next_item/s1/a.parquet", "size_bytes": 3, "sha256": "00"}
    ]


def test_a_manifest_is_written_once(lake: str):
    snapshots.write(lake, MANIFEST)

    with pytest.raises(ClientError, match="PreconditionFailed"):
        snapshots.write(lake, MANIFEST)
