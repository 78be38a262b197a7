import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters import alarms, artifacts, functions, lake, metrics, registry
from adapters.functions import Route
from domain import layer
from domain.artifact import BrokenArtifact
from domain.other_settings import ReleaseSettings
from domain.probe import WrongAnswer
from lambdas import candidate, release
from tests.artifacts import archived, sealed
from tests.lambdas.collecting import make_stream, stored

FUNCTION = "predict"
GROUP = "skiff-test-next-item"
NAMESPACE = "Skiff/test"
TO_SHIFT = ("plan", "bake", "publish", "probe", "rehearse", "shift")
FIRST = (*TO_SHIFT, "verify")
VALUES = metrics.values
ANSWER = {"items": [{"item_id": "sail", "score": 0.5}]}
CASE = {"request": {"client_id": "golden", "events": []}, "answer": ANSWER}


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    set_to(monkeypatch)
    monkeypatch.setattr(metrics, "values", with_maximum)
    caches = (
        artifacts._client,
        registry._client,
        functions._client,
        lake._firehose,
        metrics._cloudwatch,
        alarms._client,
    )
    for cached in caches:
        cached.cache_clear()
    with mock_aws(config={"lambda": {"use_docker": False}}):
        boto3.client("s3").create_bucket(Bucket="artifacts")
        boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
        make_stream("events")
        make_function()
        functions._client().meta.events.register("after-call.lambda.GetFunctionConfiguration", add_revision)
        yield
    for cached in caches:
        cached.cache_clear()


def set_to(monkeypatch: pytest.MonkeyPatch, **other: Any) -> None:
    settings: dict[str, Any] = {
        "artifacts_bucket": "artifacts",
        "predict_functions": {"next_item": FUNCTION},
        "layers": {"next_item": GROUP},
        "transform_function": "transform",
        "probe_key": "probe",
        "canary_share": 0.1,
        "watch_seconds": 60,
        "patience_seconds": 600,
        "minimum_answers": 20,
        "unproven": "undo",
        "health_alarm": "",
        "kept_releases": 2,
        "events_stream": "events",
        "metrics_namespace": NAMESPACE,
    }
    for name, value in ReleaseSettings(**{**settings, **other}).to_env().items():
        monkeypatch.setenv(name, value)
    release.settings.cache_clear()


def with_maximum(wanted: Mapping[str, metrics.Wanted], **times: Any) -> dict[str, list[float]]:
    """moto knows no percentiles."""
    known = {
        name: (namespace, metric, dimensions, "Maximum" if statistic == "p99" else statistic)
        for name, (namespace, metric, dimensions, statistic) in wanted.items()
    }
    return VALUES(known, **times)


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
        Description="POST /predict/next_item",
        Code={"ZipFile": code.getvalue()},
    )
    first = client.publish_version(FunctionName=FUNCTION)["Version"]
    client.create_alias(FunctionName=FUNCTION, Name="live", FunctionVersion=first)


class Runtime:
    """Stands in for Lambda's runtime, which moto lacks: what versions answer, and who was asked what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.version, self.data = "1", ANSWER
        self.logged: list[dict[str, Any]] = []

    def invoke(self, function: str, event: dict[str, Any], *, qualifier: str = "") -> dict[str, Any]:
        if function == "transform":
            assert event == {"action": "logged_requests", "model": "next_item"}
            return {"requests": self.logged}
        self.asked.append((qualifier, json.loads(event["body"])))
        body = {"data": self.data, "metadata": {"version": self.version}}
        return {"statusCode": 200, "body": json.dumps(body)}

    def qualifiers(self) -> list[str]:
        return [qualifier for qualifier, _ in self.asked]


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    runtime = Runtime()
    monkeypatch.setattr(functions, "invoke", runtime.invoke)
    monkeypatch.setattr(candidate, "_opened", lambda *_: Offline())
    return runtime


class Offline:
    """A model outside of Lambda, which says what the golden answers say."""

    data = ANSWER

    def predict(self, _events: Any, **_asked: Any) -> "Offline":
        return self


def package(folder: Path, table: bytes = b"\1\0\0\0", job: str = "job-1") -> dict[str, Any]:
    """An approved model package, as the event hands it to the machine."""
    (folder / "table.u32").write_bytes(table)
    (folder / "golden.jsonl").write_text(f"{json.dumps(CASE)}\n" * 3)
    manifest = sealed(folder)
    upload(folder, job)
    metadata = {"model": "next_item", "job": job, "digest": manifest.digest}
    found = registry.register(GROUP, model_data=f"s3://artifacts/{job}/model.tar.gz", metadata=metadata)
    return {"model_package_arn": registry.approve(found).arn, "execution": job}


@pytest.fixture
def approved(tmp_path: Path) -> dict[str, Any]:
    return package(tmp_path)


@pytest.fixture
def live(approved: dict[str, Any], runtime: Runtime) -> dict[str, Any]:
    """A release that is live already, so that the next one is shared."""
    return run(approved, *FIRST, "record")


@pytest.fixture
def second(tmp_path: Path, live: dict[str, Any], runtime: Runtime) -> dict[str, Any]:
    runtime.version = "2"
    folder = tmp_path / "second"
    folder.mkdir()
    return package(folder, b"\2\0\0\0", "job-2")


def upload(folder: Path, job: str = "job-1") -> None:
    artifacts.store("artifacts", f"{job}/model.tar.gz", archived(folder))


def run(known: dict[str, Any], *steps: str) -> dict[str, Any]:
    for step in steps:
        known = release.handler({"step": step, "release": known}, None)
    return known


def counted(known: dict[str, Any], *, errors: int = 0, old: bool = False, **values: float) -> None:
    """What a version did since the shift, as its metrics tell: Answers, Fallbacks, TookMs."""
    client = boto3.client("cloudwatch")
    release_id = known["previous_release"] if old else known["release"]["release_id"]
    version = known["previous"] if old else known["published"]
    by_release = {"model": "next_item", "release": release_id}
    executed = {"FunctionName": FUNCTION, "Resource": f"{FUNCTION}:live", "ExecutedVersion": version}
    data = [*((NAMESPACE, name, value, by_release) for name, value in values.items())]
    for namespace, name, value, dimensions in [*data, ("AWS/Lambda", "Errors", errors, executed)]:
        client.put_metric_data(
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": name,
                    "Value": value,
                    "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
                }
            ],
        )


def watched(known: dict[str, Any], seconds: float) -> dict[str, Any]:
    """As if the shift was so long ago."""
    return {**known, "shifted_at": (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()}


def test_a_first_release_answers_everybody_at_once(approved, runtime) -> None:
    done = run(approved, *FIRST)

    assert functions.route(FUNCTION) == Route(version=done["published"])
    assert (done["probed"], done["is_shared"], done["outcome"]) == (3, False, "live")
    assert runtime.qualifiers() == [done["published"]] * 3 + ["live"]


def test_every_step_may_run_twice(approved, runtime) -> None:
    twice = run(approved, *[s for step in (*FIRST, "record", "tidy") for s in (step, step)])

    assert twice["previous"] == "1"
    assert functions.route(FUNCTION) == Route(version=twice["published"])
    assert len(boto3.client("lambda").list_layer_versions(LayerName=GROUP)["LayerVersions"]) == 1
    assert {each.number for each in functions.versions(FUNCTION)} == {"1", twice["published"]}
    assert len({line["event"]["event_id"] for line in stored("events")}) == 1


def test_the_next_release_gets_a_share_until_it_has_proven_itself(second, runtime) -> None:
    shared = run(second, *TO_SHIFT)
    split = functions.route(FUNCTION)
    counted(shared, Answers=30, Fallbacks=3, TookMs=3.0)
    counted(shared, old=True, Answers=270, Fallbacks=27, TookMs=3.0)

    early = run(shared, "judge")
    late = run(watched(shared, 61), "judge")
    done = run(late, "promote", "promote", "verify")

    assert split == Route(version=shared["previous"], candidate=shared["published"], share=0.1)
    assert (early["decision"], late["decision"]) == ("wait", "good")
    assert late["judged"]["new"] == {"answers": 30, "errors": 0, "fallbacks": 3, "p99_ms": 3.0}
    assert functions.route(FUNCTION) == Route(version=done["published"])


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ({"Answers": 55, "errors": 5, "TookMs": 3.0}, "5 of 60 requests failed"),
        ({"Answers": 60, "Fallbacks": 60, "TookMs": 3.0}, "came without the model"),
        ({"Answers": 60, "TookMs": 400.0}, "took up to 400.0 ms"),
    ],
)
def test_a_release_that_breaks_a_limit_is_undone_at_once(second, does, reason) -> None:
    shared = run(second, *TO_SHIFT)
    counted(shared, old=True, Answers=540, Fallbacks=5, TookMs=3.0)
    counted(shared, **does)

    judged = run(shared, "judge")
    undone = run(judged, "undo", "undo", "record")

    assert judged["decision"] == "bad"
    assert reason in judged["reasons"][0]
    assert functions.route(FUNCTION) == Route(version=shared["previous"])
    assert (undone["record"]["outcome"], undone["record"]["reasons"]) == ("undone", judged["reasons"])


@pytest.mark.parametrize(("unproven", "decision"), [("undo", "bad"), ("promote", "good")])
def test_what_too_few_asked_is_settled_by_the_environment(
    second, monkeypatch: pytest.MonkeyPatch, unproven, decision
) -> None:
    set_to(monkeypatch, unproven=unproven)
    shared = run(second, *TO_SHIFT)

    judged = run(watched(shared, 601), "judge")

    assert judged["decision"] == decision
    assert judged["reasons"] == ["0 requests in 601 s, 20 are needed"]


def test_a_health_alarm_that_the_release_brought_about_ends_it(
    second, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to(monkeypatch, health_alarm="health")
    states = {"health": "OK"}
    monkeypatch.setattr(alarms, "state", states.__getitem__)
    shared = run(second, *TO_SHIFT)
    states["health"] = "ALARM"

    judged = run(shared, "judge")

    assert (judged["decision"], judged["reasons"]) == ("bad", ["health fired"])


def test_what_was_ill_before_the_release_does_not_stop_its_cure(
    second, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to(monkeypatch, health_alarm="health")
    monkeypatch.setattr(alarms, "state", {"health": "ALARM"}.__getitem__)

    assert run(second, *TO_SHIFT, "judge")["decision"] == "wait"


def test_a_duplicate_event_of_what_is_live_changes_nothing(approved, live, runtime) -> None:
    asked = len(runtime.asked)

    again = run({**approved, "execution": "again"}, "plan", "record")

    assert (again["next"], again["outcome"]) == ("nothing", "nothing")
    assert len(runtime.asked) == asked


def test_of_two_releases_at_once_one_wins_and_the_other_says_why(second, tmp_path, runtime) -> None:
    folder = tmp_path / "third"
    folder.mkdir()
    third = package(folder, b"\3\0\0\0", "job-3")
    first = run(second, *TO_SHIFT)
    runtime.version = "3"
    later = run(third, *TO_SHIFT[:-1])

    with pytest.raises(functions.AliasMoved, match="another release is under way"):
        run(later, "shift")
    refused = run({**later, "failure": {"Error": "AliasMoved", "Cause": "busy"}}, "undo", "record")

    assert refused["record"]["outcome"] == "refused"
    assert functions.route(FUNCTION).candidate == first["published"]


def test_the_same_model_bakes_the_same_bytes(approved, runtime) -> None:
    first = artifacts.read("artifacts", run(approved, "plan", "bake")["layer"])

    again = artifacts.read("artifacts", run(approved, "plan", "bake")["layer"])

    assert first == again


def test_a_package_that_is_no_longer_approved_is_not_released(approved) -> None:
    registry.reject(registry.describe(approved["model_package_arn"]), reason="found wanting")

    with pytest.raises(candidate.NotApproved, match="Rejected"):
        run(approved, "plan")


def test_the_item_filters_of_now_go_along(approved, runtime) -> None:
    boto3.client("s3").put_object(Bucket="artifacts", Key="filters/shop.json", Body=b'{"denied": ["gun"]}')

    content = artifacts.read("artifacts", run(approved, "plan", "bake")["layer"])

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("python/skiff_model/filters/shop.json") == b'{"denied": ["gun"]}'


def test_an_artifact_that_was_changed_after_approval_is_not_baked(approved, tmp_path: Path) -> None:
    (tmp_path / "table.u32").write_bytes(b"\2\0\0\0")
    upload(tmp_path)

    with pytest.raises(BrokenArtifact, match=r"table\.u32"):
        run(approved, "plan", "bake")


def test_code_that_was_deployed_meanwhile_is_not_published_as_the_one_that_was_meant(approved) -> None:
    baked = run(approved, "plan", "bake")

    with pytest.raises(candidate.CodeChanged):
        run({**baked, "code": "another"}, "publish")


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
    approved, runtime, version, data, difference
) -> None:
    runtime.version, runtime.data = version, data

    with pytest.raises(WrongAnswer, match=difference):
        run(approved, "plan", "bake", "publish", "probe")

    assert functions.route(FUNCTION) == Route(version="1")


def test_logged_requests_are_put_to_both_versions_and_to_the_artifact(second, runtime) -> None:
    runtime.logged = [
        {"site": "shop", "request": {"client_id": "anna", "events": []}, "next_item_id": "sail"},
        {"site": "shop", "request": {"client_id": "ben", "events": [], "k": 3}, "next_item_id": None},
    ]

    rehearsed = run(second, *TO_SHIFT[:-1])

    assert rehearsed["rehearsed"] == {
        "requests": 2, "labelled": 1, "hit_rate": 1, "hit_rate_before": 1, "overlap": 1, "changed_first": 0,
    }  # fmt: skip
    asked = runtime.asked[-4:]
    assert [qualifier for qualifier, _ in asked] == [rehearsed["published"], rehearsed["previous"]] * 2
    assert asked[0][1] == {"client_id": "anna", "events": [], "site": "shop", "arm": "champion"}


def test_a_function_that_answers_otherwise_than_its_artifact_is_refused(
    second, runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.logged = [{"site": "shop", "request": {"client_id": "anna", "events": []}}]
    monkeypatch.setattr(Offline, "data", {"items": [{"item_id": "sail", "score": 0.6}]})

    with pytest.raises(WrongAnswer, match=r"0\.5, expected 0\.6"):
        run(second, *TO_SHIFT[:-1])


def test_what_answers_otherwise_once_live_is_seen_and_undone(approved, runtime) -> None:
    shifted = run(approved, *FIRST[:-1])
    runtime.data = {"items": []}

    with pytest.raises(WrongAnswer):
        run(shifted, "verify")
    undone = run({**shifted, "failure": {"Error": "WrongAnswer", "Cause": "wrong"}}, "undo", "undo", "record")

    assert functions.route(FUNCTION) == Route(version="1")
    assert undone["record"]["outcome"] == "undone"
    assert undone["record"]["reasons"] == ["WrongAnswer: wrong"]


def test_an_alias_that_leads_elsewhere_is_not_what_was_meant(approved, runtime) -> None:
    promoted = run(approved, *FIRST[:-1])
    boto3.client("lambda").update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion="1")

    with pytest.raises(release.NotLive):
        run(promoted, "verify")


def test_a_rollback_goes_to_the_release_before_and_says_so(live, second, runtime) -> None:
    done = run(watched(run(second, *TO_SHIFT), 61), "promote", "verify")
    asked = {"kind": "rollback", "model": "next_item", "reason": "odd", "by": "me", "execution": "back"}

    back = run(asked, "plan", "shift", "shift", "verify", "record")

    assert done["published"] == back["previous"]
    assert functions.route(FUNCTION) == Route(version=live["published"])
    (event,) = (line["event"] for line in stored("events") if line["event"]["execution"] == "back")
    assert (event["name"], event["kind"], event["outcome"]) == ("release", "rollback", "live")
    assert (event["reason"], event["by"]) == ("odd", "me")
    assert event["release_id"] == live["release"]["release_id"]


def test_a_rollback_frees_what_a_roll_out_has_left_behind(live, second) -> None:
    run(second, *TO_SHIFT)

    run({"kind": "rollback", "model": "next_item", "execution": "x"}, "plan", "shift")

    assert functions.route(FUNCTION) == Route(version=live["published"])


def test_a_rollback_to_what_is_not_published_names_what_is(live) -> None:
    asked = {"kind": "rollback", "model": "next_item", "to": "next_item-9", "execution": "x"}

    with pytest.raises(release.NoSuchRelease, match=live["release"]["release_id"]):
        run(asked, "plan")


def test_two_arms_are_each_probed_with_their_own_requests(second, runtime, live) -> None:
    arms = [
        {"name": "champion", "model_package_arn": second["model_package_arn"], "share": 0.5},
        {"name": "challenger", "model_package_arn": second["model_package_arn"], "share": 0.5},
    ]

    asked = {"kind": "abtest", "arms": arms, "test_id": "t1", "execution": "ab"}
    probed = run(asked, "plan", "bake", "publish", "probe")

    assert probed["probed"] == 6
    assert [body["arm"] for _, body in runtime.asked[-6:]] == ["champion"] * 3 + ["challenger"] * 3
    says = layer_says(probed)
    assert [(arm["name"], arm["share"]) for arm in says["arms"]] == [("champion", 0.5), ("challenger", 0.5)]
    assert says["test_id"] == "t1"


def test_old_releases_are_deleted_and_what_is_live_never(live, tmp_path, runtime) -> None:
    known = live
    for number in range(2, 6):
        folder = tmp_path / f"model-{number}"
        folder.mkdir()
        runtime.version = str(number)
        asked = package(folder, bytes([number, 0, 0, 0]), f"job-{number}")
        known = run(watched(run(asked, *TO_SHIFT), 61), "promote", "verify")
    run(known, "tidy", "tidy")  # once: moto counts a version anew after one was deleted

    kept = {each.release_id for each in functions.versions(FUNCTION)}
    layers = set(functions.layer_versions(GROUP).values())
    baked = boto3.client("s3").list_objects_v2(Bucket="artifacts", Prefix="layers/")["Contents"]

    assert len(kept) == 3  # the stack's first version and two releases
    assert {"", known["release"]["release_id"]} <= kept
    assert layers == kept - {""}
    assert len(baked) == 2 * len(layers)  # a layer and what is known of it


def test_the_layer_holds_the_artifact_and_says_what_it_is(approved) -> None:
    baked = run(approved, "plan", "bake")
    content = artifacts.read("artifacts", baked["layer"])

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()

    assert layer_says(baked) == baked["release"]
    assert f"{layer.PACKAGE}/champion/table.u32" in names
    assert f"{layer.PACKAGE}/champion/manifest.json" in names


def layer_says(baked: dict[str, Any]) -> dict[str, Any]:
    content = artifacts.read("artifacts", baked["layer"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        says: dict[str, Any] = json.loads(archive.read(f"{layer.PACKAGE}/release.json"))
    return says
