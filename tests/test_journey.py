"""The whole way of an event through the offline cloud: what `make run` does, on a smaller shop."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from training import contracts

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return walked(tmp_path_factory.mktemp("skiff"), "--sessions", "800")


def walked(home: Path, *options: str, tree: Path = ROOT) -> dict[str, Any]:
    """What the journey found; it had a cloud of its own, beside one that may be running."""
    ended = subprocess.run(
        [sys.executable, "-m", "ops", "journey", *options],
        cwd=tree,
        env={**os.environ, "SKIFF_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads((home / "journey.json").read_text())
    found["page"] = (home / "journey.html").read_text()
    return found


def test_nothing_is_lost_between_the_sender_and_the_warehouse(journey: dict[str, Any]) -> None:
    assert journey["sent"] == journey["accepted"] + journey["rejected"]
    assert journey["raw"] == journey["accepted"]
    assert journey["staged"] < journey["raw"]  # duplicates were sent
    assert journey["rejected"] > 0
    assert sum(journey["events"].values()) == journey["staged"]


def test_a_model_that_beats_popularity_went_live(journey: dict[str, Any]) -> None:
    assert journey["metrics"]["hit_rate_20"] > 2 * journey["baseline_metrics"]["hit_rate_20"]
    assert journey["version"] == "1"


def test_its_answers_came_over_http_and_are_in_the_warehouse(journey: dict[str, Any]) -> None:
    assert journey["predictions"]
    for prediction in journey["predictions"]:
        assert prediction["metadata"]["tier"] == "model"
        assert prediction["metadata"]["version"] == "1"
        assert len(prediction["items"]) == 20


def test_every_model_was_trained_and_judged_and_answers_on_its_own_path(journey: dict[str, Any]) -> None:
    models = journey["models"]

    assert set(models) == set(contracts.models())
    for model, found in models.items():
        metadata = found["answer"]["metadata"]
        assert metadata["model"] == model
        assert metadata["tier"] == ("model" if found["approved"] else "baseline"), found
        # in so small a shop it may be that nobody bought in the days held out
        reasons = ("the gate refused the model: ", "NothingToEvaluate: ")
        assert found["approved"] or found["refused"].startswith(reasons)
    assert set(models["purchase_intent"]["answer"]["data"]) == {"probability"}


def test_all_models_answer_one_request_as_each_does_alone(journey: dict[str, Any]) -> None:
    alone = {model: found["answer"]["data"] for model, found in journey["models"].items()}

    assert {model: answer["data"] for model, answer in journey["together"].items()} == alone


def test_a_live_answer_is_traced_to_the_files_of_the_log_that_hold_its_session(
    journey: dict[str, Any],
) -> None:
    kinds = [kind for kind, _ in journey["lineage"]]

    session = kinds.index("session")
    assert kinds[session + 1] == "file"
    assert ["version", "next_item/1"] in journey["lineage"]
    assert ["snapshot", f"next_item/{journey['snapshot']}"] in journey["lineage"]
    assert ["table", "raw.events"] in journey["lineage"]
    assert kinds[-1] == "file"


def test_a_burst_of_rubbish_made_the_alarm_fire_and_it_cleared(journey: dict[str, Any]) -> None:
    assert journey["alarm"] == {"name": "skiff-local-ingestion-rejected", "fired": True, "cleared": True}


def test_the_page_stands_by_itself(journey: dict[str, Any]) -> None:
    assert "<script" not in journey["page"]
    assert "http" not in journey["page"]
    assert f"{journey['sent']:,}" in journey["page"]


def data(folder: str) -> Path:
    path = Path(os.environ.get("SKIFF_DATA", ROOT / ".." / "shared" / "data")) / folder
    if not path.is_dir():
        pytest.skip(f"{path} is missing; SKIFF_DATA says where data lies")
    return path


@pytest.mark.prove
def test_of_a_real_shops_events_each_is_typed_and_what_is_missing_is_explained(tmp_path: Path) -> None:
    found = walked(tmp_path, "--data", str(data("rees46-sample")))

    assert found["events"] == {"view_item": 17_051, "purchase": 214, "add_to_cart": 164}
    assert found["accepted"] == found["raw"] == found["staged"] + 5 == 17_434
    assert found["import"]["rows read"] == "17,435"
    assert found["import"]["row 17436"] == "8 columns, expected 9: the row is cut"
    assert found["no_model"].startswith("NothingToEvaluate: no session ended before the last 3 days")
    assert found["version"] is None
    assert {prediction["metadata"]["tier"] for prediction in found["predictions"]} == {"baseline"}


@pytest.mark.prove
def test_invoices_make_orders_and_no_model_of_sessions(tmp_path: Path) -> None:
    found = walked(tmp_path, "--data", str(data("online-retail")))

    assert found["events"] == {"purchase": 21_067, "refund": 5_174}
    assert found["import"]["rows read"] == "541,909"
    assert found["no_model"].startswith("EmptySnapshot")


@pytest.mark.prove
def test_real_clicks_go_the_same_way_and_the_model_is_as_good_as_on_its_bench(tmp_path: Path) -> None:
    found = walked(tmp_path, "--data", str(data("bol-clicks")))

    assert found["accepted"] == found["raw"] == found["staged"] == 113_601
    assert found["metrics"]["hit_rate_20"] >= 0.645
    assert found["metrics"]["mrr_20"] >= 0.345
    assert 0.01 < found["baseline_metrics"]["hit_rate_20"] < 0.03
    assert {prediction["metadata"]["tier"] for prediction in found["predictions"]} == {"model"}
