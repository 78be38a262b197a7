import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from training.next_item import recipe
from training.next_item.evaluate import NothingToEvaluate
from training.next_item.predict import Model
from training.next_item.recipe import FromTheFuture

AS_OF = datetime(2020, 6, 9, tzinfo=UTC)

Columns = Mapping[str, list[Any]]


def golden(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "golden.jsonl").read_text().splitlines()]


def test_the_model_beats_popularity_on_the_days_it_has_not_seen(columns: Columns, tmp_path: Path):
    report = recipe.train(columns, as_of=AS_OF, seed=1, folder=tmp_path)

    assert report.metrics["hit_rate_20"] > 2 * report.baseline_metrics["hit_rate_20"]
    assert report.metrics["mrr_20"] > 0.3


def test_what_ships_has_seen_the_test_days_too(columns: Columns, tmp_path: Path):
    report = recipe.train(columns, as_of=AS_OF, seed=1, folder=tmp_path)

    assert report.counts["sessions"] == len(columns["SESSION_KEY"])


def test_a_hundred_golden_requests_carry_the_answers_of_what_ships(columns: Columns, tmp_path: Path):
    recipe.train(columns, as_of=AS_OF, seed=1, folder=tmp_path)

    cases = golden(tmp_path)
    model = Model(tmp_path)
    assert len(cases) == 100
    for case in cases:
        request = case["request"]
        assert model.predict(request["events"], k=request["k"]).data == case["answer"]


def test_the_seed_chooses_the_golden_requests(columns: Columns, tmp_path: Path):
    chosen = []
    for seed in (1, 1, 2):
        recipe.train(columns, as_of=AS_OF, seed=seed, folder=tmp_path)
        chosen.append(golden(tmp_path))

    assert chosen[0] == chosen[1] != chosen[2]


def test_a_session_after_the_moment_of_the_snapshot_is_refused(columns: Columns, tmp_path: Path):
    with pytest.raises(FromTheFuture):
        recipe.train(columns, as_of=datetime(2020, 6, 8, tzinfo=UTC), seed=1, folder=tmp_path)


def test_fewer_days_than_the_test_needs_is_an_error(columns: Columns, tmp_path: Path):
    last_day = {name: values[-40:] for name, values in columns.items()}

    with pytest.raises(NothingToEvaluate):
        recipe.train(last_day, as_of=AS_OF, seed=1, folder=tmp_path)
