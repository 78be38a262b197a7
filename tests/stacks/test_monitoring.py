"""Every pillar has an alarm, every alarm has a first action and somebody who hears of it."""

import re
from collections.abc import Callable

import pytest
from aws_cdk.assertions import Match, Template

from training import contracts

SERVES = re.compile(rf"serving-({'|'.join(contracts.models()).replace('_', '-')})-errors")

Templates = Callable[[str, str], Template]


def alarms(stack: Template) -> dict[str, dict]:
    found = stack.find_resources("AWS::CloudWatch::Alarm").values()
    return {
        alarm["Properties"]["AlarmName"].removeprefix("skiff-prod-"): alarm["Properties"] for alarm in found
    }


@pytest.mark.parametrize("pillar", ["ingestion", "warehouse", "training", "serving"])
def test_every_pillar_has_an_alarm(template: Templates, pillar: str):
    assert any(name.startswith(f"{pillar}-") for name in alarms(template("prod", "Monitoring")))


def test_every_alarm_says_what_to_do_first_and_tells_the_topic_when_it_fires_and_when_it_clears(
    template: Templates,
):
    for properties in alarms(template("prod", "Monitoring")).values():
        assert len(properties["AlarmDescription"]) > 40
        assert properties["AlarmActions"] == properties["OKActions"] != []


def test_every_alarm_has_a_section_in_the_runbook(template: Templates, runbook: str):
    for name in alarms(template("prod", "Monitoring")):
        assert f"## {SERVES.sub('serving-<model>-errors', name)}\n" in runbook


def test_a_quiet_night_is_no_alarm(template: Templates):
    for properties in alarms(template("prod", "Monitoring")).values():
        assert properties["TreatMissingData"] == "notBreaching"


def test_people_hear_of_alarms_and_of_the_budget(template: Templates):
    monitoring = template("prod", "Monitoring")

    monitoring.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email"})
    monitoring.has_resource_properties(
        "AWS::SNS::TopicPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Effect": "Allow",
                                "Action": "sns:Publish",
                                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                            }
                        )
                    ]
                )
            }
        },
    )
    monitoring.resource_count_is("AWS::Budgets::Budget", 1)
