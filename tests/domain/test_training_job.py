import re
from typing import Any

import pytest

from domain.training_job import IMAGES, METRICS, create_training_job


def job(**changes: Any) -> dict[str, Any]:
    return create_training_job(
        **{
            "name": "job-1",
            "role_arn": "arn:aws:iam::000000000000:role/job",
            "region": "eu-west-1",
            "instance": "ml.m5.xlarge",
            "channels": {"snapshot": "s3://lake/snapshots/1/", "code": "s3://assets/code.zip"},
            "output_uri": "s3://artifacts/models/",
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


@pytest.mark.parametrize("metric", METRICS)
def test_a_printed_metric_is_scraped_and_no_longer_name_is_taken_for_it(metric: str) -> None:
    definitions = {d["Name"]: d["Regex"] for d in job()["AlgorithmSpecification"]["MetricDefinitions"]}
    printed = "hit_rate_20=0.1; mrr_20=0.2; hit_rate_20_all=0.3;"

    (value,) = re.findall(definitions[metric], printed)

    assert value == {"hit_rate_20": "0.1", "mrr_20": "0.2", "hit_rate_20_all": "0.3"}[metric]


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
