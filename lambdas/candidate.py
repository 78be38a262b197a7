"""
What is done with a release before anybody is sent to it: bake, publish, probe, rehearse.
"""

import json
import tempfile
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from adapters import artifacts, functions, registry
from domain import item_filter, layer, probe, rehearsal
from domain.artifact import GOLDEN, MANIFEST
from domain.layer import CHAMPION, SHADOW, Arm, Release
from domain.other_settings import ReleaseSettings
from domain.rehearsal import Answered
from training import contracts

Known = dict[str, Any]  # what the steps before found out


class NotApproved(RuntimeError):
    """A model package is not, or no longer, approved."""


class CodeChanged(RuntimeError):
    """A deploy came in between; the release has to be started again, with the new code."""


class TooLarge(ValueError):
    """More models than a layer can hold."""


def planned(known: Known, settings: ReleaseSettings) -> Known:
    """
    Args:
        known: `arms`, each with name, model_package_arn and share.

    Raises:
        NotApproved: with the package's name and status.
    """
    packages = [registry.describe(arm["model_package_arn"]) for arm in known["arms"]]
    for package in packages:
        if package.status != registry.APPROVED:
            raise NotApproved(f"{package.arn} is {package.status}")
    model = packages[0].model
    function = settings.predict_functions[model]
    code = functions.code_of(function)
    arms = tuple(
        Arm(name=arm["name"], version=str(package.version), digest=package.digest, share=arm["share"])
        for arm, package in zip(known["arms"], packages, strict=True)
    )
    test_id = known.get("test_id", "")
    release = Release(release_id=_id(model, arms, code, test_id), model=model, arms=arms, test_id=test_id)
    return {
        "model": model,
        "function": function,
        "code": code,
        "release": json.loads(release.to_json()),
        "model_data": {arm.name: package.model_data for arm, package in zip(arms, packages, strict=True)},
        "quality": {arm.name: _quality(package) for arm, package in zip(arms, packages, strict=True)},
    }


def _id(model: str, arms: tuple[Arm, ...], code: str, test_id: str) -> str:
    """Another code makes another release of the same model: its metrics are its own."""
    versions = "-".join(f"{'' if arm.name == CHAMPION else arm.name + '-'}{arm.version}" for arm in arms)
    shares = [arm.share for arm in arms]
    content = json.dumps([[arm.digest for arm in arms], shares, code, test_id]).encode()
    return f"{model}-{versions}-{sha256(content).hexdigest()[:8]}"


def release_of(known: Known) -> Release:
    return Release.from_json(json.dumps(known["release"]))


def bake(known: Known, settings: ReleaseSettings) -> Known:
    """
    Make a layer of the approved artifacts; every file is held against its digest. The item filters of now go
    along: what a process begins with, until it has seen newer ones.
    """
    release = release_of(known)
    files = {
        arm.name: artifacts.fetch(known["model_data"][arm.name], digest=arm.digest) for arm in release.arms
    }
    size = sum(len(content) for each in files.values() for content in each.values())
    if size > layer.MAX_BYTES:
        raise TooLarge(f"{release.release_id} has {size:,} bytes, a layer holds {layer.MAX_BYTES:,}")
    key = f"layers/{release.model}/{release.release_id}.zip"
    filters = artifacts.read_all(settings.artifacts_bucket, f"{item_filter.FOLDER}/")
    artifacts.store(settings.artifacts_bucket, key, layer.build(release, files, filters))
    about = {
        arm.name: _about(arm, files[arm.name], quality=known["quality"][arm.name]) for arm in release.arms
    }
    artifacts.store(settings.artifacts_bucket, key.replace(".zip", ".json"), json.dumps(about).encode())
    return {"layer": key}


def _about(arm: Arm, files: Mapping[str, bytes], *, quality: float | None) -> dict[str, Any]:
    """What watching holds the arm against, small enough to be read by the hour."""
    answers = [json.loads(line)["answer"] for line in files[GOLDEN].splitlines()]
    return {
        "version": arm.version,
        "learned_until_ms": json.loads(files[MANIFEST])["learned_until_ms"],
        "quality": quality,
        "scores": [score for score in map(_score, answers) if score is not None],
    }


def _score(answer: Mapping[str, Any]) -> float | None:
    """How sure an answer is, as marts.predictions has it."""
    if "probability" in answer:
        return None if answer["probability"] is None else float(answer["probability"])
    return max((float(item["score"]) for item in answer.get("items", ())), default=None)


def _quality(package: registry.Package) -> float | None:
    """The contract's first metric, as the package tells it."""
    text = package.metadata.get(contracts.of(package.model).primary.name)
    return float(text) if text else None


def publish(known: Known, settings: ReleaseSettings) -> Known:
    """Publish a version of the function that carries the layer; nobody is sent there yet."""
    release = release_of(known)
    if functions.code_of(known["function"]) != known["code"]:
        raise CodeChanged(f"{known['function']} was deployed meanwhile; release again")
    arn = functions.publish_layer(
        name=settings.layers[release.model],
        bucket=settings.artifacts_bucket,
        key=known["layer"],
        release_id=release.release_id,
    )
    version = functions.publish(
        known["function"], code=known["code"], layer_arn=arn, release_id=release.release_id
    )
    return {"published": version}


def probe_published(known: Known, settings: ReleaseSettings) -> Known:
    """Send the published version every golden request of every arm; one wrong answer ends the release."""
    return {"probed": golden(known, settings, qualifier=known["published"])}


def golden(known: Known, settings: ReleaseSettings, *, qualifier: str, limit: int | None = None) -> int:
    """
    How many golden requests were answered as they must be.

    Raises:
        WrongAnswer: one was not.
    """
    release = release_of(known)
    content = artifacts.read(settings.artifacts_bucket, known["layer"])
    count = 0
    for arm in release.arms:
        for case in layer.golden(content, arm.name)[:limit]:
            body = {**case["request"], "arm": arm.name}
            answer = _ask(known["function"], qualifier, body, model=release.model, key=settings.probe_key)
            probe.check(answer, expected=case["answer"], version=arm.version)
            count += 1
    return count


def rehearse(known: Known, settings: ReleaseSettings) -> Known:
    """
    Put the last days' logged requests to the published version and to the one that is live.

    Every answer of the new one must be what its artifact says outside of the function, to 1e-6; and what it
    decides may not be worse than what the one before it decides, by what people did next.

    Raises:
        WrongAnswer: the function answers otherwise than its artifact.
        Worse: by more than chance.
    """
    release = release_of(known)
    asked = functions.invoke(
        settings.transform_function,
        {"action": "logged_requests", "model": release.model},
    )["requests"]
    arm = release.arms[0]
    with tempfile.TemporaryDirectory() as name:
        offline = _opened(artifacts.read(settings.artifacts_bucket, known["layer"]), release, Path(name))
        answered = []
        for case in asked:
            body = {**case["request"], "site": case["site"], "arm": arm.name}
            new = _ask(
                known["function"], known["published"], body, model=release.model, key=settings.probe_key
            )
            probe.check(new, expected=_offline(offline, body), version=arm.version)
            old = _ask(
                known["function"],
                known["previous"],
                {**body, "arm": CHAMPION},
                model=release.model,
                key=settings.probe_key,
            )
            answered.append(Answered(new=_data(new), old=_data(old), next_item_id=case.get("next_item_id")))
    found = rehearsal.compared(answered)
    if known["previous_release"] and arm.name != SHADOW:
        rehearsal.check(found)
    return {"rehearsed": found.numbers}


def _ask(function: str, qualifier: str, body: Mapping[str, Any], *, model: str, key: str) -> dict[str, Any]:
    return functions.invoke(
        function, probe.http_request(body, model=model, write_key=key), qualifier=qualifier
    )


def _data(answer: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(answer["body"])["data"] if answer["statusCode"] == 200 else {}
    return data


def _opened(content: bytes, release: Release, folder: Path) -> Any:
    """The first arm's model, opened here: the same code on the same files, without Lambda around it."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        archive.extractall(folder)
    code = import_module(f"training.{release.model}.predict")
    return code.Model(folder / layer.PACKAGE / release.arms[0].name)


def _offline(model: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = model.predict(
        body["events"], k=body.get("k", 20), exclude=tuple(body.get("exclude", ())), site=body["site"]
    )
    data: dict[str, Any] = answer.data
    return data
