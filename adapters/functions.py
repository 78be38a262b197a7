"""
Lambda as the release machine uses it: layers, published versions, and the alias that says which one is live.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3

LIVE = "live"
POLL = {"Delay": 1, "MaxAttempts": 120}  # seconds; the waiters' own five are longer than the change takes


class InvocationFailed(RuntimeError):
    """A function raised, or ended, instead of answering."""


@cache
def _client() -> Any:
    return boto3.client("lambda")


def publish_layer(*, name: str, bucket: str, key: str, digest: str) -> str:
    """Publish the zip at s3://bucket/key, once per *digest*; returns the ARN of the layer version."""
    for page in _client().get_paginator("list_layer_versions").paginate(LayerName=name):
        for version in page["LayerVersions"]:
            if version.get("Description") == digest:
                return str(version["LayerVersionArn"])
    published = _client().publish_layer_version(
        LayerName=name, Description=digest, Content={"S3Bucket": bucket, "S3Key": key}
    )
    return str(published["LayerVersionArn"])


def publish(function: str, *, layer_arn: str, description: str) -> str:
    """
    Publish the function's present code with this layer and no other; returns the version.

    Lambda makes no second version of the same code and configuration, so this may run twice.
    `RevisionId` refuses a change that came in between.
    """
    latest = _client().get_function_configuration(FunctionName=function)
    if [layer["Arn"] for layer in latest.get("Layers", [])] != [layer_arn]:
        _client().update_function_configuration(
            FunctionName=function, Layers=[layer_arn], RevisionId=latest["RevisionId"]
        )
        _client().get_waiter("function_updated").wait(FunctionName=function, WaiterConfig=POLL)
        latest = _client().get_function_configuration(FunctionName=function)
    version = _client().publish_version(
        FunctionName=function,
        CodeSha256=latest["CodeSha256"],
        RevisionId=latest["RevisionId"],
        Description=description,
    )["Version"]
    _client().get_waiter("published_version_active").wait(
        FunctionName=function, Qualifier=version, WaiterConfig=POLL
    )
    return str(version)


def environment(function: str) -> dict[str, str]:
    """The variables that its stack gave the function."""
    configuration = _client().get_function_configuration(FunctionName=function)
    return dict(configuration["Environment"]["Variables"])


def live(function: str) -> str:
    """The version that alias `live` names."""
    return str(_client().get_alias(FunctionName=function, Name=LIVE)["FunctionVersion"])


def move_live(function: str, *, expected: str, to: str) -> None:
    """
    Point alias `live` from version *expected* at *to*.

    Raises:
        AliasMoved: the alias names neither; somebody else released meanwhile.
    """
    alias = _client().get_alias(FunctionName=function, Name=LIVE)
    if alias["FunctionVersion"] == to:
        return
    if alias["FunctionVersion"] != expected:
        raise AliasMoved(f"{function}: live is version {alias['FunctionVersion']}, expected {expected}")
    _client().update_alias(
        FunctionName=function, Name=LIVE, FunctionVersion=to, RevisionId=alias["RevisionId"]
    )


class AliasMoved(RuntimeError):
    """The alias is not where this release left it."""


def invoke(function: str, qualifier: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Invoke one version, or the alias, and return what its handler returned."""
    answer = _client().invoke(FunctionName=function, Qualifier=qualifier, Payload=json.dumps(event).encode())
    body = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise InvocationFailed(f"{function}:{qualifier} {body.get('errorType')}: {body.get('errorMessage')}")
    return dict(body)
