"""
The CreateTrainingJob request: one dictionary that Step Functions, a person and the offline runner take alike.

A job runs in an image that AWS provides and patches; code and wheels come in as data channels, so there is no
image of our own to build. The entry point unpacks the code and hands over to `training/start.sh`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# SageMaker's scikit-learn image 1.4-2, Python 3.12; the registries are AWS's, one account per region.
# A test compares them with what the SageMaker SDK answers (image_uris.retrieve).
REGISTRIES = {
    "eu-central-1": "492215442770",
    "eu-west-1": "141502667606",
    "us-east-1": "683313688378",
    "us-west-2": "246618743249",
}
IMAGES = {
    region: f"{account}.dkr.ecr.{region}.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312-cpu-py3"
    for region, account in REGISTRIES.items()
}
# channels may be read-only, so the code is unpacked beside them
UNPACK = (
    'cd "$(mktemp -d)" && python3 -m zipfile -e "/opt/ml/input/data/code/"*.zip .'
    ' && exec bash training/start.sh "/opt/ml"'
)
MAX_RUNTIME_SECONDS = 3600
MAX_WAIT_SECONDS = 2 * MAX_RUNTIME_SECONDS  # with the time that spot capacity may take to come
RETRIES = 2  # after an error that is SageMaker's own; what the job itself raises is not tried again
VOLUME_GB = 30
# On demand in us-east-1, AWS's price list, 2026-11; spot is cheaper, other regions a little dearer.
USD_PER_HOUR = {"ml.m5.large": 0.115, "ml.m5.xlarge": 0.23, "ml.m5.2xlarge": 0.461}


def cost_usd(instance: str, *, seconds: float) -> float | None:
    """What *seconds* of an instance cost on demand; None where its price is not known here."""
    price = USD_PER_HOUR.get(instance)
    return None if price is None else round(price * seconds / 3600, 6)


def image_repository_arn(region: str) -> str:
    """Where AWS keeps the image of *region*."""
    return f"arn:aws:ecr:{region}:{REGISTRIES[region]}:repository/sagemaker-scikit-learn"


def create_training_job(
    *,
    name: str,
    role_arn: str,
    region: str,
    instance: str,
    metrics: Sequence[Mapping[str, str]] | str,
    channels: Sequence[Mapping[str, Any]] | str,
    output_uri: str,
    checkpoint_uri: str,
    hyperparameters: Mapping[str, str],
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """
    Describe one training job.

    Args:
        metrics: as `metric_definitions` makes them.
        channels: as `channel` makes them: `snapshot`; `code`, which holds one zip; `wheels` (optional), one
            zip of wheels; `champion` (optional), the model.tar.gz to compare with. Metrics and channels may
            be an expression of the state machine.
        output_uri: s3:// prefix that gets <name>/output/model.tar.gz.
        checkpoint_uri: s3:// prefix that outlives an interruption of spot.
        hyperparameters: strings, as SageMaker has them.

    Raises:
        KeyError: no image is known for *region*.
    """
    return {
        "TrainingJobName": name,
        "RoleArn": role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGES[region],
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["bash", "-euc", UNPACK],
            "MetricDefinitions": metrics,
        },
        "HyperParameters": dict(hyperparameters),
        "InputDataConfig": channels,
        "OutputDataConfig": {"S3OutputPath": output_uri},
        "ResourceConfig": {"InstanceType": instance, "InstanceCount": 1, "VolumeSizeInGB": VOLUME_GB},
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": checkpoint_uri},
        "RetryStrategy": {"MaximumRetryAttempts": RETRIES},
        "StoppingCondition": {
            "MaxRuntimeInSeconds": MAX_RUNTIME_SECONDS,
            "MaxWaitTimeInSeconds": MAX_WAIT_SECONDS,
        },
        "Tags": _tags(tags),
    }


def metric_definitions(names: Iterable[str]) -> list[dict[str, str]]:
    """How SageMaker finds in the job's log what it prints as `name=value;`."""
    return [{"Name": name, "Regex": rf"(?:^|\s){name}=(-?[0-9.]+);"} for name in names]


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _tags(tags: Mapping[str, str]) -> Sequence[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
