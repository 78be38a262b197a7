from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain import artifact
from domain.artifact import Manifest
from tests.artifacts import archived, sealed
from tests.training.next_item.sessions import PARAMETERS
from training import champion, split
from training.behaviour import Trial
from training.champion import MIN_SESSIONS
from training.next_item import recipe
from training.next_item.sessions import Sessions

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def data(columns: Mapping[str, list[Any]]) -> Sessions:
    return recipe.load(columns)


@pytest.fixture
def trial(data: Sessions, tmp_path: Path) -> Trial[Sessions]:
    past, test = split.by_days(data, days=3)
    folder = tmp_path / "candidate"
    folder.mkdir()
    recipe.fit(past, folder, parameters=PARAMETERS, seed=1)
    return Trial(
        contract=recipe.CONTRACT,
        recipe=recipe,
        past=past,
        test=test,
        folder=folder,
        outcomes=recipe.outcomes(folder, test),
        parameters=PARAMETERS,
        seed=1,
    )


def trained(data: Sessions, folder: Path, *, until_ms: int, **parameters: Any) -> Manifest:
    """A champion that has learned from what ended before a moment."""
    folder.mkdir()
    learned = data.where(data.ended_at_S < until_ms)
    recipe.fit(learned, folder, parameters={**PARAMETERS, **parameters}, seed=1)
    return sealed(folder, version="job-0", learned_until_ms=int(learned.ended_at_S.max()))


def test_without_a_champion_there_is_nothing_to_compare(tmp_path: Path):
    assert champion.unpack(tmp_path / "no channel", tmp_path / "folder") is None


def test_the_champion_comes_as_the_archive_that_its_job_left(tmp_path: Path):
    (tmp_path / "job").mkdir()
    (tmp_path / "job/table.u32").write_bytes(b"1234")
    manifest = sealed(tmp_path / "job")
    (tmp_path / "channel").mkdir()
    (tmp_path / "channel/model.tar.gz").write_bytes(archived(tmp_path / "job"))

    assert champion.unpack(tmp_path / "channel", tmp_path / "folder") == manifest
    assert artifact.problems(tmp_path / "folder", manifest) == []


def test_the_same_model_leads_itself_by_nothing(trial: Trial[Sessions], data: Sessions, tmp_path: Path):
    test_from_ms = int(trial.test.started_at_S.min())
    manifest = trained(data, tmp_path / "champion", until_ms=test_from_ms)

    found = champion.compare(trial, data, folder=tmp_path / "champion", manifest=manifest)

    assert (found.lead.value, found.lead.low, found.lead.high) == (0, 0, 0)
    assert (found.version, found.digest, found.sessions) == ("job-0", manifest.digest, len(trial.test))


def test_a_worse_champion_is_led(trial: Trial[Sessions], data: Sessions, tmp_path: Path):
    manifest = trained(data, tmp_path / "champion", until_ms=int(data.started_at_S.min()) + DAY_MS)

    found = champion.compare(trial, data, folder=tmp_path / "champion", manifest=manifest)

    assert found.lead.low > 0
    assert found.candidate.value - found.metric.value == pytest.approx(found.lead.value, abs=2e-4)


def test_no_session_counts_that_the_champion_has_learned_from(
    trial: Trial[Sessions], data: Sessions, tmp_path: Path
):
    """It has seen the first of the three test days, so the candidate learns from that day too."""
    a_day_later = int(trial.test.started_at_S.min()) + DAY_MS
    manifest = trained(data, tmp_path / "champion", until_ms=a_day_later)

    found = champion.compare(trial, data, folder=tmp_path / "champion", manifest=manifest)

    assert found.sessions == int((data.started_at_S > manifest.learned_until_ms).sum()) < len(trial.test)
    assert (found.lead.low, found.lead.high) == (0, 0)


def test_a_champion_that_has_seen_all_there_is_cannot_be_compared(
    trial: Trial[Sessions], data: Sessions, tmp_path: Path
):
    manifest = trained(data, tmp_path / "champion", until_ms=int(data.ended_at_S.max()) + 1)

    found = champion.compare(trial, data, folder=tmp_path / "champion", manifest=manifest)

    assert found.lead is None
    assert found.not_compared == f"0 sessions began after what it learned from, {MIN_SESSIONS} are needed"


def test_a_champion_of_another_format_cannot_be_compared(
    trial: Trial[Sessions], data: Sessions, tmp_path: Path
):
    manifest = trained(data, tmp_path / "champion", until_ms=int(data.ended_at_S.max()) + 1)

    found = champion.compare(
        trial, data, folder=tmp_path / "champion", manifest=replace(manifest, format="next_item/1")
    )

    assert found.not_compared == f"its files are next_item/1, this code reads {recipe.FORMAT}"
