"""
Planted bad releases, through the offline cloud: each is detected and taken back, whoever asks meanwhile. And
deploys, which whether they succeed or fail change no answer.

The bad code is planted in a copy of the tree and deployed from there, under a steady stream of requests.
"""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ops.test_new_model import copied
from tests.test_journey import walked

pytestmark = pytest.mark.prove

LINE = "    received_at = datetime.now(UTC)\n    started = time.perf_counter()\n"
NOT_PROBED = 'if event["requestContext"]["requestId"] != "probe"'
PLANTED = {
    "one request of twelve fails": (
        "lambdas/predict.py",
        LINE,
        f'{LINE}    {NOT_PROBED} and os.urandom(1)[0] < 21:\n        raise RuntimeError("planted")\n',
    ),
    "every answer takes long": (
        "lambdas/predict.py",
        LINE,
        f"{LINE}    {NOT_PROBED}:\n        time.sleep(0.12)\n",
    ),
    "the worst comes first": (
        "training/next_item/predict.py",
        "ranking = self.rank(item_ids, k=k, exclude=exclude, site=site)",
        "ranking = self.rank(item_ids, k=k, exclude=exclude, site=site)[::-1]",
    ),
}
FAILS = PLANTED["one request of twelve fails"]
STACK = "stacks/serving.py"
END_OF_STACK = "        self.objectives = self._objectives()\n"
# CloudFormation waits for a signal that nobody gives, once every predict function has its new code
NEVER_ENDS = """        handle = cdk.CfnWaitConditionHandle(self, "Handle")
        never = cdk.CfnWaitCondition(self, "Never", handle=handle.ref, timeout="1", count=1)
        never.node.add_dependency(*self.endpoints.values())
"""
SHOW = """
import json
import boto3
from adapters import functions
from ops import deploy, cloud, releases, target
target.find("local")
name = deploy.outputs("local")["PredictNextItem"]
print(json.dumps({
    "url": deploy.url(cloud.enter()),
    "records": releases.recorded("local"),
    "fired": sorted({
        each["AlarmName"]
        for page in boto3.client("cloudwatch").get_paginator("describe_alarm_history").paginate()
        for each in page["AlarmHistoryItems"]
        if "to ALARM" in each["HistorySummary"]
    }),
    "function": {"live": vars(functions.route(name)), "code": functions.code_of(name)},
}))
"""
DEPLOY = """
import boto3
from ops import deploy
code = deploy.deploy("local")
[stack] = boto3.client("cloudformation").describe_stacks(StackName="skiff-local-Serving")["Stacks"]
print(stack["StackStatus"])
raise SystemExit(code)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A cloud in which next_item is live, and a tree to spoil."""
    home = tmp_path_factory.mktemp("releases")
    walked(home, "--sessions", "800", "--keep")
    tree = copied(tmp_path_factory.mktemp("tree"))
    yield home, tree
    ops(home, tree, "-m", "local", "down")


def ops(home: Path, tree: Path, *command: str, expected: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env={**os.environ, "SKIFF_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout


def found(home: Path, tree: Path) -> dict[str, Any]:
    return dict(json.loads(ops(home, tree, "-c", SHOW).splitlines()[-1]))


@contextmanager
def asking(url: str) -> Iterator[Counter[tuple[int, str]]]:
    """Requests without end from another thread; counts statuses and versions."""
    counts: Counter[tuple[int, str]] = Counter()
    is_over = threading.Event()

    def ask() -> None:
        number = 0
        while not is_over.is_set():
            number += 1
            body = {"client_id": f"visitor-{number}", "events": []}
            request = urllib.request.Request(  # the loopback
                f"{url}/predict/next_item", json.dumps(body).encode(), {"X-Write-Key": "demo-shop-key"}
            )
            try:
                with urllib.request.urlopen(request) as answer:
                    counts[answer.status, json.load(answer)["metadata"]["version"]] += 1
            except urllib.error.HTTPError as error:
                counts[error.code, ""] += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield counts
    finally:
        is_over.set()
        thread.join()


@contextmanager
def spoiled(tree: Path, file: str, good: str, bad: str) -> Iterator[None]:
    text = (tree / file).read_text()
    assert good in text
    (tree / file).write_text(text.replace(good, bad))
    try:
        yield
    finally:
        (tree / file).write_text(text)


@pytest.mark.parametrize("is_finished", [False, True], ids=["failed half way", "finished"])
def test_a_deploy_changes_no_answer(shop: tuple[Path, Path], is_finished: bool):
    """The code that it brings fails one request of twelve: it answers nobody until it has proven itself."""
    home, tree = shop
    before = found(home, tree)
    function = before["function"]
    ending = END_OF_STACK + ("" if is_finished else NEVER_ENDS)

    with spoiled(tree, *FAILS), spoiled(tree, STACK, END_OF_STACK, ending), asking(before["url"]) as counts:
        done = ops(home, tree, "-c", DEPLOY, expected=0 if is_finished else 1)

    after = found(home, tree)
    assert ("UPDATE_ROLLBACK_COMPLETE" in done) is not is_finished
    assert counts.keys() == {(200, "1")}
    assert counts[200, "1"] > 200
    assert after["function"]["live"] == function["live"]
    # what is published next would be new code, or after a failure still the old
    assert (after["function"]["code"] != function["code"]) is is_finished
    assert after["records"] == before["records"]


@pytest.mark.parametrize("what", PLANTED)
def test_a_bad_release_is_taken_back(shop: tuple[Path, Path], what: str):
    home, tree = shop
    before = found(home, tree)

    with spoiled(tree, *PLANTED[what]), asking(before["url"]) as counts:
        ops(home, tree, "-m", "ops", "deploy", "local")
        records = ended(home, tree, known=len(before["records"]))

    record = records[0]
    refused = sum(count for (status, _), count in counts.items() if status != 200)
    asked = counts.total()
    assert asked > 200
    assert {version for status, version in counts if status == 200} == {"1"}
    if what == "the worst comes first":
        assert (record["outcome"], refused) == ("refused", 0)
        assert "WrongAnswer" in record["reasons"][0]
    else:
        assert record["outcome"] == "undone"
        reasons = ("requests failed", "serving-health fired") if "fails" in what else ("answers took up to",)
        assert any(reason in told for reason in reasons for told in record["reasons"]), record["reasons"]
        if "fails" in what:
            assert "skiff-local-serving-next-item-errors" in found(home, tree)["fired"]
        # a tenth of the requests, and only until the first look at it
        assert refused <= (0 if "long" in what else asked * 0.05)
    live = found(home, tree)["records"]
    assert next(each for each in live if each["outcome"] == "live")["published"] == record["previous"]


def ended(home: Path, tree: Path, *, known: int) -> list[dict[str, Any]]:
    """The records once there is a new one; models without a version have none."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        records: list[dict[str, Any]] = found(home, tree)["records"]
        if len(records) > known:
            return records
        time.sleep(1)
    pytest.fail("the release did not end")
