"""Training jobs that run: SageMaker's calls start and stop them, Step Functions waits for them."""

import contextvars
import json
import threading
from typing import Any

from ministack.services import stepfunctions

from local.aws import sagemaker
from local.aws.training_job import TrainingJob

TASK = "arn:aws:states:::sagemaker:createTrainingJob"

_jobs: dict[str, TrainingJob] = {}


def install() -> None:
    sagemaker.OPERATIONS["CreateTrainingJob"] = _create_training_job
    sagemaker.OPERATIONS["StopTrainingJob"] = _stop_training_job
    stepfunctions._SERVICE_DISPATCH[TASK] = _task


def stop_all() -> None:
    for job in _jobs.values():
        if not job.is_over.is_set():
            job.stop()


def _create_training_job(request: dict[str, Any], record_it: sagemaker.AnswerOfMoto) -> sagemaker.Answer:
    name = request["TrainingJobName"]
    if name in sagemaker.backend().training_jobs:
        message = f"Training job names must be unique within an account: {name} is taken."
        return sagemaker.answer(400, {"__type": "ResourceInUse", "Message": message})
    answer = record_it()
    if answer.status < 400:
        record = sagemaker.backend().training_jobs[name]
        # moto puts definitions of its own in their place
        record.algorithm_specification = request["AlgorithmSpecification"]
        _begin(TrainingJob(request=request, record=record))
    return answer


def _begin(job: TrainingJob) -> None:
    _jobs[job.name] = job
    job.say("InProgress", "Starting")
    context = contextvars.copy_context()  # holds the account and the region
    threading.Thread(target=context.run, args=(job.work,), name=job.name, daemon=True).start()


def _stop_training_job(request: dict[str, Any], _: sagemaker.AnswerOfMoto) -> sagemaker.Answer:
    """An operation that moto does not have."""
    _jobs[request["TrainingJobName"]].stop()
    return sagemaker.answer(200, {})


def _task(resource: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Step Functions' sagemaker:createTrainingJob; with .sync it waits, on the execution's own thread."""
    name = parameters["TrainingJobName"]
    try:
        answer = sagemaker.call("CreateTrainingJob", parameters)
    except sagemaker.SageMakerRefused as error:
        raise stepfunctions._ExecutionError(f"SageMaker.{error.code}Exception", str(error)) from error
    if not resource.endswith(".sync"):
        return answer
    _jobs[name].is_over.wait()
    described = sagemaker.call("DescribeTrainingJob", {"TrainingJobName": name})
    if described["TrainingJobStatus"] != "Completed":
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(described))
    return described
