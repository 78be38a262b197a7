"""Training jobs in the running emulator: the container's contract, from CreateTrainingJob to model.tar.gz."""

import io
import json
import tarfile
from typing import Any

import pytest

from tests.local.emulated import Aws, eventually

TRAIN = """
import json, os, pathlib, sys
root = pathlib.Path(sys.argv[1])
sessions = (root / "input/data/snapshot/part.txt").read_text().split()
seed = json.loads((root / "input/config/hyperparameters.json").read_text())["seed"]
(root / "model/index.txt").write_text(f"{len(sessions)} sessions, seed {seed}")
(root / "output/data/evaluation.json").write_text("{}")
print("hit_rate_20=0.5;")
print("hit_rate_20=0.65;")
print(sys.executable, os.environ["TABLE"])
"""
FAIL = """
import pathlib, sys
pathlib.Path(sys.argv[1], "output/failure").write_text("no sessions before 2020-06-30")
sys.exit(3)
"""
SLEEP = "import time\ntime.sleep(60)\n"


@pytest.fixture(scope="module")
def role(aws: Aws) -> str:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="jobs")
    s3.put_object(Bucket="jobs", Key="snapshots/s-1/part.txt", Body=b"a b c")
    for name, source in (("train", TRAIN), ("fail", FAIL), ("sleep", SLEEP)):
        s3.put_object(Bucket="jobs", Key=f"code/{name}/main.py", Body=source.encode())
    return aws.role("trainer", actions=["s3:*"])


def job(name: str, role: str, *, code: str, max_runtime_seconds: int = 60) -> dict[str, Any]:
    def channel(channel_name: str, prefix: str) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://jobs/{prefix}"}
        return {"ChannelName": channel_name, "DataSource": {"S3DataSource": source}}

    return {
        "TrainingJobName": name,
        "RoleArn": role,
        "AlgorithmSpecification": {
            "TrainingImage": "image",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": [
                "bash",
                "-euc",
                "cd /opt/ml/input/data/code && exec python3 main.py /opt/ml",
            ],
            "MetricDefinitions": [{"Name": "hit_rate_20", "Regex": "hit_rate_20=([0-9.]+);"}],
        },
        "HyperParameters": {"seed": "7"},
        "Environment": {"TABLE": "/opt/ml/input/data/snapshot"},
        "InputDataConfig": [channel("snapshot", "snapshots/s-1/"), channel("code", f"code/{code}/")],
        "OutputDataConfig": {"S3OutputPath": "s3://jobs/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": max_runtime_seconds},
    }


def ended(aws: Aws, name: str) -> dict[str, Any]:
    def described() -> dict[str, Any] | None:
        found: dict[str, Any] = aws.client("sagemaker").describe_training_job(TrainingJobName=name)
        return found if found["TrainingJobStatus"] not in ("InProgress", "Stopping") else None

    return eventually(described)


def test_a_job_reads_its_channels_and_leaves_a_model(aws, role):
    aws.client("sagemaker").create_training_job(**job("good", role, code="train"))

    found = ended(aws, "good")

    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
    assert [(each["MetricName"], each["Value"]) for each in found["FinalMetricDataList"]] == [
        ("hit_rate_20", 0.65)
    ]
    bucket, _, key = found["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    body = aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert archive.extractfile("./index.txt").read() == b"3 sessions, seed 7"
    assert aws.client("s3").head_object(Bucket="jobs", Key="models/good/output/output.tar.gz")


def test_a_job_finds_no_path_of_the_container_left(aws, role):
    aws.client("sagemaker").create_training_job(**job("paths", role, code="train"))

    ended(aws, "paths")

    log = (aws.home / "logs" / "training" / "paths.log").read_text()
    streams = aws.client("logs").describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs")[
        "logStreams"
    ]
    assert "opt/ml/input/data/snapshot" in log and " /opt/ml" not in log
    assert any(stream["logStreamName"].startswith("paths/algo-1-") for stream in streams)


def test_what_a_job_writes_to_failure_is_the_reason(aws, role):
    aws.client("sagemaker").create_training_job(**job("bad", role, code="fail"))

    found = ended(aws, "bad")

    assert found["TrainingJobStatus"] == "Failed"
    assert found["FailureReason"] == "AlgorithmError: no sessions before 2020-06-30, exit code: 3"


def test_a_job_that_runs_too_long_is_stopped(aws, role):
    aws.client("sagemaker").create_training_job(**job("slow", role, code="sleep", max_runtime_seconds=1))

    found = ended(aws, "slow")

    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_running_job_can_be_stopped(aws, role):
    sagemaker = aws.client("sagemaker")
    sagemaker.create_training_job(**job("unwanted", role, code="sleep"))

    sagemaker.stop_training_job(TrainingJobName="unwanted")

    assert ended(aws, "unwanted")["TrainingJobStatus"] == "Stopped"


def test_a_name_is_used_once(aws, role):
    sagemaker = aws.client("sagemaker")
    sagemaker.create_training_job(**job("once", role, code="train"))

    with pytest.raises(sagemaker.exceptions.ResourceInUse):
        sagemaker.create_training_job(**job("once", role, code="train"))


def test_a_role_that_may_not_read_fails_the_job(aws, role):
    blind = aws.role("blind", actions=["s3:PutObject"])
    aws.client("sagemaker").create_training_job(**job("blind", blind, code="train"))

    assert "AccessDenied" in ended(aws, "blind")["FailureReason"]


def execute(aws: Aws, name: str, request: dict[str, Any]) -> dict[str, Any]:
    """Run a state machine of one training task to its end."""
    states = aws.client("stepfunctions")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": request,
        "End": True,
    }
    machine = states.create_state_machine(
        name=name,
        definition=json.dumps({"StartAt": "Train", "States": {"Train": task}}),
        roleArn=aws.role(f"{name}-role", actions=["sagemaker:*"]),
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]

    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    return eventually(over)


def test_a_state_machine_waits_for_its_job(aws, role):
    execution = execute(aws, "waiting", job("waited-for", role, code="train"))

    output = json.loads(execution["output"])
    assert execution["status"] == "SUCCEEDED"
    assert output["TrainingJobStatus"] == "Completed"
    assert output["ModelArtifacts"]["S3ModelArtifacts"] == "s3://jobs/models/waited-for/output/model.tar.gz"


def test_a_failed_job_fails_its_state_machine_and_is_counted(aws, role):
    execution = execute(aws, "failing-pipeline", job("doomed", role, code="fail"))

    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(execution["cause"])["FailureReason"].startswith("AlgorithmError: no sessions")
    metrics = aws.client("cloudwatch").list_metrics(Namespace="AWS/States")["Metrics"]
    assert "ExecutionsFailed" in [metric["MetricName"] for metric in metrics]
