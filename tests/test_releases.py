"""
Planted bad releases, through the offline cloud: each is detected and taken back, whoever asks meanwhile.

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
        "ranking = self.rank(item_ids, k=k, exclude=exclude)",
        "ranking = self.rank(item_ids, k=k, exclude=exclude)[::-1]",
    ),
}
SHOW = """
import json
from ops import deploy, cloud, releases, target
target.find("local")
records = releases._records("local")
print(json.dumps({"url": deploy.url(cloud.enter()), "records": records}))
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A cloud in which next_item is live, and a tree to spoil."""
    home = tmp_path_factory.mktemp("releases")
    walked(home, "--sessions", "800", "--keep")
    tree = copied(tmp_path_factory.mktemp("tree"))
    yield home, tree
    ops(home, tree, "-m", "local", "down")


def ops(home: Path, tree: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env={**os.environ, "SKIFF_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
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


@pytest.mark.parametrize("what", PLANTED)
def test_a_bad_release_is_taken_back(shop: tuple[Path, Path], what: str):
    home, tree = shop
    file, good, bad = PLANTED[what]
    text = (tree / file).read_text()
    assert good in text
    before = found(home, tree)

    (tree / file).write_text(text.replace(good, bad))
    try:
        with asking(before["url"]) as counts:
            ops(home, tree, "-m", "ops", "deploy", "local")
            records = ended(home, tree, known=len(before["records"]))
    finally:
        (tree / file).write_text(text)

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
