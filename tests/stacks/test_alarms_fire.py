"""
Each alarm of the deployed stack, as its template has it, trips on a real data point and clears without one.

Only the periods are shortened, to seconds; rules, statistics, metric math and composites are the template's.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest
from aws_cdk.assertions import Template

from local import cloud
from tests.local.emulated import Aws, eventually

PERIOD_SECONDS = 4
PORT = {"aws": 4760}

Templates = Callable[[str, str], Template]
Properties = dict[str, Any]


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    home = tmp_path_factory.mktemp("alarms")
    yield Aws(endpoint=cloud.up(home, PORT).endpoint, home=home)
    cloud.down(home)


@pytest.fixture(scope="module")
def resources(template: Templates) -> dict[str, Any]:
    found = template("local", "Monitoring").to_json()["Resources"]
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
    metrics = json.loads(json.dumps(properties["Metrics"]))
    for metric in metrics:
        if "MetricStat" in metric:
            metric["MetricStat"]["Period"] = PERIOD_SECONDS
        else:
            metric["Period"] = PERIOD_SECONDS
    return {**properties, "Metrics": metrics}


def trip(aws: Aws, properties: Properties) -> None:
    """One data point of the very metric, at the threshold; of a share, all of it."""
    client = aws.client("cloudwatch")
    if "MetricName" in properties:
        metrics = [(properties, properties["Threshold"])]
    else:
        metrics = [
            (each["MetricStat"]["Metric"], 10.0) for each in properties["Metrics"] if "MetricStat" in each
        ]
    for metric, value in metrics:
        client.put_metric_data(
            Namespace=metric["Namespace"],
            MetricData=[
                {
                    "MetricName": metric["MetricName"],
                    "Dimensions": metric.get("Dimensions", []),
                    "Value": value,
                    "Timestamp": time.time(),
                }
            ],
        )


def test_every_alarm_trips_and_clears(aws: Aws, made: dict[str, Properties]):
    client = aws.client("cloudwatch")

    def states() -> dict[str, str]:
        pages = client.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return {
            each["AlarmName"]: each["StateValue"]
            for page in pages
            for each in (*page["MetricAlarms"], *page["CompositeAlarms"])
        }

    tripped: set[str] = set()

    def all_tripped() -> bool:
        tripped.update(name for name, state in states().items() if state == "ALARM")
        return tripped == made.keys()

    assert "ALARM" not in states().values()
    for properties in made.values():
        if "AlarmRule" not in properties:
            trip(aws, properties)

    try:
        eventually(all_tripped)
    except AssertionError:
        pytest.fail(f"did not trip: {sorted(made.keys() - tripped)}")
    assert eventually(lambda: set(states().values()) == {"OK"}), states()


def test_a_burst_that_is_over_wakes_nobody(aws: Aws, made: dict[str, Properties]):
    """Only the long window of an objective still shows it: both have to."""
    (long,) = (name for name in made if name.startswith("skiff-local-serving-next-item-availability-60s"))
    client = aws.client("cloudwatch")
    client.set_alarm_state(AlarmName=long, StateValue="ALARM", StateReason="test")

    assert aws.alarm_state("skiff-local-serving-next-item-availability") == "OK"
