"""
Lambda as the release machine uses it: layers, published versions, and the alias that says which one is live.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from domain.layer import LIVE

RELEASED = "release "  # begins the description of a version that a release has published
POLL = {"Delay": 1, "MaxAttempts": 120}  # seconds; the waiters' own five are longer than the change takes


class InvocationFailed(RuntimeError):
    """A function raised, or ended, instead of answering."""


@cache
def _client() -> Any:
    return boto3.client("lambda")


def publish_layer(*, name: str, bucket: str, key: str, release_id: str) -> str:
    """Publish the zip at s3://bucket/key, once per release; returns the ARN of the layer version."""
    for arn, description in layer_versions(name).items():
        if description == release_id:
            return arn
    published = _client().publish_layer_version(
        LayerName=name, Description=release_id, Content={"S3Bucket": bucket, "S3Key": key}
    )
    return str(published["LayerVersionArn"])


def publish(function: str, *, code: str, layer_arn: str, release_id: str) -> str:
    """
    Publish the function with this layer and no other; returns the version.

    Lambda makes no second version of the same code and configuration, so this may run twice.
    `RevisionId` refuses a change that came in between.

    Args:
        code: the hash of the code that is meant; another one, of a deploy in between, is refused.
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
        CodeSha256=code,
        RevisionId=latest["RevisionId"],
        Description=f"{RELEASED}{release_id}",
    )["Version"]
    _client().get_waiter("published_version_active").wait(
        FunctionName=function, Qualifier=version, WaiterConfig=POLL
    )
    return str(version)


def environment(function: str) -> dict[str, str]:
    """The variables that its stack gave the function."""
    configuration = _client().get_function_configuration(FunctionName=function)
    return dict(configuration["Environment"]["Variables"])


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where alias `live` leads: all requests to one version, or a share of them to another."""

    version: str
    candidate: str | None = None
    share: float = 0.0  # of the requests, to the candidate

    def __str__(self) -> str:
        split = f", {self.share:.0%} at version {self.candidate}" if self.candidate else ""
        return f"version {self.version}{split}"


def route(function: str) -> Route:
    return _route(_client().get_alias(FunctionName=function, Name=LIVE))


def move_live(function: str, to: Route, *, only_from: Collection[Route]) -> None:
    """
    Let alias `live` lead to *to*. Done already is done; `RevisionId` refuses a change that came in between.

    Raises:
        AliasMoved: the alias leads to none of *only_from*; somebody else is releasing.
    """
    alias = _client().get_alias(FunctionName=function, Name=LIVE)
    found = _route(alias)
    if found == to:
        return
    if found not in only_from:
        expected = " or ".join(map(str, only_from))
        raise AliasMoved(f"{function}: live is at {found}, expected {expected}: another release is under way")
    weights = {to.candidate: to.share} if to.candidate else {}
    _client().update_alias(
        FunctionName=function,
        Name=LIVE,
        FunctionVersion=to.version,
        RoutingConfig={"AdditionalVersionWeights": weights},
        RevisionId=alias["RevisionId"],
    )


class AliasMoved(RuntimeError):
    """The alias is not where this release left it."""


def _route(alias: Mapping[str, Any]) -> Route:
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    for candidate, share in weights.items():
        return Route(version=alias["FunctionVersion"], candidate=candidate, share=share)
    return Route(version=alias["FunctionVersion"])


def code_of(function: str) -> str:
    """The hash of the code that the next version would have."""
    return str(_client().get_function_configuration(FunctionName=function)["CodeSha256"])


@dataclass(frozen=True, kw_only=True)
class Version:
    number: str
    release_id: str  # empty: published by the stack, not by a release
    layers: tuple[str, ...]


def versions(function: str) -> list[Version]:
    """All that are published, the newest first."""
    pages = _client().get_paginator("list_versions_by_function").paginate(FunctionName=function)
    found = [
        Version(
            number=each["Version"],
            release_id=_released(each.get("Description", "")),
            layers=tuple(layer["Arn"] for layer in each.get("Layers", ())),
        )
        for page in pages
        for each in page["Versions"]
        if each["Version"] != "$LATEST"
    ]
    return sorted(found, key=lambda version: -int(version.number))


def _released(description: str) -> str:
    """The first version, the stack's, has the description of the function."""
    return description.removeprefix(RELEASED) if description.startswith(RELEASED) else ""


def delete_version(function: str, version: str) -> None:
    """The version is part of the name, so that a role may delete versions and not the function."""
    _client().delete_function(FunctionName=f"{function}:{version}")


def layer_versions(name: str) -> dict[str, str]:
    """ARN → the id of the release that it was published as."""
    pages = _client().get_paginator("list_layer_versions").paginate(LayerName=name)
    return {
        each["LayerVersionArn"]: each.get("Description", "")
        for page in pages
        for each in page["LayerVersions"]
    }


def delete_layer_version(arn: str) -> None:
    *_, name, version = arn.split(":")
    _client().delete_layer_version(LayerName=name, VersionNumber=int(version))


def invoke(function: str, event: Mapping[str, Any], *, qualifier: str | None = None) -> dict[str, Any]:
    """
    Invoke a function and return what its handler returned.

    Args:
        qualifier: a version or an alias. Who is let to the function by its bare name is not let to these, nor
            to $LATEST by that name.

    Raises:
        InvocationFailed
    """
    asked = {"Qualifier": qualifier} if qualifier else {}
    answer = _client().invoke(FunctionName=function, Payload=json.dumps(event).encode(), **asked)
    body = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        name = f"{function}:{qualifier}" if qualifier else function
        raise InvocationFailed(f"{name} {body.get('errorType')}: {body.get('errorMessage')}")
    return dict(body)
