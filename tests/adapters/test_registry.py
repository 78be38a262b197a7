from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from adapters import registry
from adapters.registry import APPROVED, PENDING, REJECTED, NoApprovedModel

GROUP = "skiff-test-next-item"
MODEL_DATA = "s3://artifacts/models/next_item/job-1/output/model.tar.gz"


def about(job: str) -> dict[str, str]:
    return {"model": "next_item", "job": job, "digest": "d1", "hit_rate_20": "0.65"}


@pytest.fixture(autouse=True)
def cloud() -> Iterator[None]:
    registry._client.cache_clear()
    with mock_aws():
        boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
        yield
    registry._client.cache_clear()


def test_a_registered_model_waits_for_approval():
    package = registry.register(GROUP, model_data=MODEL_DATA, metadata=about("job-1"))

    assert package == registry.describe(package.arn)
    assert (package.status, package.version, package.model_data) == (PENDING, 1, MODEL_DATA)
    assert (package.model, package.job, package.digest) == ("next_item", "job-1", "d1")


def test_a_job_is_registered_once():
    first = registry.register(GROUP, model_data=MODEL_DATA, metadata=about("job-1"))
    other = registry.register(GROUP, model_data=MODEL_DATA, metadata=about("job-2"))

    again = registry.register(GROUP, model_data=MODEL_DATA, metadata=about("job-1"))

    assert again == first
    assert other.version == 2


def test_an_approved_model_keeps_its_metadata():
    package = registry.register(GROUP, model_data=MODEL_DATA, metadata=about("job-1"))

    approved = registry.approve(package)

    assert approved.status == APPROVED
    assert approved.metadata.items() >= about("job-1").items()


def test_a_rejected_model_says_why_in_the_characters_that_sagemaker_takes():
    package = registry.register(GROUP, model_data=MODEL_DATA, metadata=about("job-1"))

    rejected = registry.reject(package, reason="hit_rate_20 is 0.01, (too low) " + "x" * 300)

    assert rejected.status == REJECTED
    assert rejected.metadata["reasons"].startswith("hit_rate_20 is 0.01   too low  x")
    assert len(rejected.metadata["reasons"]) == 256


def test_the_latest_approved_model_is_found():
    for job in ("job-1", "job-2", "job-3"):
        package = registry.register(GROUP, model_data=MODEL_DATA, metadata=about(job))
        if job != "job-3":
            registry.approve(package)

    assert registry.latest_approved(GROUP).job == "job-2"


def test_without_an_approved_model_there_is_none():
    registry.register(GROUP, model_data=MODEL_DATA, metadata=about("job-1"))

    with pytest.raises(NoApprovedModel, match=GROUP):
        registry.latest_approved(GROUP)


def test_versions_are_those_that_jobs_have_made_the_newest_first():
    for job in ("job-1", "job-2"):
        registry.register(GROUP, model_data=MODEL_DATA, metadata=about(job))
    boto3.client("sagemaker").create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus=APPROVED,
        InferenceSpecification=registry._inference(MODEL_DATA),
    )

    assert [(each.version, each.job) for each in registry.versions(GROUP)] == [(2, "job-2"), (1, "job-1")]
