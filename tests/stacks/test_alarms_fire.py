"""
Each alarm of the deployed stack, as its template has it, trips on a real data point and clears without one.

Only the periods are shortened, to seconds; rules, statistics, metric math and composites are the template's.
What is about silence trips without a data point and clears on one.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest
from aws_cdk.assertions import Template

from local import cloud
from stacks.environments import ENVIRONMENTS
from tests.local.emulated import Aws, eventually

PERIOD_SECONDS = 4
LONG_SECONDS = 12  # of the longer window of a pair, where that is one period
PORT = {"aws": 4760}
(PROD,) = (environment for environment in ENVIRONMENTS if environment.name == "prod")
LONG = tuple(f"-{long}s-{speed:g}x" for long, _, speed in PROD.slo_windows)
SILENCE = "skiff-prod-monitoring-watch-silent"

Templates = Callable[[str, str], Template]
Properties = dict[str, Any]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    home = tmp_path_factory.mktemp("alarms")
    yield Aws(endpoint=cloud.up(home, PORT).endpoint, home=home)
    cloud.down(home)


@pytest.fixture(scope="module")
def resources(template: Templates) -> dict[str, Any]:
    found = template("prod", "Monitoring").to_json()["Resources"]
    return {name: each for name, each in found.items() if each["Type"].endswith("Alarm")}


def resolved(value: Any, alarms: Collection[str]) -> Any:
    """What belongs to other stacks becomes a text of its own; what leads to an alarm stays."""
    match value:
        case {"Fn::GetAtt": [str(name), "Arn"]} if name in alarms:
            return value
        case {"Fn::Join": [str(between), list(parts)]}:
            return {"Fn::Join": [between, [resolved(part, alarms) for part in parts]]}
        case {"Ref": _} | {"Fn::GetAtt": _} | {"Fn::ImportValue": _}:
            return json.dumps(value, sort_keys=True).replace('"', "")[-200:]
        case dict():
            return {name: resolved(each, alarms) for name, each in value.items()}
        case list():
            return [resolved(each, alarms) for each in value]
    return value


@pytest.fixture(scope="module")
def made(aws: Aws, resources: dict[str, Any]) -> dict[str, Properties]:
    """All of them, deployed, by name."""
    found = {name: deployed(each, resources) for name, each in resources.items()}
    aws.client("s3").create_bucket(Bucket="templates")
    body = json.dumps({"Resources": found}).encode()
    aws.client("s3").put_object(Bucket="templates", Key="alarms.json", Body=body)
    aws.client("cloudformation").create_stack(
        StackName="alarms", TemplateURL=f"{aws.endpoint}/templates/alarms.json"
    )
    aws.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="alarms", WaiterConfig={"Delay": 1}
    )
    return {each["Properties"]["AlarmName"]: each["Properties"] for each in found.values()}


def deployed(resource: dict[str, Any], resources: Collection[str]) -> dict[str, Any]:
    properties = resolved(resource["Properties"], resources)
    for action in ("AlarmActions", "OKActions", "Tags"):
        properties.pop(action, None)
    return {
        "Type": resource["Type"],
        "Properties": properties if "AlarmRule" in properties else quick(properties),
    }


def quick(properties: Properties) -> Properties:
    if "Period" in properties:
        return {**properties, "Period": PERIOD_SECONDS}
    is_long = properties["AlarmName"].endswith(LONG) and properties["EvaluationPeriods"] == 1
    seconds = LONG_SECONDS if is_long else PERIOD_SECONDS
    metrics = json.loads(json.dumps(properties["Metrics"]))
    for metric in metrics:
        if "MetricStat" in metric:
            metric["MetricStat"]["Period"] = seconds
        else:
            metric["Period"] = seconds
    return {**properties, "Metrics": metrics}


def put(aws: Aws, metric: Properties, value: float, *, periods: int = 1) -> None:
    """The value in each of the latest *periods*."""
    now = time.time()
    aws.client("cloudwatch").put_metric_data(
        Namespace=metric["Namespace"],
        MetricData=[
            {
                "MetricName": metric["MetricName"],
                "Dimensions": metric.get("Dimensions", []),
                "Value": value,
                "Timestamp": now - number * PERIOD_SECONDS,
            }
            for number in range(periods)
        ],
    )


def trip(aws: Aws, properties: Properties) -> None:
    """Data points of the very metric, at the threshold; of a share, all of it."""
    periods = properties["EvaluationPeriods"]
    if "MetricName" in properties:
        return put(aws, properties, properties["Threshold"], periods=periods)
    for metric in parts(properties).values():
        put(aws, metric, 10.0, periods=periods)
    return None


def parts(properties: Properties) -> dict[str, Properties]:
    """The metrics of a share, by what its expression calls them."""
    return {
        each["Id"]: each["MetricStat"]["Metric"] for each in properties["Metrics"] if "MetricStat" in each
    }


def states(aws: Aws) -> dict[str, str]:
    kinds = ["MetricAlarm", "CompositeAlarm"]
    pages = aws.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=kinds)
    return {
        each["AlarmName"]: each["StateValue"]
        for page in pages
        for each in (*page["MetricAlarms"], *page["CompositeAlarms"])
    }


def test_every_alarm_trips_and_clears(aws: Aws, made: dict[str, Properties]):
    tripped: set[str] = set()

    def all_tripped() -> bool:
        tripped.update(name for name, state in states(aws).items() if state == "ALARM")
        return tripped == made.keys()

    def all_clear() -> bool:
        put(aws, made[SILENCE], 1.0)
        return set(states(aws).values()) == {"OK"}

    assert eventually(all_clear), states(aws)
    for name, properties in made.items():
        if "AlarmRule" not in properties and name != SILENCE:
            trip(aws, properties)

    try:
        eventually(all_tripped)
    except AssertionError:
        pytest.fail(f"did not trip: {sorted(made.keys() - tripped)}")
    assert eventually(all_clear), states(aws)


def test_the_budget_burns_too_fast_from_the_declared_speed_on(aws: Aws, made: dict[str, Properties]):
    """14.4 times 0.1 %: of a hundred requests, 1.44."""
    name = "skiff-prod-serving-next-item-availability-3600s-14.4x"
    eventually(lambda: aws.alarm_state(name) == "OK")
    metrics = parts(made[name])
    witness = "skiff-prod-serving-release-undone"

    put(aws, metrics["total"], 100)
    put(aws, metrics["bad"], 1.43)
    trip(aws, made[witness])
    eventually(lambda: aws.alarm_state(witness) == "ALARM")  # so all have been evaluated since
    assert aws.alarm_state(name) == "OK"

    put(aws, metrics["total"], 100)
    put(aws, metrics["bad"], 1.46)  # 1.445 of a hundred with those before, if they still count
    assert eventually(lambda: aws.alarm_state(name) == "ALARM")


def test_a_burst_that_is_over_wakes_nobody(aws: Aws, made: dict[str, Properties]):
    """The long window still shows it; the short one, which has to agree, does not any more."""
    name = "skiff-prod-serving-purchase-intent-availability"
    long, short = f"{name}-3600s-14.4x", f"{name}-300s-14.4x"
    eventually(lambda: aws.alarm_state(name) == aws.alarm_state(long) == "OK")

    trip(aws, made[long])
    eventually(lambda: aws.alarm_state(name) == "ALARM")
    eventually(lambda: aws.alarm_state(short) == "OK")

    assert (aws.alarm_state(long), aws.alarm_state(name)) == ("ALARM", "OK")
