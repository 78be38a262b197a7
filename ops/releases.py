"""
Releases, as people ask for them: `python -m ops release | rollback | abtest | shadow | releases`.

Each starts the release machine, which alone moves what is live, and follows it to its end; who asked and why
is in the machine's input, and in the log.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from rich.markup import escape
from rich.table import Column, Table

from adapters import functions, machines, registry
from domain.layer import CHALLENGER, CHAMPION, SHADOW
from ops import deploy, target
from ops.progress import Steps, console
from training import contracts

POLL_SECONDS = 0.5
SHOWN = 20
GOOD = ("live", "nothing")


class CannotRelease(LookupError):
    """There is no such model or version, or nothing that could be released."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person asks of the machine."""

    environment: str
    reason: str
    is_dry_run: bool = False
    is_followed: bool = True  # else the machine is left at its work


def release(asked: Asked, *, models: Sequence[str], version: str | None = None) -> int:
    """Send each model's newest approved version, or *version* of one, live; also how new code goes live."""
    failed = 0
    for model in models or _models(asked.environment):
        try:
            package = _package(asked.environment, model, version)
        except registry.NoApprovedModel:
            console.print(f"{model}: no approved version yet, the baseline answers")
            continue
        arms = [_arm(CHAMPION, package, 1.0)]
        failed |= _start(
            asked, {"kind": "release", "arms": arms}, model=model, said=f"version {package.version}"
        )
    return failed


def rollback(asked: Asked, *, model: str, to: str | None) -> int:
    """Back to the release before, or to the one that is named."""
    _group(asked.environment, model)
    request = {"kind": "rollback", "model": model, **({"to": to} if to else {})}
    return _start(asked, request, model=model, said=f"back to {to or 'the release before'}")


def start_test(asked: Asked, *, model: str, challenger: str, share: float) -> int:
    """Split the visitors between what is live and another approved version."""
    champion, other = _live_package(asked.environment, model), _package(asked.environment, model, challenger)
    test_id = f"{model}-{champion.version}-{other.version}-{datetime.now(UTC):%Y%m%d%H%M}"
    arms = [_arm(CHAMPION, champion, 1 - share), _arm(CHALLENGER, other, share)]
    request = {"kind": "abtest", "arms": arms, "test_id": test_id}
    return _start(asked, request, model=model, said=f"{share:.0%} to version {other.version}, test {test_id}")


def start_shadow(asked: Asked, *, model: str, version: str) -> int:
    """Ask another approved version along with what is live, and log what it would have said."""
    champion, other = _live_package(asked.environment, model), _package(asked.environment, model, version)
    arms = [_arm(CHAMPION, champion, 1.0), _arm(SHADOW, other, 0.0)]
    return _start(
        asked, {"kind": "shadow", "arms": arms}, model=model, said=f"version {other.version} as shadow"
    )


def keep(asked: Asked, *, model: str, arm: str) -> int:
    """End a test or a shadow: one arm answers everybody from now on."""
    found = {each["name"]: each["version"] for each in live(asked.environment, model)["arms"]}
    if arm not in found:
        raise CannotRelease(f"{model} has no arm {arm!r} now; it has {', '.join(found) or 'none'}")
    return release(asked, models=[model], version=found[arm])


def show(environment: str, *, model: str | None) -> int:
    """What was released, the newest first; the machine keeps it for 90 days, the log for ever."""
    records = [each for each in recorded(environment) if model in (None, each.get("model"))]
    columns = (
        Column("when", no_wrap=True),
        "kind",
        Column("release", overflow="fold", ratio=1),
        "outcome",
        "by",
    )
    shown = Table(*columns, title="Releases", title_justify="left")
    for each in records[:SHOWN]:
        before = each.get("previous_release") or "the baseline"
        why = [*filter(None, [each.get("reason")]), *each.get("reasons", [])]
        cells = (
            f"{each['ended_at'][:16].replace('T', ' ')}",
            each["kind"],
            "\n".join([each.get("release_id") or "?", f"after {before}", *why]),
            each["outcome"],
            each["by"].rpartition("/")[2].rpartition(":")[2],
        )
        shown.add_row(*map(escape, cells), style=None if each["outcome"] in GOOD else "red")
    console.print(shown if records else "No release yet.")
    return 0


def recorded(environment: str) -> list[dict[str, Any]]:
    """What the machine wrote down of each release that it came to an end with, the newest first."""
    machine = deploy.outputs(_found(environment))["ReleaseArn"]
    found = (machines.output(execution) for execution in machines.executions(machine))
    records = (each.get("record", each) for each in found if each)
    return [record for record in records if "outcome" in record]


def _start(asked: Asked, request: Mapping[str, Any], *, model: str, said: str) -> int:
    machine = deploy.outputs(_found(asked.environment))["ReleaseArn"]
    payload = {**request, "reason": asked.reason, "by": _caller()}
    console.print(f"{model}: {request['kind']}, {said}")
    if asked.is_dry_run:
        console.print_json(json.dumps(payload))
        return 0
    name = f"{request['kind']}-{model.replace('_', '-')}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    execution = machines.start(machine, payload, name=name)
    return _follow(execution, model) if asked.is_followed else 0


def _follow(execution: str, model: str) -> int:
    """Name each state as it is entered; Ctrl-C leaves the machine at its work."""
    with Steps().step("release", f"Release of {model}") as step:
        while machines.is_running(execution):
            for state in machines.states(execution):
                step.say(state)
            time.sleep(POLL_SECONDS)
        record = machines.output(execution) or {}
    record = record.get("record", record)
    outcome = record.get("outcome", "failed")
    if outcome == "nothing":
        console.print(f"{record['release_id']} is live already")
        return 0
    is_good = outcome == "live"
    colour = "green" if is_good else "red"
    console.print(f"[{colour}]{outcome}[/]: {escape(str(record.get('release_id')))}")
    for reason in record.get("reasons", []):
        console.print(f"  {escape(reason)}")
    return int(not is_good)


def _arm(name: str, package: registry.Package, share: float) -> dict[str, Any]:
    return {"name": name, "model_package_arn": package.arn, "share": share}


def _package(environment: str, model: str, version: str | None) -> registry.Package:
    group = _group(environment, model)
    if version is None:
        return registry.latest_approved(group)
    for package in registry.versions(group):
        if str(package.version) == version:
            if package.status != registry.APPROVED:
                raise CannotRelease(f"{model}/{version} is {package.status}, only approved versions go live")
            return package
    raise CannotRelease(f"{model} has no version {version}")


def live(environment: str, model: str) -> dict[str, Any]:
    """
    The record of the release that the alias leads to.

    Raises:
        CannotRelease: there is none yet.
    """
    known = deploy.outputs(_found(environment))
    function = known.get(f"Predict{_title(model)}")
    if function is None:
        raise CannotRelease(f"{environment} has no model {model!r}")
    version = functions.route(function).version
    for record in recorded(environment):
        is_live = record.get("outcome") == "live" and record["published"] == version
        if is_live and record["model"] == model:
            return record
    raise CannotRelease(f"{model} has no release yet")


def _live_package(environment: str, model: str) -> registry.Package:
    """That of the arm that most visitors are answered by."""
    arms = live(environment, model)["arms"]
    return _package(environment, model, max(arms, key=lambda arm: float(arm["share"]))["version"])


def _models(environment: str) -> list[str]:
    known = deploy.outputs(_found(environment))
    return [model for model in contracts.models() if f"Predict{_title(model)}" in known]


def _group(environment: str, model: str) -> str:
    found = deploy.outputs(_found(environment)).get(f"Group{model.replace('_', '')}")
    if found is None:
        raise CannotRelease(f"{environment} has no model {model!r}")
    return found


def _found(environment: str) -> str:
    target.find(environment)
    return environment


def _title(model: str) -> str:
    return "".join(part.capitalize() for part in model.split("_"))


def _caller() -> str:
    """Whose credentials these are: for the record."""
    return str(boto3.client("sts").get_caller_identity()["Arn"])
