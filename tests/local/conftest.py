"""An offline AWS for every test that talks to one: started once, on a free port, in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import cloud
from local.state import Cloud
from tests.local.emulated import Aws

SERVERS = {"aws": 4700}  # the warehouse has tests of its own

HANDLER = """
import json, time

ANSWERS = {"Name": "Answers", "Unit": "Count"}
METRIC = {"Namespace": "Shop", "Dimensions": [[], ["model"]], "Metrics": [ANSWERS]}

def handler(event, context):
    if event.get("fail"):
        raise LookupError("no such model: next_item")
    at = int((time.time() - event.get("seconds_ago", 0)) * 1000)
    aws = {"Timestamp": at, "CloudWatchMetrics": [METRIC]}
    print(json.dumps({"_aws": aws, "Answers": 3, "model": "next_item", "schema": 1}))
    print("an ordinary line")
"""


@pytest.fixture(scope="session")
def running_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cloud, Path]]:
    home = tmp_path_factory.mktemp("cloud")
    yield cloud.up(home, SERVERS), home
    cloud.down(home)


@pytest.fixture(scope="session")
def aws(running_cloud: tuple[Cloud, Path]) -> Aws:
    running, home = running_cloud
    return Aws(endpoint=running.endpoint, home=home)


@pytest.fixture(scope="session")
def function(aws: Aws) -> str:
    """A function that prints a line with a metric, or fails if it is told to."""
    return aws.function("answers", HANDLER)
