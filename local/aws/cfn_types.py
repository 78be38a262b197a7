"""
CloudFormation types that ministack lacks.

A provisioner runs on the server's event loop, so it calls the service's own functions: a request over
HTTP would wait for itself.
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import budgets, cloudwatch, iam
from ministack.services.cloudformation import provisioners

from local.aws import alarms, sagemaker

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]  # physical id, attributes
Put = Callable[[str, Properties], Created]  # takes the resource's name


class RefusedResource(ValueError):
    """A service did not take what a template asks for."""


def install() -> None:
    _add("AWS::SageMaker::ModelPackageGroup", "ModelPackageGroupName", 63, _put_group, _delete_group)
    _add("AWS::CloudWatch::CompositeAlarm", "AlarmName", 255, _put_composite, _delete_composite)
    _add("AWS::Budgets::Budget", "BudgetName", 100, _put_budget, _delete_budget)
    _add("AWS::IAM::OIDCProvider", "Name", 128, _put_oidc, _delete_oidc)
    _allow_metric_math()


def _add(kind: str, name_property: str, longest: int, put: Put, delete: Callable[[str], None]) -> None:
    """Register a type whose update may write the same resource again under its name."""

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        generated = provisioners._physical_name(stack, logical_id, max_len=longest)
        return put(properties.get(name_property) or generated, properties)

    def update(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Created:
        return put(physical_id, new)

    provisioners._RESOURCE_HANDLERS[kind] = {
        "create": create,
        "update": update,
        "delete": lambda physical_id, _properties: delete(physical_id),
    }


def _put_group(name: str, properties: Properties) -> Created:
    name = name.rsplit("/", 1)[-1]  # an update hands over the physical id, which is the ARN
    groups = sagemaker.backend().model_package_groups
    if name not in groups:
        description = properties.get("ModelPackageGroupDescription", "")
        wanted = {"ModelPackageGroupDescription": description, "Tags": properties.get("Tags", [])}
        sagemaker.call("CreateModelPackageGroup", {"ModelPackageGroupName": name, **wanted})
    arn = groups[name].arn
    return arn, {"ModelPackageGroupArn": arn}


def _delete_group(arn: str) -> None:
    sagemaker.backend().model_package_groups.pop(arn.rsplit("/", 1)[-1], None)


def _put_composite(name: str, properties: Properties) -> Created:
    wanted = {**properties, "AlarmName": name, "Tags": []}
    _refuse_errors(cloudwatch._put_composite_alarm({}, wanted, False, True))
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _delete_composite(name: str) -> None:
    cloudwatch._composite_alarms.pop(name, None)


def _put_budget(name: str, properties: Properties) -> Created:
    budget = json.loads(json.dumps(properties["Budget"]))
    name = budget.setdefault("BudgetName", name)
    if "BudgetLimit" in budget:
        budget["BudgetLimit"]["Amount"] = str(budget["BudgetLimit"]["Amount"])
    _delete_budget(name)
    subscribers = properties.get("NotificationsWithSubscribers", [])
    request = {"AccountId": get_account_id(), "Budget": budget, "NotificationsWithSubscribers": subscribers}
    _refuse_errors(budgets._create_budget(request))
    return name, {}


def _delete_budget(name: str) -> None:
    budgets._budgets.pop(name, None)


def _put_oidc(_name: str, properties: Properties) -> Created:
    host = properties["Url"].split("://")[-1].rstrip("/")
    arn = f"arn:aws:iam::{get_account_id()}:oidc-provider/{host}"
    iam._oidc_providers[arn] = {
        "Url": host,
        "ClientIDList": properties.get("ClientIdList", []),
        "ThumbprintList": properties.get("ThumbprintList", []),
        "Arn": arn,
        "CreateDate": iam._now(),
        "Tags": properties.get("Tags", []),
    }
    return arn, {"Arn": arn}


def _delete_oidc(arn: str) -> None:
    iam._oidc_providers.pop(arn, None)


def _allow_metric_math() -> None:
    """Keep an alarm's `Metrics`, which ministack refuses; local/aws/alarms.py evaluates them."""
    record = provisioners._cw_metric_alarm_record

    def metric_alarm_record(name: str, properties: Properties) -> dict[str, Any]:
        metrics = properties.get("Metrics")
        if not metrics:
            alarm: dict[str, Any] = record(name, properties)
            return alarm
        alarms.refuse_unknown_expressions(metrics)
        placeholder = {"MetricName": "expression", "Namespace": "expression"}
        alarm = record(name, {**properties, "Metrics": None, **placeholder})
        for key in (*placeholder, "Statistic", "Period"):
            alarm.pop(key, None)
        return {**alarm, "Metrics": metrics}

    provisioners._cw_metric_alarm_record = metric_alarm_record


def _refuse_errors(answer: Any) -> None:
    if answer and answer[0] >= 400:
        raise RefusedResource(answer[2])
