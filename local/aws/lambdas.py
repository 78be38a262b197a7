"""Where ministack's Lambda differs from AWS in what callers, alarms and state machines see."""

import random
import time
from collections.abc import Callable, Mapping
from queue import Empty
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.lambda_runtime import Worker
from ministack.services import cloudwatch, lambda_svc

Record = dict[str, Any]

END_OF_LOG = "\x1e end of log"
LOG_SECONDS = 10.0  # until a log without an end is taken as it is
LAST_OF_WORKER = "        _real_stdout.flush()\n\nrun()"


def install() -> None:
    _end_logs()
    _name_errors()
    _honour_weights()
    _count_every_execution()
    _answer_500_for_failed_handlers()


def error_type(message: str, log: str) -> str | None:
    """The class of the exception whose traceback ends *log*, without its module, as Lambda reports it."""
    text = log.rstrip()
    text = text.removesuffix(message.rstrip()).rstrip().removesuffix(":") if message else text
    last_line = text.rpartition("\n")[2]
    name = last_line.rpartition(".")[2]
    return name if name.isidentifier() else None


def draw_version(alias: Mapping[str, Any], draw: float) -> str:
    """The version that serves a request: *draw* is a random number in 0..1."""
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    for version, weight in weights.items():
        if draw < weight:
            return str(version)
        draw -= weight
    return str(alias["FunctionVersion"])


def log_of(worker: Any) -> str:
    """What an invocation has written, up to its end; of a process that died, all that came."""
    lines: list[str] = []
    deadline = time.monotonic() + LOG_SECONDS
    while time.monotonic() < deadline:
        is_over = not worker._stderr_thread.is_alive()  # asked first: what it put in before is there then
        try:
            line = worker._stderr_queue.get(timeout=0.05)
        except Empty:
            if is_over:
                break
            continue
        text = line.removesuffix(END_OF_LOG)  # behind what was written last, if that ended no line
        if text or line == text:
            lines.append(text)
        if line != text:
            break
    return "\n".join(lines)


def _end_logs() -> None:
    """
    Python's worker says where the log of an invocation ends, and that is waited for.

    ministack waits for some milliseconds: too long for whoever logs nothing, and on a busy machine too short,
    so that a last line came with the next invocation, or never.
    """
    before, run, after = lambda_runtime._PYTHON_WORKER_SCRIPT.rpartition(LAST_OF_WORKER)
    if not run:
        raise RuntimeError("ministack's worker ends otherwise than it did: see LAST_OF_WORKER")
    ending = f"        print({END_OF_LOG!r}, file=sys.stderr, flush=True)\n"
    lambda_runtime._PYTHON_WORKER_SCRIPT = before + ending + run + after
    drain = Worker._drain_stderr_bounded

    def drain_to_the_end(worker: Any, *waits: float, **named: float) -> str:
        if worker.config["Runtime"].startswith("python"):
            return log_of(worker)
        others: str = drain(worker, *waits, **named)
        return others

    Worker._drain_stderr_bounded = drain_to_the_end


def _name_errors() -> None:
    execute = lambda_svc._execute_function_warm

    def execute_function_warm(function: Record, event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = execute(function, event, request_id)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
            body["errorType"] = error_type(body["errorMessage"], result.get("log", "")) or body["errorType"]
        return result

    lambda_svc._execute_function_warm = execute_function_warm


def _honour_weights() -> None:
    """Split requests to an alias by its weights: ministack sends them all to the first version."""
    find, invoke = lambda_svc._get_func_record_for_ref, lambda_svc._invoke

    def function_for_reference(reference: str) -> tuple[Record | None, Record | None, str]:
        name, qualifier = lambda_svc._resolve_name_and_qualifier(reference)
        version = _drawn(name, qualifier)
        if version is None:
            found: tuple[Record | None, Record | None, str] = find(reference)
            return found
        record, config, name = find(f"{reference.removesuffix(f':{qualifier}')}:{version}")
        if config:  # the caller's alias is what a handler's context and the metrics show
            config = {
                **config,
                "FunctionArn": f"{config['FunctionArn'].removesuffix(f':{version}')}:{qualifier}",
            }
        return record, config, name

    async def invoke_by_weight(
        name: str, event: Any, headers: Mapping[str, str], qualifier: str | None = None, query: Any = None
    ) -> Any:
        asked = qualifier or lambda_svc._qp_first(query or {}, "Qualifier") or None
        return await invoke(name, event, headers, _drawn(name, asked) or qualifier, query)

    lambda_svc._get_func_record_for_ref = function_for_reference
    lambda_svc._invoke = invoke_by_weight


def _drawn(name: str, qualifier: str | None) -> str | None:
    """The version behind an alias for this one request; None where *qualifier* is no alias."""
    alias = ((lambda_svc._functions.get(name) or {}).get("aliases") or {}).get(qualifier)
    return draw_version(alias, random.random()) if alias else None  # noqa: S311, a share of traffic, no secret


def _count_every_execution() -> None:
    """
    Record AWS/Lambda's metrics for whatever calls a function.

    ministack does for Invoke alone, so a failing handler behind the HTTP API or a queue would raise no alarm.
    """
    dispatch = lambda_svc._execute_function_dispatch
    lambda_svc._emit_lambda_metrics = _record_throttle

    def execute(
        function: Record, config: Record, event: Any, request_id: str, started: float
    ) -> dict[str, Any]:
        result: dict[str, Any] = dispatch(function, config, event, request_id, started)
        for dimensions in metric_dimensions(config):
            _record(
                dimensions, is_error=bool(result.get("error")), duration_ms=(time.time() - started) * 1000
            )
        return result

    lambda_svc._execute_function_dispatch = execute


def metric_dimensions(config: Mapping[str, Any]) -> list[dict[str, str]]:
    """The dimension sets of one execution: the function, what was asked for, and the version that ran."""
    name = config["FunctionName"]
    by_function = {"FunctionName": name}
    qualifier = config.get("FunctionArn", "").partition(f":function:{name}:")[2]
    if not qualifier:
        return [by_function]
    by_resource = {**by_function, "Resource": f"{name}:{qualifier}"}
    if qualifier == config["Version"]:
        return [by_function, by_resource]
    return [by_function, by_resource, {**by_resource, "ExecutedVersion": config["Version"]}]


def _record(dimensions: Mapping[str, str], *, is_error: bool, duration_ms: float) -> None:
    record: Callable[..., None] = cloudwatch.record_metric
    record("AWS/Lambda", "Invocations", 1, "Count", dimensions)
    record("AWS/Lambda", "Errors", int(is_error), "Count", dimensions)
    record("AWS/Lambda", "Duration", duration_ms, "Milliseconds", dimensions)


def _record_throttle(name: str, duration_ms: float, error: bool, throttle: bool) -> None:  # noqa: ARG001, its signature
    cloudwatch.record_metric("AWS/Lambda", "Throttles", int(throttle), "Count", {"FunctionName": name})


def _answer_500_for_failed_handlers() -> None:
    """An HTTP API says 500 and nothing of the exception; ministack says 502 and prints it, as a REST API."""
    respond = lambda_svc.lambda_execute_result_to_api_proxy_response

    def proxy_response(result: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
        if result.get("error") and not result.get("throttle"):
            headers = {"Content-Type": "application/json"}
            return {
                "statusCode": 500,
                "headers": headers,
                "body": '{"message":"Internal Server Error"}',
            }, None
        answered: tuple[dict[str, Any] | None, str | None] = respond(result)
        return answered

    lambda_svc.lambda_execute_result_to_api_proxy_response = proxy_response
