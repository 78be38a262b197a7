"""
The steps of a release, each a state of the release machine: bake → publish → probe → shift → verify.

A step takes what the one before it returned and may run twice. Until `shift`, what is live stays as it is; if
`shift` or `verify` fails, for whatever reason, the machine runs `undo`.
"""

import json
from collections.abc import Callable
from functools import cache
from os import environ
from typing import Any

from adapters import artifacts, functions, registry
from domain import layer, probe
from domain.settings import ReleaseSettings


class NotApproved(RuntimeError):
    """The model package is not, or no longer, approved."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Run one step: {"step": name, "release": what is known so far} → what is known afterwards."""
    known: dict[str, Any] = event["release"]
    return {**known, **STEPS[event["step"]](known)}


@cache
def settings() -> ReleaseSettings:
    return ReleaseSettings.from_env(environ)


def bake(known: dict[str, Any]) -> dict[str, Any]:
    """Make a layer of the approved artifact; every file is held against its digest."""
    package = registry.describe(known["model_package_arn"])
    if package.status != "Approved":
        raise NotApproved(f"{package.arn} is {package.status}")
    artifact = artifacts.fetch(package.model_data, digest=package.digest)
    release = layer.Release.of_one(
        release_id=f"{package.model}-{package.version}-{package.digest[:8]}",
        model=package.model,
        version=str(package.version),
        digest=package.digest,
    )
    key = f"layers/{package.model}/{release.release_id}.zip"
    artifacts.store(settings().artifacts_bucket, key, layer.build(release, {layer.CHAMPION: artifact}))
    return {"identity": json.loads(release.to_json()), "layer": key}


def publish(known: dict[str, Any]) -> dict[str, Any]:
    """Publish a version of the function that carries the layer; nobody is sent there yet."""
    release = _identity(known)
    function = settings().predict_functions[release.model]
    arn = functions.publish_layer(
        name=settings().layers[release.model],
        bucket=settings().artifacts_bucket,
        key=known["layer"],
        digest=release.release_id,
    )
    return {
        "function": function,
        "previous": known.get("previous") or functions.live(function),
        "published": functions.publish(function, layer_arn=arn, description=release.release_id),
    }


def probe_published(known: dict[str, Any]) -> dict[str, Any]:
    """Send the published version every golden request; one wrong answer ends the release."""
    return {"probed": _probe(known, qualifier=known["published"])}


def _probe(known: dict[str, Any], *, qualifier: str, limit: int | None = None) -> int:
    release = _identity(known)
    cases = layer.golden(artifacts.read(settings().artifacts_bucket, known["layer"]), layer.CHAMPION)[:limit]
    for case in cases:
        request = probe.http_request(case["request"], model=release.model, write_key=settings().probe_key)
        answer = functions.invoke(known["function"], qualifier, request)
        probe.check(answer, expected=case["answer"], version=release.arms[0].version)
    return len(cases)


def _identity(known: dict[str, Any]) -> layer.Release:
    return layer.Release.from_json(json.dumps(known["identity"]))


def shift(known: dict[str, Any]) -> dict[str, Any]:
    """Point the alias at the published version."""
    functions.move_live(known["function"], expected=known["previous"], to=known["published"])
    return {"live": known["published"]}


def verify(known: dict[str, Any]) -> dict[str, Any]:
    """What is live must be what was meant."""
    return {"verified": _probe(known, qualifier=functions.LIVE, limit=1)}


def undo(known: dict[str, Any]) -> dict[str, Any]:
    """Whatever went wrong from `shift` on: the alias goes back to where it was."""
    if functions.live(known["function"]) == known["published"]:
        functions.move_live(known["function"], expected=known["published"], to=known["previous"])
    return {"live": functions.live(known["function"])}


STEPS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "bake": bake,
    "publish": publish,
    "probe": probe_published,
    "shift": shift,
    "verify": verify,
    "undo": undo,
}
