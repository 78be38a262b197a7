import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from queue import SimpleQueue

import pytest

from local.aws.lambdas import END_OF_LOG, LOG_SECONDS, draw_version, error_type, log_of, metric_dimensions
from tests.local.emulated import Aws, arn, zipped

TRACE = """Traceback (most recent call last):
  File "_worker.py", line 120, in run
    result = handler_fn(event, context)
  File "code.py", line 3, in handler
    raise NoApprovedModel("next_item: none")
adapters.registry.NoApprovedModel: next_item: none
"""


def test_an_error_is_named_by_its_class_without_the_module():
    assert error_type("next_item: none", TRACE) == "NoApprovedModel"


def test_a_message_of_many_lines_is_not_mistaken_for_the_class():
    message = "first: line\nDetail: second"

    assert error_type(message, f"Traceback\n  File\nValueError: {message}\n") == "ValueError"


def test_an_error_without_a_message_has_a_name_too():
    assert error_type("", "Traceback\n  File\nKeyboardInterrupt\n") == "KeyboardInterrupt"


def test_what_is_no_traceback_has_no_name():
    assert error_type("Worker process died", "Worker process died") is None


def test_a_version_is_drawn_by_its_weight():
    weights = {"AdditionalVersionWeights": {"2": 0.1, "3": 0.2}}
    alias = {"FunctionVersion": "1", "RoutingConfig": weights}

    drawn = [draw_version(alias, draw) for draw in (0.0, 0.09, 0.11, 0.29, 0.31, 0.99)]

    assert drawn == ["2", "2", "3", "3", "1", "1"]


def test_an_alias_without_weights_is_its_version():
    assert draw_version({"FunctionVersion": "3"}, 0.0) == "3"


def test_an_invocation_by_alias_is_counted_for_the_alias_and_the_version_that_ran():
    config = {
        "FunctionName": "predict",
        "Version": "4",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:predict:live",
    }

    assert metric_dimensions(config) == [
        {"FunctionName": "predict"},
        {"FunctionName": "predict", "Resource": "predict:live"},
        {"FunctionName": "predict", "Resource": "predict:live", "ExecutedVersion": "4"},
    ]


def test_an_invocation_without_qualifier_is_counted_for_the_function_alone():
    arn = "arn:aws:lambda:us-east-1:000000000000:function:predict"

    found = metric_dimensions({"FunctionName": "predict", "Version": "$LATEST", "FunctionArn": arn})

    assert found == [{"FunctionName": "predict"}]


@dataclass
class Worker:
    """One whose lines are read as slowly as a test wants it."""

    comes: tuple[tuple[float, str], ...]  # seconds to wait, and a line

    def __post_init__(self) -> None:
        self._stderr_queue: SimpleQueue[str] = SimpleQueue()
        self._stderr_thread = threading.Thread(target=self._read)
        self._stderr_thread.start()

    def _read(self) -> None:
        for seconds, line in self.comes:
            time.sleep(seconds)
            self._stderr_queue.put(line)


def test_a_line_that_is_read_late_belongs_to_its_invocation():
    worker = Worker(((0.2, "one"), (0.2, "two"), (0.0, END_OF_LOG), (0.0, "of the next"), (0.0, END_OF_LOG)))

    assert [log_of(worker) for _ in range(2)] == ["one\ntwo", "of the next"]


def test_a_log_may_have_empty_lines_and_end_without_a_line_break():
    started = time.monotonic()

    assert log_of(Worker(((0.0, ""), (0.0, f"half a line{END_OF_LOG}")))) == "\nhalf a line"
    assert log_of(Worker(((0.0, END_OF_LOG),))) == ""
    assert time.monotonic() - started < LOG_SECONDS


def test_what_a_process_wrote_before_it_died_is_its_log():
    assert log_of(Worker(((0.1, "Fatal Python error"),))) == "Fatal Python error"


def test_an_error_carries_the_name_of_its_class(aws, function):
    answer = aws.invoke(function, fail=True)

    error = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("LookupError", "no such model: next_item")


def test_an_alias_splits_invocations_by_its_weights(aws):
    lambdas, name = aws.client("lambda"), aws.function("split", "def handler(event, context): pass\n")
    changed = "def handler(event, context): return 2\n"
    lambdas.update_function_code(FunctionName=name, ZipFile=zipped({"code.py": changed}))
    lambdas.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert lambdas.publish_version(FunctionName=name)["Version"] == "2"
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    lambdas.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)

    answers = [aws.invoke(name, "live") for _ in range(24)]

    served = Counter(answer["ExecutedVersion"] for answer in answers)
    assert served.keys() == {"1", "2"}
    assert min(served.values()) > 2


@pytest.fixture(scope="module")
def failing_url(aws: Aws) -> str:
    """An address of an HTTP API whose function fails; it calls the function by its alias."""
    apis, name = aws.client("apigatewayv2"), aws.function("failing", "def handler(event, context): 1 / 0\n")
    aws.client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    api = apis.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    integration = apis.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=f"{arn('lambda', f'function:{name}')}:live",
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    apis.create_route(ApiId=api, RouteKey="POST /fail", Target=f"integrations/{integration}")
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return f"{aws.endpoint}/_aws/execute-api/{api}/$default/fail"


def test_a_failed_handler_behind_the_http_api_is_a_plain_500(failing_url):
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(failing_url, data=b"{}")

    assert answer.value.code == 500
    assert json.loads(answer.value.read()) == {"message": "Internal Server Error"}


def test_a_request_through_the_http_api_is_counted_for_the_alias(aws, failing_url):
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(failing_url, data=b"{}")

    metrics = aws.client("cloudwatch").list_metrics(Namespace="AWS/Lambda", MetricName="Errors")["Metrics"]
    dimensions = [{each["Name"]: each["Value"] for each in metric["Dimensions"]} for metric in metrics]
    assert {"FunctionName": "failing", "Resource": "failing:live", "ExecutedVersion": "1"} in dimensions
