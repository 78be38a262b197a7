"""Metrics of Step Functions, which alarms on failed executions rely on."""

from typing import Any

from ministack.services import cloudwatch, stepfunctions

METRICS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def install() -> None:
    announce = stepfunctions._emit_execution_status_event

    def status_changed(execution: dict[str, Any]) -> None:
        dimensions = {"StateMachineArn": execution["stateMachineArn"]}
        cloudwatch.record_metric("AWS/States", METRICS[execution["status"]], 1, "Count", dimensions)
        announce(execution)

    stepfunctions._emit_execution_status_event = status_changed
