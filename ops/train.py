"""
One training by hand, outside the pipeline: `python -m ops train MODEL`, on this machine or in SageMaker.

Both learn from a snapshot that the pipeline has made, by the request that the pipeline sends. What comes of
it is to be looked at: only the pipeline judges and registers.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from adapters import registry, snapshots
from domain.evaluation import CARD, EVALUATION, Evaluation
from domain.snapshot import Manifest
from domain.training_job import UNPACK, channel, create_training_job, metric_definitions
from ops import cloud, deploy, target
from ops.progress import console
from ops.snapshots import NoSuchSnapshot, find
from training import contracts

ROOT = Path(__file__).parent.parent
SEED = "1"
WORKING_TREE = "working-tree"  # in place of the hash of deployed code


class NoSuchModel(LookupError):
    """No folder of training has a contract of that name."""


class TrainingFailed(RuntimeError):
    """The job ended otherwise than with a model; it has said why."""


def main(model: str, *, on: str, environment: str, snapshot: str | None, seed: str) -> int:
    """
    Args:
        on: here, in a folder laid out as SageMaker does it, by the code as it lies there; or sagemaker, by
            the code that is deployed.
        snapshot: an id; None takes the newest of the model.

    Raises:
        NoSuchModel, NoSuchSnapshot, TrainingFailed, NotDeployed, CloudNotRunning
    """
    if model not in contracts.models():
        raise NoSuchModel(f"{model!r} is none of {', '.join(contracts.models())}")
    lake = target.find(environment).lake
    manifest = chosen([each for each in snapshots.listed(lake) if each.model == model], snapshot)
    outputs = deploy.outputs(environment)
    name = f"{model.replace('_', '-')}-by-hand-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    wanted = request(manifest, outputs, name=name, environment=environment, seed=seed)
    if on == "here":
        folder = cloud.STATE / "training" / name
        show(here(wanted, manifest, lake=lake, folder=folder), folder)
    else:
        trainer(wanted).train()
    return 0


def chosen(manifests: list[Manifest], snapshot_id: str | None) -> Manifest:
    """
    Raises:
        NoSuchSnapshot
    """
    if snapshot_id:
        return find(manifests, snapshot_id)
    if not manifests:
        raise NoSuchSnapshot("the pipeline has made no snapshot for this model yet")
    return max(manifests, key=lambda each: (each.as_of, each.snapshot_id))


def request(
    manifest: Manifest, outputs: Mapping[str, str], *, name: str, environment: str, seed: str = SEED
) -> dict[str, Any]:
    """The CreateTrainingJob request, as the pipeline makes it."""
    contract = contracts.of(manifest.model)
    artifacts = f"s3://{outputs['ArtifactsBucket']}"
    wheels = [channel("wheels", outputs["JobWheels"])] if "JobWheels" in outputs else []
    return create_training_job(
        name=name,
        role_arn=outputs["JobRoleArn"],
        region=outputs["PipelineArn"].split(":")[3],
        instance=contract.instance,
        metrics=metric_definitions([metric.name for metric in contract.metrics]),
        channels=[
            channel("snapshot", f"s3://{outputs['LakeBucket']}/{manifest.folder}"),
            channel("code", outputs["JobCode"]),
            *wheels,
            *_champion(outputs[f"Group{manifest.model.replace('_', '')}"]),
        ],
        output_uri=f"{artifacts}/models/",
        checkpoint_uri=f"{artifacts}/checkpoints/{name}",
        hyperparameters={
            "model": manifest.model,
            "as_of": manifest.as_of,
            "seed": seed,
            "code_version": urlsplit(outputs["JobCode"]).path.rpartition("/")[2].removesuffix(".zip"),
        },
        tags={"model": manifest.model, "environment": environment},
    )


def _champion(group: str) -> list[dict[str, Any]]:
    try:
        return [channel("champion", registry.latest_approved(group).model_data)]
    except registry.NoApprovedModel:
        return []


def here(wanted: Mapping[str, Any], manifest: Manifest, *, lake: str, folder: Path) -> Evaluation:
    """
    Do the job in *folder*, which becomes what /opt/ml is to a container.

    Raises:
        TrainingFailed
    """
    for name in ("input/config", "input/data/snapshot", "input/data/champion", "model", "output/data"):
        (folder / name).mkdir(parents=True)
    given = {**wanted["HyperParameters"], "code_version": WORKING_TREE}
    (folder / "input/config/hyperparameters.json").write_text(json.dumps(given))
    snapshots.download(lake, manifest, folder / "input/data/snapshot")
    for each in wanted["InputDataConfig"]:
        if each["ChannelName"] == "champion":
            place = urlsplit(each["DataSource"]["S3DataSource"]["S3Uri"])
            archive = snapshots.read(place.netloc, place.path.removeprefix("/"))
            (folder / "input/data/champion/model.tar.gz").write_bytes(archive)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        ["bash", str(ROOT / "training/start.sh"), str(folder.resolve())],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "TRAINING_JOB_NAME": wanted["TrainingJobName"]},
        check=False,
    )
    if done.returncode:
        raise TrainingFailed((folder / "output/failure").read_text().partition("\n")[0])
    return Evaluation.from_json((folder / "output/data" / EVALUATION).read_bytes())


def show(found: Evaluation, folder: Path) -> None:
    leads = ", ".join(f"{lead.value:+.4f} over {name}" for name, lead in found.leads.items())
    console.print(f"{leads}; parameters {dict(found.parameters)}", highlight=False)
    console.print(f"The card: {folder / 'output/data' / CARD}, the artifact: {folder / 'model'}")


def trainer(wanted: Mapping[str, Any]) -> Any:
    """
    The request as the SageMaker SDK's ModelTrainer; `train` starts the job and shows its log.

    The SDK names the job after the time, and starts our entry point from a script of its own.
    """
    os.environ.setdefault("SAGEMAKER_TELEMETRY_OPT_OUT", "true")
    from sagemaker.core import shapes  # 700 MB that nothing else here needs
    from sagemaker.core.training.configs import Compute, SourceCode
    from sagemaker.train import ModelTrainer

    algorithm = wanted["AlgorithmSpecification"]
    made = ModelTrainer(
        base_job_name=wanted["TrainingJobName"],
        role=wanted["RoleArn"],
        training_image=algorithm["TrainingImage"],
        training_input_mode=algorithm["TrainingInputMode"],
        source_code=SourceCode(command=UNPACK),
        compute=Compute(
            **_snake(wanted["ResourceConfig"]),
            enable_managed_spot_training=wanted["EnableManagedSpotTraining"],
        ),
        stopping_condition=shapes.StoppingCondition(**_snake(wanted["StoppingCondition"])),
        input_data_config=[shapes.Channel(**_snake(each)) for each in wanted["InputDataConfig"]],
        output_data_config=shapes.OutputDataConfig(**_snake(wanted["OutputDataConfig"])),
        checkpoint_config=shapes.CheckpointConfig(**_snake(wanted["CheckpointConfig"])),
        hyperparameters=dict(wanted["HyperParameters"]),
        tags=[shapes.Tag(**_snake(tag)) for tag in wanted["Tags"]],
    )
    made.with_metric_definitions(
        [shapes.MetricDefinition(**_snake(m)) for m in algorithm["MetricDefinitions"]]
    )
    return made.with_retry_strategy(shapes.RetryStrategy(**_snake(wanted["RetryStrategy"])))


def _snake(value: Any) -> Any:
    """The API's names as the SDK writes them: S3DataSource is s3_data_source."""
    if not isinstance(value, Mapping):
        return value
    return {
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower(): _snake(inner)
        for name, inner in value.items()
    }
