"""
Models that must not pass, from their training to the registry: each is refused for its own reason, and what
is in use stays.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters import artifacts, lake, registry
from domain.evaluation import Evaluation
from domain.other_settings import RegisterSettings
from domain.promotion import MAX_BYTES
from lambdas import champion, register
from tests.artifacts import archived, sealed
from tests.lambdas.collecting import make_stream
from tests.training.made_up import Columns, before, lay_out
from training import contracts, job
from training.next_item import recipe
from training.next_item.contract import CONTRACT
from training.next_item.predict import Model, Scored
from training.next_item.sessions import Sessions

Ranking = Callable[[Model, list[Scored]], list[Scored]]  # the right one → the planted one

GROUP = "skiff-test-next-item"
AS_OF = "2020-06-09T00:00:00Z"


@dataclass(frozen=True)
class Pipeline:
    """As the state machine runs it, from a snapshot's columns on."""

    folder: Path

    def trained(self, columns: Columns, *, name: str, as_of: str = AS_OF) -> Path:
        root = self.folder / name
        lay_out(root, columns, as_of=as_of)
        for channel in champion.handler({"group": GROUP}, None)["channels"]:
            _, _, key = channel["DataSource"]["S3DataSource"]["S3Uri"].removeprefix("s3://").partition("/")
            (root / "input/data/champion").mkdir()
            (root / "input/data/champion/model.tar.gz").write_bytes(artifacts.read("artifacts", key))
        job.run(root, job=name)
        return root

    def registered(self, root: Path) -> dict[str, Any]:
        folder = f"models/{root.name}/output"
        for name, content in (("model", root / "model"), ("output", root / "output/data")):
            artifacts.store("artifacts", f"{folder}/{name}.tar.gz", archived(content))
        event = {
            "model": "next_item",
            "group": GROUP,
            "job": root.name,
            "model_data": f"s3://artifacts/{folder}/model.tar.gz",
            "snapshot_id": "snapshot-1",
        }
        return register.handler(event, None)


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    settings = RegisterSettings(approval="auto", events_stream="events", metrics_namespace="Skiff")
    for name, value in settings.to_env().items():
        monkeypatch.setenv(name, value)
    quick = replace(CONTRACT, search=replace(CONTRACT.search, points=1))
    monkeypatch.setattr(contracts, "of", lambda _: quick)
    caches = (artifacts._client, lake._firehose, registry._client, register.settings)
    for cached in caches:
        cached.cache_clear()
    with mock_aws():
        make_stream("events")
        boto3.client("s3").create_bucket(Bucket="artifacts")
        boto3.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
        yield Pipeline(tmp_path)
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def in_use(pipeline: Pipeline, columns: Columns) -> registry.Package:
    """The champion, which has learned from all days but the last."""
    done = pipeline.registered(pipeline.trained(before(columns, day=7), name="champion"))
    assert done["reasons"] == []
    return registry.latest_approved(GROUP)


def refused(pipeline: Pipeline, root: Path, in_use: registry.Package) -> list[str]:
    done = pipeline.registered(root)
    assert not done["approved"]
    assert registry.describe(done["model_package_arn"]).status == registry.REJECTED
    assert registry.latest_approved(GROUP) == in_use
    reasons: list[str] = done["reasons"]
    return reasons


def plant(monkeypatch: pytest.MonkeyPatch, ranking: Ranking) -> None:
    """Whatever is fitted from now on ranks like that; the champion, whose files are there, ranks as ever."""
    fit, start, rank = recipe.fit, Model.__init__, Model.rank

    def planted_fit(data: Sessions, folder: Path, **about: Any) -> dict[str, int]:
        (folder / "planted").touch()
        return fit(data, folder, **about)

    def planted_start(model: Any, folder: Path) -> None:
        start(model, folder)
        model.is_planted = (folder / "planted").exists()

    def planted_rank(model: Any, item_ids: list[str], *, k: int, **asked: Any) -> list[Scored]:
        if not model.is_planted:
            return rank(model, item_ids, k=k, **asked)
        return ranking(model, rank(model, item_ids, k=1000))[:k]

    monkeypatch.setattr(recipe, "fit", planted_fit)
    monkeypatch.setattr(Model, "__init__", planted_start)
    monkeypatch.setattr(Model, "rank", planted_rank)


def test_a_sound_model_follows_the_champion(
    pipeline: Pipeline, in_use: registry.Package, columns: Columns, monkeypatch: pytest.MonkeyPatch
):
    """One day of forty sessions is too little to be sure to a hundredth, so the margin is wide here."""
    monkeypatch.setattr(contracts, "of", lambda _: replace(CONTRACT, champion_margin=0.2))

    done = pipeline.registered(pipeline.trained(columns, name="sound"))

    assert done["reasons"] == []
    assert registry.latest_approved(GROUP).job == "sound"


def test_a_reversed_ranking_loses_to_the_champion_and_to_a_baseline(
    pipeline: Pipeline, in_use: registry.Package, columns: Columns, monkeypatch: pytest.MonkeyPatch
):
    plant(monkeypatch, lambda _, ranking: ranking[::-1])

    reasons = refused(pipeline, pipeline.trained(columns, name="reversed"), in_use)

    assert any("leads covisitation by -" in reason for reason in reasons)
    assert any("leads the champion, champion, by -" in reason for reason in reasons)


def test_a_leaky_model_is_refused_however_good_it_looks(
    pipeline: Pipeline, in_use: registry.Package, columns: Columns
):
    """Sessions that are there twice, the second time among the last days: they are learned by heart."""
    leaky = {name: [*values, *values[-40:]] for name, values in columns.items()}

    reasons = refused(pipeline, pipeline.trained(leaky, name="leaky"), in_use)

    assert "leak: 40 sessions are there more than once" in reasons


def test_a_constant_model_is_refused_for_its_behaviour(
    pipeline: Pipeline, in_use: registry.Package, columns: Columns, monkeypatch: pytest.MonkeyPatch
):
    plant(monkeypatch, lambda model, _: [(item_id, 1.0) for item_id in model.popular(k=20)])

    reasons = refused(pipeline, pipeline.trained(columns, name="constant"), in_use)

    assert any(reason.startswith("mrr_20_all leads popularity by 0.0000") for reason in reasons)
    assert "diversity is 0.0000, at least 0.5 is needed" in reasons


def test_a_model_of_an_old_snapshot_is_stale(pipeline: Pipeline, in_use: registry.Package, columns: Columns):
    root = pipeline.trained(columns, name="stale", as_of="2020-06-20T00:00:00Z")

    reasons = refused(pipeline, root, in_use)

    assert any(reason.startswith("stale: its newest session is 26") for reason in reasons)


def test_an_oversized_model_is_refused(pipeline: Pipeline, in_use: registry.Package, columns: Columns):
    root = pipeline.trained(columns, name="oversized")
    with (root / "model/filler.bin").open("wb") as file:
        file.truncate(MAX_BYTES)
    manifest = sealed(root / "model", version="oversized")
    evaluated_as(root, manifest.digest)

    reasons = refused(pipeline, root, in_use)

    assert any(reason.endswith(f"bytes, at most {MAX_BYTES} fit") for reason in reasons)


def test_a_tampered_model_is_refused(pipeline: Pipeline, in_use: registry.Package, columns: Columns):
    root = pipeline.trained(columns, name="tampered")
    table = root / "model/postings.u32"
    table.write_bytes(table.read_bytes()[::-1])

    assert refused(pipeline, root, in_use)[0] == "postings.u32 is not the file that was sealed"


def evaluated_as(root: Path, digest: str) -> None:
    path = root / "output/data/evaluation.json"
    path.write_text(replace(Evaluation.from_json(path.read_text()), digest=digest).to_json())
