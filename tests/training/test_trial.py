import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.contract import Contract
from training.next_item import recipe
from training.trial import Shown, Training

CONTRACT = replace(recipe.CONTRACT, search=replace(recipe.CONTRACT.search, points=1))


def training(columns: Mapping[str, list[Any]], contract: Contract = CONTRACT) -> Training[Any]:
    return Training.of(contract, recipe, columns, as_of=datetime(2020, 6, 9, tzinfo=UTC), seed=1)


@pytest.fixture(scope="module")
def shown(columns: Mapping[str, list[Any]], tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("channels")
    return training(columns).show(champion_channel=folder, checkpoints=folder / "points")


def test_what_is_measured_has_not_seen_the_test_days(shown: Shown, columns: Mapping[str, list[Any]]):
    """Of what was new on one of the last three days the model of the past knows nothing."""
    sessions = [json.loads(item_ids) for item_ids in columns["ITEM_IDS"]]
    known = {item_id for item_ids in sessions[:-120] for item_id in item_ids}
    unseen = [item_id for item_ids in sessions[-120:] for item_id in item_ids[1:] if item_id not in known]

    assert shown.slices["popularity"]["unseen"].predictions == len(unseen) > 0
    assert shown.counts["test_sessions"] == 120


def test_every_metric_has_an_interval_for_the_model_and_for_each_baseline(shown: Shown):
    names = {metric.name for metric in CONTRACT.metrics}

    assert shown.metrics.keys() == names
    assert {name: metrics.keys() for name, metrics in shown.baselines.items()} == {
        baseline.name: names for baseline in CONTRACT.baselines
    }
    for metric in shown.metrics.values():
        assert metric.low < metric.value < metric.high


def test_a_lead_is_what_lies_between_the_two(shown: Shown):
    for name, lead in shown.leads.items():
        own, other = shown.metrics["mrr_20_all"], shown.baselines[name]["mrr_20_all"]
        assert lead.value == pytest.approx(own.value - other.value, abs=2e-4)
        assert lead.high - lead.low < (own.high - own.low) + (other.high - other.low)  # paired


def test_the_parts_of_a_slice_are_all_predictions(shown: Shown):
    assert shown.slices.keys() == set(CONTRACT.slices)
    for parts in shown.slices.values():
        assert sum(part.predictions for part in parts.values()) == shown.counts["predictions"]


def test_no_more_sessions_are_asked_about_than_the_contract_says(
    columns: Mapping[str, list[Any]], tmp_path: Path
):
    few = replace(CONTRACT, test_sessions=50)

    found = training(columns, few).show(champion_channel=tmp_path, checkpoints=tmp_path / "points")

    assert found.counts["test_sessions"] == 50


def test_what_ships_knows_every_day_and_carries_a_hundred_requests(
    columns: Mapping[str, list[Any]], tmp_path: Path
):
    shipped = training(columns).ship(tmp_path, CONTRACT.search.first)

    assert shipped.counts["sessions"] == len(columns["SESSION_KEY"])
    assert len((tmp_path / "golden.jsonl").read_text().splitlines()) == 100
    assert shipped.latency_ms > 0 and shipped.fit_cpu_seconds > 0
