"""
CloudFormation stacks, where tearing down needs a hand: what holds data cannot be deleted before it is empty.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3

GOES = "Delete"  # as DeletionPolicy; anything else stays when its stack goes


def exists(stack: str) -> bool:
    pages = _client().get_paginator("describe_stacks").paginate()
    return any(found["StackName"] == stack for page in pages for found in page["Stacks"])


def what_goes(stack: str, kind: str) -> Iterator[str]:
    """Physical ids of the resources of *kind* that are deleted together with *stack*."""
    client = _client()
    if not exists(stack):
        return
    template = client.get_template(StackName=stack)["TemplateBody"]
    going = {name for name, r in template["Resources"].items() if r.get("DeletionPolicy", GOES) == GOES}
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == kind and resource["LogicalResourceId"] in going:
                yield resource["PhysicalResourceId"]


def empty_bucket(name: str) -> None:
    """Delete every version of every object."""
    boto3.resource("s3").Bucket(name).object_versions.delete()


@cache
def _client() -> Any:
    return boto3.client("cloudformation")
