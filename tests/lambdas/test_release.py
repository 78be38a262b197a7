import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters import artifacts, functions, registry
from domain import layer
from domain.artifact import BrokenArtifact
from domain.probe import WrongAnswer
from domain.settings import ReleaseSettings
from lambdas import release
from stacks.release import STEPS
from tests.artifacts import archived, sealed

FUNCTION = "predict"
GROUP = "skiff-test-next-item"
MODEL_DATA = "s3://artifacts/models/job-1/output/model.tar.gz"
ANSWER = {"items": [{"item_id": "sail", "score": 0.5}]}
CASE = {"request": {"client_id": "golden", "events": []}, "answer": ANSWER}

Invoke = Callable[[str, str, dict[str, Any]], dict[str, Any]]


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings = ReleaseSettings(
        artifacts_bucket="artifacts",
        predict_functions={"next_item": FUNCTION},
        layers={"next_item": "skiff-test-next-item"},
        probe_key="probe",
    )
    for name, value in settings.to_env().items():
        monkeypatch.setenv(name, value)
    caches = (artifacts._client, registry._client, functions._client, release.settings)
    for cached in caches:
        cached.cache_clear()
    with mock_aws(config={"lambda": {"use_docker": False}}):
        boto3.client("s3").create_bucket(Bucket="artifacts")
        boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
        make_function()
        functions._client().meta.events.register("after-call.lambda.GetFunctionConfiguration", add_revision)
        yield
    for cached in caches:
        cached.cache_clear()


def add_revision(parsed: dict[str, Any], **_: Any) -> None:
    """Lambda always says which revision it describes; moto does not."""
    parsed.setdefault("RevisionId", "1")


def make_function() -> None:
    """As the stack leaves it: a first version, and the alias at it."""
    role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("lambdas/predict.py", "")
    client = boto3.client("lambda")
    client.create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Role=role,
        Handler="lambdas.predict.handler",
        Code={"ZipFile": code.getvalue()},
    )
    first = client.publish_version(FunctionName=FUNCTION)["Version"]
    client.create_alias(FunctionName=FUNCTION, Name="live", FunctionVersion=first)


@pytest.fixture
def approved(tmp_path: Path) -> dict[str, Any]:
    """An approved model package, as the event hands it to the machine."""
    (tmp_path / "table.u32").write_bytes(b"\1\0\0\0")
    (tmp_path / "golden.jsonl").write_text(f"{json.dumps(CASE)}\n" * 3)
    manifest = sealed(tmp_path)
    upload(tmp_path)
    metadata = {"model": "next_item", "job": "job-1", "digest": manifest.digest}
    package = registry.register(GROUP, model_data=MODEL_DATA, metadata=metadata)
    return {"model_package_arn": registry.approve(package).arn}


def upload(folder: Path) -> None:
    artifacts.store("artifacts", "models/job-1/output/model.tar.gz", archived(folder))


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, Any]], list[str]]:
    """Stand in for the function's runtime, which moto lacks; returns the qualifiers that were asked."""

    def install(version: str, data: dict[str, Any]) -> list[str]:
        asked: list[str] = []

        def invoke(_function: str, qualifier: str, _event: dict[str, Any]) -> dict[str, Any]:
            asked.append(qualifier)
            return {"statusCode": 200, "body": json.dumps({"data": data, "metadata": {"version": version}})}

        monkeypatch.setattr(functions, "invoke", invoke)
        return asked

    return install


def run(known: dict[str, Any], *steps: str) -> dict[str, Any]:
    for step in steps:
        known = release.handler({"step": step, "release": known}, None)
    return known


def test_a_release_ends_with_the_alias_at_the_published_version(approved, answers) -> None:
    asked = answers("1", ANSWER)

    done = run(approved, "bake", "publish", "probe", "shift", "verify")

    assert functions.live(FUNCTION) == done["published"] != "1"
    assert done["probed"] == 3
    assert asked == [done["published"]] * 3 + ["live"]


def test_every_step_may_run_twice(approved, answers) -> None:
    answers("1", ANSWER)

    twice = run(approved, *[s for step in STEPS for s in (step, step)])

    versions = boto3.client("lambda").list_versions_by_function(FunctionName=FUNCTION)["Versions"]
    assert twice["previous"] == "1"
    assert functions.live(FUNCTION) == twice["published"]
    assert len(boto3.client("lambda").list_layer_versions(LayerName=GROUP)["LayerVersions"]) == 1
    assert {v["Version"] for v in versions} >= {"1", twice["published"]}


def test_the_same_model_bakes_the_same_bytes(approved) -> None:
    first = artifacts.read("artifacts", run(approved, "bake")["layer"])

    again = artifacts.read("artifacts", run(approved, "bake")["layer"])

    assert first == again


def test_a_package_that_is_no_longer_approved_is_not_baked(approved) -> None:
    registry.reject(registry.describe(approved["model_package_arn"]), reason="found wanting")

    with pytest.raises(release.NotApproved, match="Rejected"):
        run(approved, "bake")


def test_an_artifact_that_was_changed_after_approval_is_not_baked(approved, tmp_path: Path) -> None:
    (tmp_path / "table.u32").write_bytes(b"\2\0\0\0")
    upload(tmp_path)

    with pytest.raises(BrokenArtifact, match=r"table\.u32"):
        run(approved, "bake")


@pytest.mark.parametrize(
    ("version", "data", "difference"),
    [
        ("1", {"items": [{"item_id": "rope", "score": 0.5}]}, "rope"),
        ("1", {"items": [{"item_id": "sail", "score": 0.500002}]}, "0.500002"),
        ("1", {"items": []}, "expected"),
        ("7", ANSWER, "version 7"),
    ],
)
def test_a_version_that_answers_otherwise_never_goes_live(
    approved, answers, version, data, difference
) -> None:
    answers(version, data)

    with pytest.raises(WrongAnswer, match=difference):
        run(approved, "bake", "publish", "probe", "shift")

    assert functions.live(FUNCTION) == "1"


def test_what_answers_otherwise_once_live_is_seen_and_undone(approved, answers) -> None:
    answers("1", ANSWER)
    shifted = run(approved, "bake", "publish", "probe", "shift")
    answers("1", {"items": []})

    with pytest.raises(WrongAnswer):
        run(shifted, "verify")
    undone = run({**shifted, "failure": {"Cause": "wrong"}}, "undo", "undo")

    assert functions.live(FUNCTION) == undone["live"] == "1"


def test_undoing_what_never_went_live_changes_nothing(approved, answers) -> None:
    answers("1", ANSWER)
    probed = run(approved, "bake", "publish", "probe")

    run(probed, "undo")

    assert functions.live(FUNCTION) == "1"


def test_an_alias_that_somebody_else_moved_is_left_alone(approved, answers) -> None:
    answers("1", ANSWER)
    probed = run(approved, "bake", "publish", "probe")
    boto3.client("lambda").update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="$LATEST")

    with pytest.raises(functions.AliasMoved):
        run(probed, "shift")


def test_the_layer_holds_the_artifact_and_says_what_it_is(approved) -> None:
    baked = run(approved, "bake")
    content = artifacts.read("artifacts", baked["layer"])

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        says = json.loads(archive.read(f"{layer.PACKAGE}/release.json"))

    assert says == baked["identity"]
    assert f"{layer.PACKAGE}/champion/table.u32" in names
    assert f"{layer.PACKAGE}/champion/manifest.json" in names
