import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from adapters import stacks

TEMPLATE = {
    "Resources": {
        "Going": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Delete",
            "Properties": {"BucketName": "going"},
        },
        "Kept": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "RetainExceptOnCreate",
            "Properties": {"BucketName": "kept"},
        },
        "Topic": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Delete"},
    }
}


@pytest.fixture(autouse=True)
def cloud() -> Iterator[None]:
    stacks._client.cache_clear()
    with mock_aws():
        boto3.client("cloudformation").create_stack(StackName="stack", TemplateBody=json.dumps(TEMPLATE))
        yield
    stacks._client.cache_clear()


def test_only_what_goes_with_its_stack_is_named() -> None:
    assert list(stacks.what_goes("stack", "AWS::S3::Bucket")) == ["going"]


def test_a_stack_that_is_gone_has_nothing_to_empty() -> None:
    assert list(stacks.what_goes("gone", "AWS::S3::Bucket")) == []


def test_a_bucket_is_emptied_of_old_versions_too() -> None:
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket="going", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket="going", Key="file", Body=body)
    s3.delete_object(Bucket="going", Key="file")

    stacks.empty_bucket("going")

    assert "Versions" not in s3.list_object_versions(Bucket="going")
    assert "DeleteMarkers" not in s3.list_object_versions(Bucket="going")
