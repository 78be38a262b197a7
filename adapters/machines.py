"""
Step Functions as a person follows it: start an execution, see the states go by, get the result or the reason.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import boto3

ENTERED = "StateEntered"


class ExecutionFailed(RuntimeError):
    """An execution ended otherwise than in success; the message carries its error and cause."""


@cache
def _client() -> Any:
    return boto3.client("stepfunctions")


def start(machine_arn: str, payload: Mapping[str, Any], *, name: str) -> str:
    """Start an execution; the same *name* with the same *payload* finds the first one. Returns its ARN."""
    started = _client().start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(payload))
    return str(started["executionArn"])


def newest(machine_arn: str) -> str | None:
    """The execution that was started last, whatever became of it."""
    executions = _client().list_executions(stateMachineArn=machine_arn, maxResults=1)["executions"]
    return str(executions[0]["executionArn"]) if executions else None


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
        raise ExecutionFailed(
            f"{execution.get('error', execution['status'])}: {_reason(execution.get('cause'))}"
        )
    return json.loads(execution["output"])


def _reason(cause: str | None) -> str:
    """A function's error and a job's description come as JSON, of which one field is for people."""
    try:
        described = json.loads(cause or "")
    except ValueError:
        return cause or "no cause given"
    return str(described.get("FailureReason") or described.get("errorMessage") or cause)


def states(execution_arn: str) -> Iterator[str]:
    """The states that the execution has entered, in order."""
    pages = _client().get_paginator("get_execution_history").paginate(executionArn=execution_arn)
    for page in pages:
        for event in page["events"]:
            if event["type"].endswith(ENTERED):
                yield event["stateEnteredEventDetails"]["name"]
