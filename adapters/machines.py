"""
Step Functions as a person follows it: start an execution, see the states go by, get the result or the reason.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import boto3

ENTERED = "StateEntered"


class ExecutionFailed(RuntimeError):
    """
    An execution ended otherwise than in success; the message carries its error and cause.

    `output` is what an execution found out although it failed: its cause, where that is a list in JSON.
    """

    def __init__(self, message: str, *, output: list[Any] | None = None) -> None:
        super().__init__(message)
        self.output = output


@cache
def _client() -> Any:
    return boto3.client("stepfunctions")


def start(machine_arn: str, payload: Mapping[str, Any], *, name: str) -> str:
    """Start an execution; the same *name* with the same *payload* finds the first one. Returns its ARN."""
    started = _client().start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(payload))
    return str(started["executionArn"])


def start_once(machine_arn: str, payload: Mapping[str, Any], *, name: str) -> bool:
    """Start the execution of this *name*, or find that there was one already; whether it is new."""
    try:
        _client().start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(payload))
    except _client().exceptions.ExecutionAlreadyExists:
        return False
    return True


def last_started(machine_arn: str, *, prefix: str) -> datetime | None:
    """When the newest of the last hundred executions whose name begins so was started."""
    found = _client().list_executions(stateMachineArn=machine_arn, maxResults=100)["executions"]
    return max((each["startDate"] for each in found if each["name"].startswith(prefix)), default=None)


def newest(machine_arn: str) -> str | None:
    """The execution that was started last, whatever became of it."""
    return next(iter(executions(machine_arn)), None)


def executions(machine_arn: str) -> list[str]:
    """The newest hundred, the last one first, whatever became of them."""
    found = _client().list_executions(stateMachineArn=machine_arn, maxResults=100)["executions"]
    return [str(execution["executionArn"]) for execution in found]


def is_running(execution_arn: str) -> bool:
    return bool(_client().describe_execution(executionArn=execution_arn)["status"] == "RUNNING")


def result(execution_arn: str) -> Any:
    """
    What the execution returned, None while it runs.

    Raises:
        ExecutionFailed: it failed, timed out or was stopped.
    """
    execution = _client().describe_execution(executionArn=execution_arn)
    if execution["status"] == "RUNNING":
        return None
    if execution["status"] != "SUCCEEDED":
        error, cause = execution.get("error", execution["status"]), execution.get("cause")
        described = _described(cause)
        raise ExecutionFailed(
            reason({"Error": error, "Cause": cause}),
            output=described if isinstance(described, list) else None,
        )
    return json.loads(execution["output"])


def output(execution_arn: str) -> dict[str, Any] | None:
    """What an execution left: its output or, where it failed, its cause, if that is in JSON."""
    execution = _client().describe_execution(executionArn=execution_arn)
    is_good = execution["status"] == "SUCCEEDED"
    described = _described(execution["output"] if is_good else execution.get("cause"))
    return described if isinstance(described, dict) else None


def reason(failure: Mapping[str, Any]) -> str:
    """
    What went wrong, for people.

    Args:
        failure: Error and Cause, as Step Functions has them. A function's error and a job's description come
            as JSON, of which one field is for people; a map's items as a list, some with a `failure`.
    """
    cause = failure.get("Cause")
    match _described(cause):
        case {"FailureReason": str(text)} | {"errorMessage": str(text)}:
            said = text
        case [*items]:
            failed = [item for item in items if "failure" in item]
            said = "; ".join(f"{item['model']}: {reason(item['failure'])}" for item in failed)
        case _:
            said = cause or "no cause given"
    return f"{failure['Error']}: {said}"


def _described(cause: str | None) -> Any:
    try:
        return json.loads(cause or "")
    except ValueError:
        return None


def states(execution_arn: str) -> Iterator[str]:
    """The states that the execution has entered, in order."""
    pages = _client().get_paginator("get_execution_history").paginate(executionArn=execution_arn)
    for page in pages:
        for event in page["events"]:
            if event["type"].endswith(ENTERED):
                yield event["stateEnteredEventDetails"]["name"]
