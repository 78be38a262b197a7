import json
from collections.abc import Iterator
from dataclasses import replace
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
    attempt="try-1",
    as_of="2020-06-30T00:00:00+00:00",
    code_version="abc",
    sql="select 1",
    rows=1,
    started_from="2020-06-01T00:00:00+00:00",
    ended_at="2020-06-02T00:00:00+00:00",
    files=(File(key="snapshots/next_item/s1/try-1/a.parquet", size_bytes=3, sha256="00"),),
)


@pytest.fixture
def lake() -> Iterator[str]:
    with mock_aws():
        snapshots._s3.cache_clear()
        boto3.client("s3").create_bucket(Bucket="lake")
        yield "lake"


def test_files_are_listed_with_their_digests(lake: str):
    for folder in ("s1/try-1", "s1/try-2", "s1/try-10"):
        boto3.client("s3").put_object(Bucket=lake, Key=f"snapshots/next_item/{folder}/a", Body=b"abc")

    files = snapshots.files(lake, "snapshots/next_item/s1/try-1/")

    assert files == (
        File(key="snapshots/next_item/s1/try-1/a", size_bytes=3, sha256=sha256(b"abc").hexdigest()),
    )


def test_the_manifest_lies_beside_its_files(lake: str):
    snapshots.write(lake, MANIFEST)

    stored = boto3.client("s3").get_object(Bucket=lake, Key="snapshots/next_item/s1/try-1/manifest.json")
    assert json.loads(stored["Body"].read())["files"] == [
        {"key": "snapshots/next_item/s1/try-1/a.parquet", "size_bytes": 3, "sha256": "00"}
    ]


def test_a_snapshot_is_found_by_its_id(lake: str):
    snapshots.write(lake, MANIFEST)

    assert snapshots.find(lake, model="next_item", snapshot_id="s1") == MANIFEST


def test_a_snapshot_without_a_manifest_is_not_there(lake: str):
    boto3.client("s3").put_object(Bucket=lake, Key="snapshots/next_item/s1/try-1/a.parquet", Body=b"abc")
    snapshots.write(lake, replace(MANIFEST, snapshot_id="s10"))

    assert snapshots.find(lake, model="next_item", snapshot_id="s1") is None


def test_of_two_attempts_that_ended_always_the_same_is_found(lake: str):
    for attempt in ("b", "a"):
        snapshots.write(lake, replace(MANIFEST, attempt=attempt))

    assert snapshots.find(lake, model="next_item", snapshot_id="s1") == replace(MANIFEST, attempt="a")


def test_a_manifest_is_written_once(lake: str):
    snapshots.write(lake, MANIFEST)

    with pytest.raises(ClientError, match="PreconditionFailed"):
        snapshots.write(lake, MANIFEST)


def test_all_are_listed_and_a_broken_attempt_is_none(lake: str):
    later = replace(MANIFEST, snapshot_id="s2")
    for manifest in (later, MANIFEST):
        snapshots.write(lake, manifest)
    boto3.client("s3").put_object(Bucket=lake, Key="snapshots/top_items/s3/try-1/a.parquet", Body=b"abc")

    assert snapshots.listed(lake) == [MANIFEST, later]
