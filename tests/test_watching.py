"""
What visitors do changes, in the offline cloud: the watch sees it, an alarm fires, one training starts.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.local.emulated import eventually
from tests.test_journey import ROOT, walked
from tests.test_releases import ops

pytestmark = pytest.mark.prove

LOOKS = 900
WATCH = """
import json, sys, time, urllib.request
from datetime import UTC, datetime, timedelta
from adapters import alarms, artifacts, functions, machines
from ops import deploy, target
from ops.journey import wait_for

kind, count = sys.argv[1], int(sys.argv[2])
shop, known = target.find("local"), deploy.outputs("local")
key = next(iter(shop.write_keys))


def loaded():
    return functions.invoke(known["TransformFunction"], {"action": "count"})["raw"]


def event(number):
    client = {"event_id": f"{kind}-{number}", "client_id": f"{kind}-{number // 3}"}
    happened = {**client, "occurred_at": round(time.time() * 1000)}
    if kind == "stopped":
        return {**happened, "name": "page_view"}
    return {**happened, "name": "view_item", "items": [{"item_id": f"swapped-{number % 50}"}]}


before = loaded()
for first in range(0, count, 100):
    body = json.dumps({"events": [event(number) for number in range(first, first + 100)]}).encode()
    request = urllib.request.Request(f"{shop.url}/events", body, {"X-Write-Key": key})
    urllib.request.urlopen(request).read()
wait_for(lambda: loaded() >= before + count, what="the log")
execution = machines.start(known["RefreshArn"], {}, name=f"refresh-{kind}")
wait_for(lambda: machines.result(execution), what="the tables")

live = functions.route(known["PredictNextItem"]).version
published = functions.versions(known["PredictNextItem"])
release = next(each.release_id for each in published if each.number == live)
about = json.loads(artifacts.read(known["ArtifactsBucket"], f"layers/next_item/{release}.json"))
learned_until = datetime.fromtimestamp(about["champion"]["learned_until_ms"] / 1000, UTC)
# the day that begins where learning ended: all that has happened since
asked = {"models": ["next_item"], "as_of": (learned_until + timedelta(days=1)).isoformat()}
found = [functions.invoke(known["WatchFunction"], asked)["models"]["next_item"] for _ in range(2)]
assert found[0]["reasons"], found
wait_for(lambda: alarms.state("skiff-local-monitoring-next-item-drift") == "ALARM", what="the alarm")
wait_for(lambda: alarms.state("skiff-local-monitoring-next-item-drift") == "OK", what="the alarm to clear")
started = [each for each in machines.executions(known["PipelineArn"]) if ":retrain-" in each]
print(json.dumps({"found": found, "started": started}))
"""
ASK = """
import json
from ops import endpoint, target
shop = target.find("local")
request = {"client_id": "somebody", "events": []}
asked = {"model": "next_item", "write_key": next(iter(shop.write_keys)), "request": request}
print(json.dumps([each["item_id"] for each in endpoint.predict(shop.url, **asked)["data"]["items"]]))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("watching")
    walked(home, "--keep")
    yield home
    ops(home, ROOT, "-m", "local", "down")


def test_what_goes_out_of_stock_is_not_suggested_any_more(home: Path, tmp_path: Path):
    first, *others = suggested(home)
    (tmp_path / "out").write_text(f"{first}\n")

    ops(home, ROOT, "-m", "ops", "filters", "--out-of-stock", str(tmp_path / "out"))
    asked = eventually(lambda: first not in (found := suggested(home)) and found)

    assert asked[: len(others)] == others


def suggested(home: Path) -> list[str]:
    return list(json.loads(ops(home, ROOT, "-c", ASK).splitlines()[-1]))


def test_an_item_feed_that_stops_and_swapped_ids_start_one_training(home: Path):
    """First nobody looks at an item any more, then at those alone that nobody knows."""
    stopped, swapped = (watched(home, kind) for kind in ("stopped", "swapped"))

    for told in (stopped, swapped):
        for found in told["found"]:
            assert any(reason.startswith("InputDrift") for reason in found["reasons"])
    assert swapped["found"][0]["NewItemShare"] == 1
    assert stopped["found"][0]["retraining"] == "started"
    later = [found["retraining"] for found in (stopped["found"][1], *swapped["found"])]
    assert all(text.startswith("cooling down") for text in later)
    assert len(stopped["started"]) == 1
    assert stopped["started"] == swapped["started"]


def watched(home: Path, kind: str) -> dict[str, Any]:
    return dict(json.loads(ops(home, ROOT, "-c", WATCH, kind, str(LOOKS)).splitlines()[-1]))
