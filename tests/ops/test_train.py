import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters import registry, snapshots
from domain.artifact import sha256_of
from domain.snapshot import File, Manifest
from ops import train
from ops.snapshots import NoSuchSnapshot
from tests.training.made_up import PARAMETERS, columns, lay_out

OUTPUTS = {
    "ArtifactsBucket": "artifacts",
    "LakeBucket": "lake",
    "JobRoleArn": "arn:aws:iam::000000000000:role/job",
    "JobCode": "s3://assets/c0de.zip",
    "JobWheels": "s3://assets/wheels.zip",
    "PipelineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:pipeline",
    "Groupnextitem": "skiff-test-next-item",
}


@pytest.fixture(autouse=True)
def cloud() -> Iterator[None]:
    """No model is approved yet."""
    for client in (snapshots._s3, registry._client):
        client.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="lake")
        boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName="skiff-test-next-item")
        yield
    for client in (snapshots._s3, registry._client):
        client.cache_clear()


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """The made-up shop's snapshot, as the pipeline leaves it in the lake."""
    lay_out(tmp_path, columns())
    (parquet,) = (tmp_path / "input/data/snapshot").glob("*.parquet")
    key = f"snapshots/next_item/s1/try-1/{parquet.name}"
    boto3.client("s3").upload_file(str(parquet), "lake", key)
    found = Manifest(
        model="next_item",
        snapshot_id="s1",
        attempt="try-1",
        as_of=PARAMETERS["as_of"],
        code_version="abc",
        sql="select 1",
        rows=320,
        started_from="2020-06-01T00:00:00+00:00",
        ended_at="2020-06-08T00:00:00+00:00",
        files=(File(key=key, size_bytes=parquet.stat().st_size, sha256=sha256_of(parquet)),),
    )
    snapshots.write("lake", found)
    shutil.rmtree(tmp_path / "input")
    return found


def wanted(manifest: Manifest) -> dict[str, Any]:
    return train.request(manifest, OUTPUTS, name="next-item-by-hand", environment="test")


def test_the_newest_snapshot_is_taken_unless_one_is_named(manifest: Manifest):
    later = replace(manifest, snapshot_id="s2", as_of="2020-06-10T00:00:00+00:00")

    assert train.chosen([later, manifest], None) is later
    assert train.chosen([later, manifest], "s1") is manifest
    with pytest.raises(NoSuchSnapshot, match="no snapshot for this model"):
        train.chosen([], None)


def test_the_request_is_the_pipelines_with_the_champion_if_there_is_one(manifest: Manifest):
    before = wanted(manifest)
    registry.approve(
        registry.register(
            "skiff-test-next-item",
            model_data="s3://artifacts/models/j/output/model.tar.gz",
            metadata={"model": "next_item", "job": "j", "digest": "d"},
        )
    )

    after = wanted(manifest)

    assert [each["ChannelName"] for each in before["InputDataConfig"]] == ["snapshot", "code", "wheels"]
    assert after["InputDataConfig"][-1]["ChannelName"] == "champion"
    assert before["HyperParameters"]["code_version"] == "c0de"


def test_a_training_here_leaves_an_artifact_and_a_card(manifest: Manifest, tmp_path: Path):
    folder = tmp_path / "job"

    found = train.here(wanted(manifest), manifest, lake="lake", folder=folder)

    assert (found.model, found.version) == ("next_item", "next-item-by-hand")
    assert found.code_version == "working-tree"
    assert (folder / "model/manifest.json").exists()
    assert (folder / "output/data/card.html").exists()


def test_a_training_that_fails_says_why(manifest: Manifest, tmp_path: Path):
    request = wanted(manifest)
    request["HyperParameters"]["as_of"] = "2020-06-02T00:00:00Z"

    with pytest.raises(train.TrainingFailed, match="FromTheFuture"):
        train.here(request, manifest, lake="lake", folder=tmp_path / "job")


@pytest.mark.prove
def test_the_sdks_trainer_asks_for_the_same_job(manifest: Manifest, monkeypatch: pytest.MonkeyPatch):
    """All but how it is named and started: the SDK has ways of its own, and one more channel for them."""
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "false")
    request = wanted(manifest)

    trainer = train.trainer(request)
    asked = trainer._create_training_job_args(boto3=True)

    own = ("TrainingJobName", "AlgorithmSpecification", "InputDataConfig", "CheckpointConfig")
    for name in request.keys() - {*own}:
        assert asked[name] == request[name], name
    assert asked["CheckpointConfig"]["S3Uri"] == request["CheckpointConfig"]["S3Uri"]
    *channels, drivers = asked["InputDataConfig"]
    assert channels == request["InputDataConfig"]
    assert drivers["ChannelName"] == "sm_drivers"
    algorithm = request["AlgorithmSpecification"]
    for name in ("TrainingImage", "TrainingInputMode", "MetricDefinitions"):
        assert asked["AlgorithmSpecification"][name] == algorithm[name]
    assert algorithm["ContainerEntrypoint"][-1] == trainer.source_code.command
    json.dumps(asked)  # nothing of the SDK's own is left in it
