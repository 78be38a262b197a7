"""One training job: its container runs on a thread of its own, its record says how far it is."""

import os
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs

from local.aws import container
from local.aws.job_files import JobFiles

LOG_GROUP = "/aws/sagemaker/TrainingJobs"


@dataclass(kw_only=True)
class TrainingJob:
    request: Mapping[str, Any]
    record: Any  # moto's, which DescribeTrainingJob answers from
    run: container.Run | None = None
    is_stopping: bool = False
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        return str(self.request["TrainingJobName"])

    def work(self) -> None:
        """Do the job and leave its outcome in the record, whatever happens."""
        started = time.monotonic()
        self.record.final_metric_data_list = self.record.model_artifacts = self.record.training_end_time = (
            None
        )
        try:
            self._train()
        except Exception as error:  # whatever went wrong is the job's FailureReason, as in SageMaker
            self._fail(f"ClientError: {error}")
        finally:
            self.record.training_time_in_seconds = int(time.monotonic() - started) + 1
            self.record.billable_time_in_seconds = self.record.training_time_in_seconds
            self.record.training_end_time = datetime.now(UTC)
            self.is_over.set()

    def stop(self) -> None:
        self.is_stopping = True
        if self.run:
            self.run.stop()

    def say(self, status: str, secondary: str) -> None:
        self.record.training_job_status, self.record.secondary_status = status, secondary
        self.record.last_modified_time = datetime.now(UTC)

    def _train(self) -> None:
        files = JobFiles(credentials=self._credentials())
        with tempfile.TemporaryDirectory(prefix="training-") as folder:
            root = Path(folder) / "opt/ml"
            container.lay_out(root, self.request)
            self.say("InProgress", "Downloading")
            files.download(root, self.request)
            self.say("InProgress", "Training")
            exit_code, log = self._run(root)
            files.upload_checkpoints(root, self.request)
            if exit_code and not self.is_stopped():
                return self._fail(container.failure_reason(root, exit_code=exit_code, log=log))
            self.say("InProgress", "Uploading")
            self.record.model_artifacts = {"S3ModelArtifacts": files.upload_output(root, self.request)}
        return self._end()

    def _run(self, root: Path) -> tuple[int, str]:
        """Run the container to its end; its exit code and what it printed."""
        with self._log_file().open("w", buffering=1) as file:
            base = {**os.environ, **self._credentials()}
            self.run = container.start(root, self.request, base=base, write=file.write)
            if self.is_stopping:  # while the channels were fetched
                self.run.stop()
            exit_code = self.run.finish(
                at_most_seconds=self.request["StoppingCondition"]["MaxRuntimeInSeconds"]
            )
        self._keep_log(self.run.log)
        now = datetime.now(UTC)
        self.record.final_metric_data_list = [
            {"MetricName": name, "Value": value, "Timestamp": now}
            for name, value in container.metrics(self.request, self.run.log).items()
        ]
        return exit_code, self.run.log

    def is_stopped(self) -> bool:
        """On request, or because it took too long."""
        return self.run is not None and self.run.is_stopped

    def _end(self) -> None:
        if self.is_stopping:
            self.say("Stopped", "Stopped")
        elif self.is_stopped():
            self.say("Stopped", "MaxRuntimeExceeded")
        else:
            self.say("Completed", "Completed")

    def _fail(self, reason: str) -> None:
        self.record.failure_reason = reason[: container.LONGEST_REASON]
        self.say("Failed", "Failed")

    def _credentials(self) -> dict[str, str]:
        """A session of the job's role, so that what the role may not do fails here as in SageMaker."""
        config = {
            "Role": self.request["RoleArn"],
            "FunctionName": self.name,
            "FunctionArn": f"arn:aws:lambda:{get_region()}:{get_account_id()}:function:{self.name}",
        }
        session: dict[str, str] = lambda_runtime.execution_credentials(config)
        return session

    def _log_file(self) -> Path:
        folder = Path(os.environ.get("SKIFF_LOGS", tempfile.gettempdir())) / "training"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self.name}.log"

    def _keep_log(self, log: str) -> None:
        now = int(time.time() * 1000)
        stream = {"logGroupName": LOG_GROUP, "logStreamName": f"{self.name}/algo-1-{now}"}
        lines = [{"timestamp": now, "message": line} for line in log.splitlines()]
        cloudwatch_logs._create_log_group(
            {"logGroupName": LOG_GROUP}
        )  # refused, with no harm, if it is there
        cloudwatch_logs._create_log_stream(stream)
        cloudwatch_logs._put_log_events({**stream, "logEvents": lines})
