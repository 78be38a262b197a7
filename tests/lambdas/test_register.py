import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters import artifacts, lake, registry
from domain import artifact
from domain.artifact import BrokenArtifact
from domain.evaluation import Evaluation
from domain.other_settings import RegisterSettings
from lambdas import register
from tests.artifacts import archived, sealed
from tests.evaluations import GOOD, beside_champion, sure
from tests.lambdas.collecting import make_stream, stored

CLIENTS = (artifacts._client, lake._firehose, registry._client)
GROUP = "skiff-test-next-item"
KEY = "models/next_item/job-1/output/model.tar.gz"
EVENT = {
    "model": "next_item",
    "group": GROUP,
    "job": "job-1",
    "model_data": f"s3://artifacts/{KEY}",
    "snapshot_id": "snapshot-1",
}


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    approve(monkeypatch, "auto")
    for client in CLIENTS:
        client.cache_clear()
    with mock_aws():
        make_stream("events")
        boto3.client("s3").create_bucket(Bucket="artifacts")
        boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
        yield
    for client in CLIENTS:
        client.cache_clear()


def approve(monkeypatch: pytest.MonkeyPatch, approval: str) -> None:
    settings = RegisterSettings(approval=approval, events_stream="events", metrics_namespace="Skiff/test")
    for name, value in settings.to_env().items():
        monkeypatch.setenv(name, value)
    register.settings.cache_clear()


def make_artifact(folder: Path, **about: Any) -> None:
    (folder / "table.u32").write_bytes(b"\1\0\0\0")
    (folder / "golden.jsonl").write_text("{}\n" * 100)
    sealed(folder, **about)


def upload(folder: Path, evaluation: Evaluation = GOOD) -> None:
    """The artifact and, evaluated as *evaluation* but for its digest, what the job leaves beside it."""
    artifacts.store("artifacts", KEY, archived(folder))
    output = folder.parent / f"{folder.name}-output"
    output.mkdir(exist_ok=True)
    found = replace(evaluation, digest=artifact.read_manifest(folder).digest)
    (output / "evaluation.json").write_text(found.to_json())
    (output / "card.html").write_text("<!doctype html>")
    artifacts.store("artifacts", KEY.replace("model.tar.gz", "output.tar.gz"), archived(output))


def packages() -> list[dict[str, Any]]:
    return boto3.client("sagemaker").list_model_packages(ModelPackageGroupName=GROUP)[
        "ModelPackageSummaryList"
    ]


def test_a_model_that_passes_its_gate_is_approved(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    make_artifact(tmp_path)
    upload(tmp_path)

    done = register.handler(EVENT, None)

    assert (done["version"], done["approved"], done["reasons"]) == (1, True, [])
    assert done["metrics"]["hit_rate_20"] == 0.65
    assert done["baseline_metrics"]["hit_rate_20"] == 0.02
    package = registry.describe(done["model_package_arn"])
    assert (package.status, package.model_data) == ("Approved", EVENT["model_data"])
    assert package.digest == artifact.read_manifest(tmp_path).digest
    assert (
        package.metadata.items()
        >= {"job": "job-1", "snapshot_id": "snapshot-1", "hit_rate_20": "0.65"}.items()
    )
    line = json.loads(capsys.readouterr().out)
    assert (line["GateRefused"], line["Quality"], line["model"]) == (0, 0.3, "next_item")


def test_evaluation_and_card_lie_beside_the_artifact_and_the_package_says_where(tmp_path: Path):
    make_artifact(tmp_path)
    upload(tmp_path)

    package = registry.describe(register.handler(EVENT, None)["model_package_arn"])

    folder = "s3://artifacts/models/next_item/job-1/output"
    assert package.metadata["evaluation"] == f"{folder}/evaluation.json"
    assert package.metadata["card"] == f"{folder}/card.html"
    kept = artifacts.read("artifacts", "models/next_item/job-1/output/evaluation.json")
    assert Evaluation.from_json(kept).metrics == GOOD.metrics
    card = boto3.client("s3").get_object(Bucket="artifacts", Key="models/next_item/job-1/output/card.html")
    assert card["ContentType"].startswith("text/html")


def test_a_model_must_have_been_compared_with_the_one_in_use(tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    make_artifact(first, version="job-0")
    upload(first)
    champion = register.handler({**EVENT, "job": "job-0"}, None)
    make_artifact(second)
    (second / "another.u32").write_bytes(b"1234")
    sealed(second)

    upload(second)
    refused = register.handler(EVENT, None)
    digest = artifact.read_manifest(first).digest
    upload(second, beside_champion(sure(0.02), digest=digest))
    passed = register.handler(EVENT, None)

    assert champion["approved"]
    assert refused["reasons"] == [f"it was not compared with the champion, {digest[:8]}"]
    assert passed["reasons"] == []


def test_an_evaluation_of_another_artifact_is_a_reason(tmp_path: Path):
    make_artifact(tmp_path)
    upload(tmp_path)
    (tmp_path / "table.u32").write_bytes(b"\2\0\0\0")
    sealed(tmp_path)
    artifacts.store("artifacts", KEY, archived(tmp_path))

    (reason,) = register.handler(EVENT, None)["reasons"]

    assert reason.startswith("the evaluation is of ")


def test_an_output_without_an_evaluation_is_not_registered(tmp_path: Path):
    make_artifact(tmp_path)
    upload(tmp_path)
    (tmp_path / "empty").mkdir()
    artifacts.store("artifacts", KEY.replace("model.tar.gz", "output.tar.gz"), archived(tmp_path / "empty"))

    with pytest.raises(BrokenArtifact, match=r"evaluation\.json"):
        register.handler(EVENT, None)

    assert packages() == []


def test_where_people_approve_a_good_model_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    approve(monkeypatch, "manual")
    make_artifact(tmp_path)
    upload(tmp_path)

    done = register.handler(EVENT, None)

    assert (done["approved"], done["reasons"]) == (False, [])
    assert registry.describe(done["model_package_arn"]).status == "PendingManualApproval"


def test_a_model_no_better_than_popularity_is_registered_as_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    make_artifact(tmp_path)
    upload(tmp_path, replace(GOOD, leads={**GOOD.leads, "popularity": sure(0.01)}))

    done = register.handler(EVENT, None)

    assert not done["approved"]
    assert done["reasons"][0].startswith("mrr_20_all leads popularity by 0.0100")
    package = registry.describe(done["model_package_arn"])
    assert package.status == "Rejected"
    assert package.metadata["reasons"].startswith("mrr_20_all leads popularity by 0.0100")
    assert json.loads(capsys.readouterr().out)["GateRefused"] == 1


def test_a_file_changed_after_training_is_a_reason(tmp_path: Path):
    make_artifact(tmp_path)
    upload(tmp_path)
    (tmp_path / "table.u32").write_bytes(b"\2\0\0\0")
    artifacts.store("artifacts", KEY, archived(tmp_path))

    done = register.handler(EVENT, None)

    assert done["reasons"] == ["table.u32 is not the file that was sealed"]


def test_the_artifact_of_another_job_is_a_reason(tmp_path: Path):
    make_artifact(tmp_path, version="job-0")
    upload(tmp_path)

    assert register.handler(EVENT, None)["reasons"] == ["version is job-0, ordered was job-1"]


def test_the_same_job_is_registered_once(tmp_path: Path):
    make_artifact(tmp_path)
    upload(tmp_path)

    first, second = register.handler(EVENT, None), register.handler(EVENT, None)

    assert second == first
    assert len(packages()) == 1


def test_the_run_is_in_the_log_and_told_twice_it_is_one(tmp_path: Path):
    make_artifact(tmp_path)
    upload(tmp_path)

    register.handler(EVENT, None)
    register.handler(EVENT, None)

    first, second = stored("events")
    assert first["event"] == second["event"]
    assert (first["site"], first["source"]) == ("training", "training")
    run = first["event"]
    assert (run["name"], run["run_id"], run["version"], run["status"]) == (
        "training_run",
        "job-1",
        "1",
        "Approved",
    )
    assert run["metrics"]["popularity_mrr_20_all"] == 0.02


def test_a_refused_run_is_in_the_log_with_its_reasons(tmp_path: Path):
    make_artifact(tmp_path)
    upload(tmp_path, replace(GOOD, leads={**GOOD.leads, "popularity": sure(0.01)}))

    register.handler(EVENT, None)

    (line,) = stored("events")
    assert line["event"]["status"] == "Rejected"
    assert line["event"]["reasons"][0].startswith("mrr_20_all leads popularity by 0.0100")


def test_what_a_person_decided_stays(tmp_path: Path):
    make_artifact(tmp_path)
    upload(tmp_path)
    package = registry.describe(register.handler(EVENT, None)["model_package_arn"])
    registry.reject(package, reason="sells out of season")

    again = register.handler(EVENT, None)

    assert not again["approved"]
    assert registry.describe(package.arn).metadata["reasons"] == "sells out of season"


def test_an_archive_that_would_escape_its_folder_is_not_registered(tmp_path: Path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../escaped"), io.BytesIO(b""))
    artifacts.store("artifacts", KEY, out.getvalue())

    with pytest.raises(BrokenArtifact, match="escaped"):
        register.handler(EVENT, None)

    assert packages() == []


def test_of_a_model_that_could_not_be_made_the_log_keeps_why():
    failure = {"Error": "EmptySnapshot", "Cause": json.dumps({"errorMessage": "no session"})}
    event = {"model": "next_item", "job": "next-item-1", "snapshot_id": "nightly-1", "failure": failure}

    assert register.handler(event, None) == {"model": "next_item", "failure": failure}

    [line] = stored("events")
    run = line["event"]
    assert (run["name"], run["run_id"], run["status"]) == ("training_run", "next-item-1", "Failed")
    assert run["reasons"] == ["EmptySnapshot: no session"]
    assert "version" not in run
