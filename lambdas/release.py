"""
The steps of a release, each a state of the release machine. A step takes what the ones before it found out,
adds what it finds, and may run twice.

plan → bake → publish → probe → rehearse → shift → judge, again and again → promote → verify → record → tidy.
Until `shift`, what is live stays as it is; if anything fails from there on, the machine runs `undo`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from os import environ
from typing import Any

from adapters import alarms, artifacts, functions, lake, machines, metrics, telemetry
from adapters.functions import Route
from domain import rollout
from domain.layer import CHAMPION, LIVE
from domain.logline import log_line, to_json
from domain.other_settings import ReleaseSettings
from domain.release_event import SITE, release_event
from domain.rollout import Limits, Seen
from lambdas import candidate
from lambdas.candidate import Known


class NoSuchRelease(LookupError):
    """There is no published version of that release to go back to."""


class NotLive(RuntimeError):
    """The alias does not lead to where it was pointed at."""


def handler(event: dict[str, Any], context: object) -> Known:
    """Run one step: {"step": name, "release": what is known so far} → what is known afterwards."""
    known: Known = event["release"]
    return {**known, **STEPS[event["step"]](known, settings())}


@cache
def settings() -> ReleaseSettings:
    return ReleaseSettings.from_env(environ)


def plan(known: Known, settings: ReleaseSettings) -> Known:
    """
    What is asked for, in full.

    Args:
        known: of an approved package its model_package_arn; of a person kind (release, rollback, abtest,
            shadow), by, reason and arms, or for a rollback model and maybe `to`, the release to go back to.

    Raises:
        NotApproved, NoSuchRelease
    """
    kind = known.get("kind", "release")
    if kind == "rollback":
        return {**_back(known, settings), "kind": kind, "started_at": _now()}
    arms = known.get("arms") or [
        {"name": CHAMPION, "model_package_arn": known["model_package_arn"], "share": 1.0}
    ]
    found = candidate.planned({**known, "arms": arms}, settings)
    previous = functions.route(found["function"]).version
    before = _release_id(found["function"], previous)
    is_live = before == found["release"]["release_id"]
    return {
        **found,
        "kind": kind,
        "started_at": _now(),
        "arms": arms,
        "previous": known.get("previous", previous),
        "previous_release": known.get("previous_release", before),
        # there is nothing to hold a first release against
        "share": 1.0 if not before else settings.canary_share,
        "next": "nothing" if is_live else "bake",
    }


def _back(known: Known, settings: ReleaseSettings) -> Known:
    """The version to go back to: the one that is asked for, or the newest one before what is live."""
    model = known["model"]
    function = settings.predict_functions.get(model)
    if function is None:
        raise NoSuchRelease(f"{model!r} is none of {', '.join(settings.predict_functions)}")
    found = functions.route(function)
    published = functions.versions(function)
    live = found.candidate or found.version  # a roll-out that was left behind is what is gone back from
    if "to" in known:
        targets = [each for each in published if each.release_id == known["to"]]
    elif found.candidate:
        targets = [each for each in published if each.number == found.version]
    else:
        targets = [each for each in published if int(each.number) < int(live)]
    if not targets:
        raise NoSuchRelease(
            f"{function} has no published version of {known.get('to', 'an earlier release')}; there are "
            + (", ".join(each.release_id for each in published if each.release_id) or "none")
        )
    return {
        "function": function,
        "published": targets[0].number,
        "release": {"release_id": targets[0].release_id or "baseline", "model": model},
        "previous": found.version,
        "previous_release": _release_id(function, live),
        "share": 1.0,
        "next": "shift",
    }


def _release_id(function: str, version: str) -> str:
    found = [each.release_id for each in functions.versions(function) if each.number == version]
    return found[0] if found else ""


def shift(known: Known, settings: ReleaseSettings) -> Known:
    """
    Send a share of the requests to the published version, or all where there is nothing to compare it with.

    Raises:
        AliasMoved: somebody else has released, or is releasing.
    """
    function, before = known["function"], Route(version=known["previous"])
    only_from = [functions.route(function)] if known["kind"] == "rollback" else [before]
    functions.move_live(function, _shifted(known), only_from=only_from)
    return {
        "shifted_at": known.get("shifted_at") or _now(),
        "is_shared": known["share"] < 1,
        # a release that mends what is broken must not be stopped because it is
        "was_ill": known.get("was_ill", _is_ill(settings)),
    }


def _is_ill(settings: ReleaseSettings) -> bool:
    return bool(settings.health_alarm) and alarms.state(settings.health_alarm) == "ALARM"


def _shifted(known: Known) -> Route:
    if known["share"] < 1:
        return Route(version=known["previous"], candidate=known["published"], share=known["share"])
    return Route(version=known["published"])


def judge(known: Known, settings: ReleaseSettings) -> Known:
    """Good, bad or wait: by what both versions did since the shift."""
    since = datetime.fromisoformat(known["shifted_at"])
    watched = (datetime.now(UTC) - since).total_seconds()
    new, old = (
        _seen(known, release, version, since=since, settings=settings)
        for release, version in (
            (known["release"]["release_id"], known["published"]),
            (known["previous_release"], known["previous"]),
        )
    )
    limits = Limits(minimum_answers=settings.minimum_answers)
    verdict = rollout.judge(new, old, limits, is_time_up=watched >= settings.watch_seconds)
    decision, reasons = verdict.decision, list(verdict.reasons)
    if _is_ill(settings) and not known["was_ill"]:
        decision, reasons = "bad", [*reasons, f"{settings.health_alarm} fired"]
    if decision == "wait" and watched >= settings.patience_seconds:
        proven = f"{new.requests} requests in {watched:.0f} s, {limits.minimum_answers} are needed"
        decision, reasons = ("good" if settings.unproven == "promote" else "bad"), [proven]
    return {
        "decision": decision,
        "judged": {"seconds": round(watched), "new": vars(new), "old": vars(old)},
        "reasons": reasons,
    }


def _seen(known: Known, release: str, version: str, *, since: datetime, settings: ReleaseSettings) -> Seen:
    function = known["function"]
    executed = {
        "FunctionName": function,
        "Resource": f"{function}:{LIVE}",
        "ExecutedVersion": version,
    }
    released = {"model": known["model"], "release": release}
    until = datetime.now(UTC) + timedelta(minutes=1)
    wanted = {
        "errors": ("AWS/Lambda", "Errors", executed, "Sum"),
        "answers": (settings.metrics_namespace, "Answers", released, "Sum"),
        "fallbacks": (settings.metrics_namespace, "Fallbacks", released, "Sum"),
        "p99_ms": (settings.metrics_namespace, "TookMs", released, "p99"),
    }
    found = metrics.values(wanted, since=since.replace(second=0, microsecond=0), until=until)
    return Seen(
        answers=round(sum(found["answers"])),
        errors=round(sum(found["errors"])),
        fallbacks=round(sum(found["fallbacks"])),
        p99_ms=max(found["p99_ms"], default=None),
    )


def promote(known: Known, settings: ReleaseSettings) -> Known:
    """All requests to the published version."""
    functions.move_live(known["function"], Route(version=known["published"]), only_from=[_shifted(known)])
    return {}


def verify(known: Known, settings: ReleaseSettings) -> Known:
    """
    What is live must be what was meant.

    Raises:
        NotLive: the alias leads elsewhere.
        WrongAnswer: what it leads to answers otherwise.
    """
    found = functions.route(known["function"])
    if found != Route(version=known["published"]):
        raise NotLive(f"{known['function']}: live is at {found}, meant was version {known['published']}")
    if known["kind"] == "rollback":
        return {"outcome": "live"}
    return {
        "outcome": "live",
        "verified": candidate.golden(known, settings, qualifier=LIVE, limit=1),
    }


def undo(known: Known, settings: ReleaseSettings) -> Known:
    """Whatever went wrong from `shift` on: the alias goes back to where it was."""
    function, before = known["function"], Route(version=known["previous"])
    ours = [_shifted(known), Route(version=known["published"])]
    is_ours = functions.route(function) in ours
    if is_ours:
        functions.move_live(function, before, only_from=ours)
    return {"outcome": "undone" if is_ours or "shifted_at" in known else "refused"}


def record(known: Known, settings: ReleaseSettings) -> Known:
    """Write what became of it into the log, and count it; the machine's execution tells the same."""
    outcome = known.get("outcome") or ("nothing" if known.get("next") == "nothing" else "refused")
    failure = known.get("failure") or {}
    told: dict[str, Any] = {
        "kind": known.get("kind", "release"),
        "model": known.get("model"),
        "release_id": known.get("release", {}).get("release_id"),
        "arms": known.get("release", {}).get("arms", []),
        "test_id": known.get("release", {}).get("test_id", ""),
        "published": known.get("published"),
        "previous": known.get("previous"),
        "previous_release": known.get("previous_release"),
        "outcome": outcome,
        "reasons": [*known.get("reasons", []), *([_cause(failure)] if failure else [])],
        "reason": known.get("reason", ""),
        "by": known.get("by", "an approved model"),
        "started_at": known.get("started_at"),
        "ended_at": _now(),
        **{name: known[name] for name in ("probed", "rehearsed", "judged") if name in known},
    }
    at = datetime.now(UTC)
    line = log_line(
        event=release_event(told, execution=known["execution"], at=at),
        received_at=at,
        sent_at=None,
        site=SITE,
        request_id=known["execution"],
        ip=None,
        user_agent=None,
        source="release",
    )
    lake.append(settings.events_stream, [to_json(line)])
    telemetry.emit(
        telemetry.emf(
            namespace=settings.metrics_namespace,
            metrics={
                "Released": (int(outcome == "live"), "Count"),
                "ReleaseUndone": (int(outcome == "undone"), "Count"),
                "ReleaseRefused": (int(outcome == "refused"), "Count"),
            },
            dimensions=[[], ["model"]],
            at=at,
            **told,
        )
    )
    return {"outcome": outcome, "record": told}


def _cause(failure: dict[str, Any]) -> str:
    return machines.reason(failure)


def tidy(known: Known, settings: ReleaseSettings) -> Known:
    """
    Delete what no release can go back to any more.

    Kept are the newest releases, whatever the alias leads to, and the first version, which is the stack's.
    """
    function, model = known["function"], known["model"]
    found = functions.route(function)
    published = functions.versions(function)
    released = [each for each in published if each.release_id]
    kept = {found.version, found.candidate, *(each.number for each in released[: settings.kept_releases])}
    for version in released:
        if version.number not in kept:
            functions.delete_version(function, version.number)
    alive = {arn for each in published if each.number in kept or not each.release_id for arn in each.layers}
    gone = 0
    for arn, release_id in functions.layer_versions(settings.layers[model]).items():
        if arn not in alive:
            functions.delete_layer_version(arn)
            for kind in ("zip", "json"):
                artifacts.delete(settings.artifacts_bucket, f"layers/{model}/{release_id}.{kind}")
            gone += 1
    return {"tidied": gone}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


STEPS: dict[str, Callable[[Known, ReleaseSettings], Known]] = {
    "plan": plan,
    "bake": candidate.bake,
    "publish": candidate.publish,
    "probe": candidate.probe_published,
    "rehearse": candidate.rehearse,
    "shift": shift,
    "judge": judge,
    "promote": promote,
    "verify": verify,
    "undo": undo,
    "record": record,
    "tidy": tidy,
}
