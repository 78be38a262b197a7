from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from adapters import registry
from domain.training_job import channel
from lambdas import champion

GROUP = "skiff-test-next-item"
URI = "s3://artifacts/models/job-1/output/model.tar.gz"


@pytest.fixture(autouse=True)
def cloud() -> Iterator[None]:
    registry._client.cache_clear()
    with mock_aws():
        boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
        yield
    registry._client.cache_clear()


def test_before_a_model_is_approved_there_is_no_champion():
    registry.register(GROUP, model_data=URI, metadata={"model": "next_item", "job": "job-1", "digest": "d1"})

    assert champion.handler({"group": GROUP}, None) == {"channels": []}


def test_the_approved_model_is_a_channel_of_the_job():
    metadata = {"model": "next_item", "job": "job-1", "digest": "d1"}
    registry.approve(registry.register(GROUP, model_data=URI, metadata=metadata))

    assert champion.handler({"group": GROUP}, None) == {"channels": [channel("champion", URI)]}
