"""Every pillar has alarms; each has an owner, a first action, a section in the runbook and a listener."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

import cdk_app
from stacks.environments import ENVIRONMENTS
from training import contracts

ROOT = Path(__file__).parent.parent.parent
MODELS = re.compile("|".join(model.replace("_", "-") for model in contracts.models()))
PART = re.compile(r"-\d+s-[\d.]+x$")  # an alarm on one window of an objective
LIGHTS = ("ingestion", "warehouse", "training", "serving", "monitoring", "all", "serving-health")
EMITTED = re.compile(r'"([A-Z][A-Za-z]+)"')

Templates = Callable[[str, str], Template]
Alarms = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def stack(template: Templates) -> Template:
    return template("prod", "Monitoring")


@pytest.fixture(scope="module")
def alarms(stack: Template) -> Alarms:
    """By name; composites among them."""
    simple = stack.find_resources("AWS::CloudWatch::Alarm").values()
    composite = stack.find_resources("AWS::CloudWatch::CompositeAlarm").values()
    found = [alarm["Properties"] for alarm in (*simple, *composite)]
    return {properties["AlarmName"].removeprefix("skiff-prod-"): properties for properties in found}


def told(alarms: Alarms) -> Alarms:
    """Those that people hear of."""
    return {
        name: properties
        for name, properties in alarms.items()
        if name not in LIGHTS and not PART.search(name)
    }


@pytest.mark.parametrize("pillar", ["ingestion", "warehouse", "training", "serving", "monitoring"])
def test_every_pillar_has_alarms_and_a_light(alarms: Alarms, pillar: str):
    assert any(name.startswith(f"{pillar}-") for name in told(alarms))
    assert pillar in alarms


def test_every_alarm_says_who_answers_for_it_and_what_to_do_first_and_tells_when_it_fires_and_clears(
    alarms: Alarms,
):
    owners = {contracts.of(model).owner for model in contracts.models()} | {"platform"}
    for properties in told(alarms).values():
        first_action, _, owner = properties["AlarmDescription"].rpartition(" Owner: ")
        assert len(first_action) > 40
        assert owner.removesuffix(".") in owners
        assert properties["AlarmActions"] == properties["OKActions"] != []


def test_nobody_is_told_twice(alarms: Alarms):
    for name in alarms.keys() - told(alarms).keys():
        assert "AlarmActions" not in alarms[name]


def test_alarms_and_sections_of_the_runbook_are_the_same(alarms: Alarms, runbook: str):
    sections = set(re.findall(r"^## (.+)$", runbook.partition("# Without an alarm")[0], re.M))

    assert sections == {MODELS.sub("<model>", name) for name in told(alarms)}


def test_every_section_says_what_it_means_and_what_to_do_first(runbook: str):
    _, *sections = re.split(r"^## ", runbook.partition("# Without an alarm")[0], flags=re.M)
    for section in sections:
        assert "**Means**" in section
        assert re.search(r"\*\*First\*\*", section)


def test_a_quiet_night_is_no_alarm_but_a_watch_that_does_not_run_is(alarms: Alarms):
    simple = {name: alarm for name, alarm in alarms.items() if "AlarmRule" not in alarm}
    silence = simple.pop("monitoring-watch-silent")

    assert {alarm["TreatMissingData"] for alarm in simple.values()} == {"notBreaching"}
    assert (silence["TreatMissingData"], silence["MetricName"]) == ("breaching", "Invocations")
    assert silence["Period"] == 2 * 3600  # it runs by the hour


def test_what_the_watch_says_by_the_hour_is_looked_at_by_the_hour(alarms: Alarms):
    said = [alarm for name, alarm in alarms.items() if name.startswith("monitoring-next-item-")]

    assert len(said) == 5
    assert {alarm["Period"] for alarm in said} == {3600}


def test_no_alarm_looks_back_further_than_cloudwatch_does(alarms: Alarms):
    """A day in all for periods under an hour, seven days for others."""
    for alarm in alarms.values():
        metrics = [each["MetricStat"] for each in alarm.get("Metrics", ()) if "MetricStat" in each]
        for period in [each["Period"] for each in (*metrics, *([alarm] if "Period" in alarm else []))]:
            assert period <= 24 * 3600
            assert period * alarm["EvaluationPeriods"] <= (1 if period < 3600 else 7) * 24 * 3600


def test_an_objective_is_alarmed_on_over_a_long_and_a_short_window(alarms: Alarms):
    name = "serving-next-item-availability"
    rule = json.dumps(alarms[name]["AlarmRule"])
    hour, minutes = (alarms[f"{name}-{seconds}s-14.4x"] for seconds in (3600, 300))
    days = alarms[f"{name}-259200s-1x"]

    assert rule.count(" AND ") == 3
    assert rule.count(" OR ") == 2
    assert (days["EvaluationPeriods"], days["Threshold"]) == (3, 1)
    # 14.4 times faster than 0.1 % may burn: 1.44 % of an hour's requests
    for part, seconds in ((hour, 3600), (minutes, 300)):
        expression, *metrics = part["Metrics"]
        assert (part["Threshold"], expression["Expression"]) == (14.4, "(bad / total) / 0.001")
        assert {metric["MetricStat"]["Period"] for metric in metrics} == {seconds}


def test_a_release_is_stopped_by_what_its_answers_do_and_by_nothing_else(alarms: Alarms):
    rule = json.dumps(alarms["serving-health"]["AlarmRule"])

    assert rule.count("ALARM(") == len(contracts.models()) + 2
    assert "releasefailed" not in rule


def test_an_age_and_a_drift_are_those_of_the_contract(alarms: Alarms):
    contract = contracts.of("next_item")

    assert alarms["monitoring-next-item-stale"]["Threshold"] == contract.max_staleness_days
    assert alarms["monitoring-next-item-drift"]["Threshold"] == contract.drift_limit


def widgets(stack: Template) -> Iterator[dict[str, Any]]:
    for dashboard in stack.find_resources("AWS::CloudWatch::Dashboard").values():
        parts = dashboard["Properties"]["DashboardBody"]["Fn::Join"][1]
        body = "".join(part if isinstance(part, str) else "TOKEN" for part in parts)
        yield from json.loads(body)["widgets"]


def test_there_is_a_page_for_who_is_on_call_and_one_for_the_business(stack: Template):
    names = {
        dashboard["Properties"]["DashboardName"]
        for dashboard in stack.find_resources("AWS::CloudWatch::Dashboard").values()
    }

    assert names == {"skiff-prod", "skiff-prod-business"}
    titles = {widget["properties"].get("title") for widget in widgets(stack)}
    assert {"Alarms", "Error budget left, 30 days, percent", "Conversion"} <= titles


def test_every_metric_that_is_shown_or_alarmed_on_is_sent_by_somebody(stack: Template):
    code = "".join(
        file.read_text()
        for folder in ("lambdas", "domain", "adapters")
        for file in (ROOT / folder).glob("*.py")
    )
    sent = {*EMITTED.findall(code), "Sessions", "Orders", "Revenue"}  # three are named after their columns
    shown = json.dumps(list(widgets(stack)))
    ours = set(re.findall(r'"Skiff/prod", "([A-Za-z]+)"', shown))
    ours |= {
        alarm["Properties"]["MetricName"]
        for alarm in stack.find_resources("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("Namespace") == "Skiff/prod"
    }

    assert len(ours) > 15
    assert ours <= sent


def test_a_channel_hears_of_alarms_where_one_is_declared():
    declared = replace(ENVIRONMENTS[0], slack=("T0WORKSPACE", "C0CHANNEL"))
    stage = cdk_app.Skiff(cdk.App(), declared)
    monitoring = Template.from_stack(stage.node.find_child("Monitoring"))

    (topic,) = monitoring.find_resources("AWS::SNS::Topic")
    monitoring.has_resource_properties(
        "AWS::Chatbot::SlackChannelConfiguration",
        {"SlackWorkspaceId": "T0WORKSPACE", "SlackChannelId": "C0CHANNEL", "SnsTopicArns": [{"Ref": topic}]},
    )
    for policy in monitoring.find_resources("AWS::IAM::Policy").values():
        assert "SlackRole" not in json.dumps(policy["Properties"]["Roles"])


def test_no_channel_is_made_where_none_is_declared(stack: Template):
    stack.resource_count_is("AWS::Chatbot::SlackChannelConfiguration", 0)


def test_people_hear_of_alarms_and_of_the_budget(stack: Template):
    stack.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email"})
    stack.has_resource_properties(
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
    stack.resource_count_is("AWS::Budgets::Budget", 1)
