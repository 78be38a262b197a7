"""
The job as its container runs it: a folder laid out like /opt/ml, start.sh, and what it leaves behind.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain import artifact
from domain.training_job import METRICS

CODE = Path(__file__).parents[2]
PARAMETERS = {"model": "next_item", "as_of": "2020-06-09T00:00:00Z", "seed": "1", "code_version": "abc"}


def lay_out(root: Path, columns: Mapping[str, list[Any]], **parameters: str) -> None:
    channel = root / "input/data/snapshot"
    channel.mkdir(parents=True)
    pq.write_table(pa.table(dict(columns)), channel / "data.parquet")
    sha256 = hashlib.sha256((channel / "data.parquet").read_bytes()).hexdigest()
    files = [{"key": "snapshots/next_item/snapshot-1/data.parquet", "sha256": sha256}]
    manifest = {"model": "next_item", "snapshot_id": "snapshot-1", "files": files}
    (channel / "manifest.json").write_text(json.dumps(manifest))
    config = root / "input/config"
    config.mkdir()
    (config / "hyperparameters.json").write_text(json.dumps({**PARAMETERS, **parameters}))


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


def test_a_job_prints_its_metrics_where_sagemaker_looks_for_them(trained: tuple[Path, str]):
    manifest = artifact.read_manifest(trained[0] / "model")

    for metric in METRICS:
        found = re.findall(rf"(?:^|\s){metric}=([0-9.]+);", trained[1])
        assert [float(value) for value in found] == [manifest.metrics[metric]]


def test_a_job_leaves_its_evaluation_beside_the_artifact(trained: tuple[Path, str]):
    evaluation = json.loads((trained[0] / "output/data/evaluation.json").read_text())

    assert evaluation["hyperparameters"] == PARAMETERS
    assert evaluation["metrics"]["hit_rate_20"] > evaluation["baseline_metrics"]["hit_rate_20"]
    assert evaluation["counts"]["predictions"] > 0


def test_the_same_snapshot_code_and_seed_give_the_same_digest(
    trained: tuple[Path, str], columns: Mapping[str, list[Any]], tmp_path: Path
):
    lay_out(tmp_path, columns)

    start(tmp_path, job="next-item-2")

    first, second = (artifact.read_manifest(root / "model") for root in (trained[0], tmp_path))
    assert second.version != first.version
    assert second.digest == first.digest


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
