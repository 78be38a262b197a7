"""
The job as its container runs it: a folder laid out like /opt/ml, start.sh, and what it leaves behind.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain import artifact
from domain.evaluation import Evaluation
from domain.training_job import metric_definitions
from tests.artifacts import archived
from tests.training.made_up import before, lay_out
from training import contracts, job
from training.next_item.predict import Model
from training.recipe import FromTheFuture, NothingToEvaluate

CODE = Path(__file__).parents[2]


def start(root: Path, *, job: str = "next-item-1") -> subprocess.CompletedProcess[str]:
    """As the container does it; `python3` is the environment's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", str(CODE / "training/start.sh"), str(root)],
        cwd=CODE,
        env={"PATH": path, "TRAINING_JOB_NAME": job},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def trained(columns: Mapping[str, list[Any]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    root = tmp_path_factory.mktemp("ml")
    lay_out(root, columns)
    done = start(root)
    assert done.returncode == 0, done.stderr
    return root, done.stdout


def test_a_job_leaves_an_artifact_that_says_where_it_comes_from(trained: tuple[Path, str]):
    manifest = artifact.read_manifest(trained[0] / "model")

    assert artifact.problems(trained[0] / "model", manifest) == []
    assert (manifest.model, manifest.version) == ("next_item", "next-item-1")
    assert (manifest.snapshot_id, manifest.code_version, manifest.seed) == ("snapshot-1", "abc", 1)
    assert artifact.golden_requests(trained[0] / "model") == 100


def evaluated(root: Path) -> Evaluation:
    return Evaluation.from_json((root / "output/data/evaluation.json").read_text())


def test_a_job_prints_its_metrics_where_sagemaker_looks_for_them(trained: tuple[Path, str]):
    for name, metric in evaluated(trained[0]).metrics.items():
        (definition,) = metric_definitions([name])
        assert [float(value) for value in re.findall(definition["Regex"], trained[1])] == [metric.value]


def test_a_job_leaves_its_evaluation_and_its_card_beside_the_artifact(trained: tuple[Path, str]):
    found = evaluated(trained[0])

    assert found.digest == artifact.read_manifest(trained[0] / "model").digest
    assert (found.snapshot["snapshot_id"], found.version) == ("snapshot-1", "next-item-1")
    assert found.metrics["hit_rate_20"].value > 2 * found.baselines["popularity"]["hit_rate_20"].value
    assert found.champion is None
    assert found.leaks == ()
    assert 0 < found.latency_ms < contracts.of("next_item").latency_ms
    assert (trained[0] / "output/data/card.html").read_text().startswith("<!doctype html>")


def test_what_ships_has_seen_the_test_days_too(trained: tuple[Path, str], columns: Mapping[str, list[Any]]):
    assert evaluated(trained[0]).counts["sessions"] == len(columns["SESSION_KEY"])


def test_golden_requests_carry_the_answers_of_what_ships(trained: tuple[Path, str]):
    model = Model(trained[0] / "model")

    for line in (trained[0] / "model/golden.jsonl").read_text().splitlines():
        case = json.loads(line)
        assert model.predict(case["request"]["events"], k=case["request"]["k"]).data == case["answer"]


def test_the_champion_is_held_against_the_candidate(
    trained: tuple[Path, str], columns: Mapping[str, list[Any]], tmp_path: Path
):
    """The champion learned from all but the last day."""
    earlier, root = tmp_path / "earlier", tmp_path / "now"
    lay_out(earlier, before(columns, day=7))
    job.run(earlier, job="next-item-0")
    lay_out(root, columns)
    (root / "input/data/champion").mkdir()
    (root / "input/data/champion/model.tar.gz").write_bytes(archived(earlier / "model"))

    found = job.run(root, job="next-item-1").champion

    assert (found.version, found.sessions) == ("next-item-0", 40)
    assert found.lead.low <= found.lead.value <= found.lead.high


def test_the_same_snapshot_code_and_seed_give_the_same_digest(
    trained: tuple[Path, str], columns: Mapping[str, list[Any]], tmp_path: Path
):
    lay_out(tmp_path, columns)

    start(tmp_path, job="next-item-2")

    first, second = (artifact.read_manifest(root / "model") for root in (trained[0], tmp_path))
    assert second.version != first.version
    assert second.digest == first.digest


def test_a_session_after_the_moment_of_the_snapshot_ends_the_job(
    columns: Mapping[str, list[Any]], tmp_path: Path
):
    lay_out(tmp_path, columns, as_of="2020-06-08T00:00:00Z")

    with pytest.raises(FromTheFuture):
        job.run(tmp_path, job="next-item-1")


def test_fewer_days_than_the_test_needs_end_the_job(columns: Mapping[str, list[Any]], tmp_path: Path):
    lay_out(tmp_path, {name: values[-40:] for name, values in columns.items()})

    with pytest.raises(NothingToEvaluate):
        job.run(tmp_path, job="next-item-1")


def test_a_failed_job_tells_why_where_sagemaker_looks_for_it(
    columns: Mapping[str, list[Any]], tmp_path: Path
):
    lay_out(tmp_path, columns)
    (tmp_path / "input/data/snapshot/data.parquet").write_bytes(b"something else")

    done = start(tmp_path)

    assert done.returncode != 0
    failure = (tmp_path / "output/failure").read_text()
    assert failure.startswith("BrokenSnapshot: data.parquet has sha256")
    assert len(failure) <= 1024


def test_a_job_does_not_train_on_the_snapshot_of_another_model(
    columns: Mapping[str, list[Any]], tmp_path: Path
):
    lay_out(tmp_path, columns)
    manifest = tmp_path / "input/data/snapshot/manifest.json"
    manifest.write_text(manifest.read_text().replace('"next_item"', '"purchase_intent"'))

    done = start(tmp_path)

    assert done.returncode != 0
    assert (
        (tmp_path / "output/failure").read_text().startswith("WrongModel: the snapshot is of purchase_intent")
    )
