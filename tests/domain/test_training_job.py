import re
from typing import Any

import pytest

from domain.training_job import IMAGES, channel, cost_usd, create_training_job, metric_definitions


def job(**changes: Any) -> dict[str, Any]:
    return create_training_job(
        **{
            "name": "job-1",
            "role_arn": "arn:aws:iam::000000000000:role/job",
            "region": "eu-west-1",
            "instance": "ml.m5.xlarge",
            "metrics": metric_definitions(["hit_rate_20"]),
            "channels": [
                channel("snapshot", "s3://lake/snapshots/1/"),
                channel("code", "s3://assets/code.zip"),
            ],
            "output_uri": "s3://artifacts/models/",
            "checkpoint_uri": "s3://artifacts/checkpoints/job-1",
            "hyperparameters": {"model": "next_item"},
            "tags": {"model": "next_item"},
            **changes,
        }
    )


def test_sagemaker_takes_the_request() -> None:
    """botocore holds every field's name and type against the service's own model."""
    import botocore.session
    from botocore.validate import ParamValidator

    session = botocore.session.get_session()
    shape = session.get_service_model("sagemaker").operation_model("CreateTrainingJob").input_shape

    report = ParamValidator().validate(job(), shape)

    assert report.generate_report() == ""


@pytest.mark.parametrize(
    ("metric", "value"), [("hit_rate_20", "0.1"), ("all_20", "-0.2"), ("hit_rate_20_all", "0.3")]
)
def test_a_printed_metric_is_scraped_and_no_longer_name_is_taken_for_it(metric: str, value: str) -> None:
    (definition,) = metric_definitions([metric])
    printed = "hit_rate_20=0.1; all_20=-0.2; hit_rate_20_all=0.3;"

    assert re.findall(definition["Regex"], printed) == [value]


def test_an_interrupted_job_goes_on_from_its_checkpoint() -> None:
    assert job()["CheckpointConfig"]["S3Uri"] == "s3://artifacts/checkpoints/job-1"
    assert job()["RetryStrategy"] == {"MaximumRetryAttempts": 2}


def test_a_job_costs_its_hours_or_nobody_knows() -> None:
    assert cost_usd("ml.m5.xlarge", seconds=1800) == 0.115
    assert cost_usd("ml.unheard.of", seconds=1800) is None


def test_an_unknown_region_is_refused_before_anything_is_deployed() -> None:
    with pytest.raises(KeyError, match="mars-north-1"):
        job(region="mars-north-1")


def test_the_images_are_those_that_sagemaker_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_TELEMETRY_OPT_OUT", "true")
    from sagemaker.core import image_uris  # seconds of import, so only here

    for region, uri in IMAGES.items():
        published = image_uris.retrieve(
            "sklearn", region, version="1.4-2-py312", py_version="py3", instance_type="ml.m5.xlarge"
        )

        assert uri == published
