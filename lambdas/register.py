"""
After a training job: checks its artifact, holds it against the gate, registers it and writes the run into the
log; of a model that could not be made, why. The pipeline calls it.
"""

import os
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from adapters import artifacts, lake, machines, registry, telemetry
from adapters.registry import NoApprovedModel, Package
from domain import artifact, promotion
from domain.artifact import BrokenArtifact, Manifest
from domain.contract import Contract
from domain.evaluation import CARD, EVALUATION, Evaluation
from domain.logline import log_line, to_json
from domain.other_settings import RegisterSettings
from domain.promotion import Candidate, Verdict
from domain.training_run import SITE, failed_run_event, training_run_event
from training import contracts

KEPT = {EVALUATION: "application/json", CARD: "text/html; charset=utf-8"}  # beside the artifact, to be read


@cache
def settings() -> RegisterSettings:
    return RegisterSettings.from_env(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """
    Args:
        event: model, group (of its packages), job, model_data (s3:// of model.tar.gz, output.tar.gz is beside
            it), snapshot_id. Where there is none to register: model, job, snapshot_id and failure, the Error
            and Cause that Step Functions caught.

    Raises:
        BrokenArtifact: what the job left is no artifact; a wrong one is registered, as rejected.
    """
    contract = contracts.of(event["model"])
    if "failure" in event:
        return _give_up(event, contract)
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as output_name:
        folder, output = Path(name), Path(output_name)
        artifacts.download(event["model_data"], folder)
        artifacts.download(_beside(event, "output.tar.gz"), output)
        manifest, evaluation = artifact.read_manifest(folder), _evaluation(output)
        verdict = promotion.judge(contract, _candidate(folder, manifest, evaluation, event))
        for file, content_type in KEPT.items():
            artifacts.store_at(_beside(event, file), (output / file).read_bytes(), content_type=content_type)
    package = registry.register(
        event["group"],
        model_data=event["model_data"],
        metadata=_metadata(event, manifest, contract, evaluation),
    )
    package = _decide(package, verdict)
    run = training_run_event(
        evaluation,
        job=package.job,
        owner=contract.owner,
        primary=contract.primary.name,
        version=package.version,
        status=package.status,
        reasons=verdict.reasons,
        ended_at=artifacts.written_at(package.model_data),
    )
    _log(run, request_id=package.arn)
    _report(event, contract, evaluation, verdict)
    return {
        "model_package_arn": package.arn,
        "version": package.version,
        "approved": package.status == registry.APPROVED,
        "reasons": list(verdict.reasons),
        "snapshot_id": manifest.snapshot_id,
        "metrics": _values(evaluation.metrics),
        "baseline_metrics": _values(evaluation.baselines[contract.baselines[0].name]),
    }


def _give_up(event: dict[str, Any], contract: Contract) -> dict[str, Any]:
    run = failed_run_event(
        model=event["model"],
        job=event["job"],
        owner=contract.owner,
        snapshot_id=event["snapshot_id"],
        reason=machines.reason(event["failure"]),
        ended_at=datetime.now(UTC),
    )
    _log(run, request_id=event["job"])
    return {"model": event["model"], "failure": event["failure"]}


def _beside(event: dict[str, Any], name: str) -> str:
    folder, _, _ = event["model_data"].rpartition("/")
    return f"{folder}/{name}"


def _evaluation(output: Path) -> Evaluation:
    try:
        return Evaluation.from_json((output / EVALUATION).read_bytes())
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BrokenArtifact(f"{EVALUATION}: {error}") from error


def _candidate(folder: Path, manifest: Manifest, evaluation: Evaluation, event: dict[str, Any]) -> Candidate:
    ordered = {"model": event["model"], "version": event["job"], "snapshot_id": event["snapshot_id"]}
    mixed_up = [
        f"{field} is {found}, ordered was {wanted}"
        for field, wanted in ordered.items()
        if (found := getattr(manifest, field)) != wanted
    ]
    if evaluation.digest != manifest.digest:
        mixed_up.append(
            f"the evaluation is of {evaluation.digest[:8]}, the artifact is {manifest.digest[:8]}"
        )
    return Candidate(
        evaluation=evaluation,
        champion_digest=_champion_digest(event),
        size_bytes=artifact.size_bytes(folder),
        golden_requests=artifact.golden_requests(folder),
        problems=[*mixed_up, *artifact.problems(folder, manifest)],
    )


def _champion_digest(event: dict[str, Any]) -> str | None:
    try:
        return registry.latest_approved(event["group"], besides_job=event["job"]).digest
    except NoApprovedModel:
        return None


def _metadata(
    event: dict[str, Any], manifest: Manifest, contract: Contract, evaluation: Evaluation
) -> dict[str, str]:
    baselines = {
        f"{baseline}_{name}": str(metrics[name].value)
        for baseline, metrics in evaluation.baselines.items()
        for name in (contract.primary.name,)
    }
    return {
        "model": event["model"],
        "job": event["job"],
        "owner": contract.owner,
        "snapshot_id": event["snapshot_id"],
        "code_version": manifest.code_version,
        "digest": manifest.digest,
        "evaluation": _beside(event, EVALUATION),
        "card": _beside(event, CARD),
        **{name: str(value) for name, value in _values(evaluation.metrics).items()},
        **baselines,
    }


def _values(metrics: Any) -> dict[str, float]:
    return {name: estimate.value for name, estimate in metrics.items()}


def _decide(package: Package, verdict: Verdict) -> Package:
    """Once: what a person, or an earlier run, has decided since stays."""
    if package.status != registry.PENDING:
        return package
    if not verdict.is_passed:
        return registry.reject(package, reason=" / ".join(verdict.reasons))
    return registry.approve(package) if settings().approval == "auto" else package


def _log(run: dict[str, Any], *, request_id: str) -> None:
    """The run, to where all events go; told twice, it is one."""
    line = log_line(
        event=run,
        received_at=datetime.now(UTC),
        sent_at=None,
        site=SITE,
        request_id=request_id,
        ip=None,
        user_agent=None,
        source="training",
    )
    lake.append(settings().events_stream, [to_json(line)])


def _report(event: dict[str, Any], contract: Contract, evaluation: Evaluation, verdict: Verdict) -> None:
    line = telemetry.emf(
        namespace=settings().metrics_namespace,
        metrics={
            "GateRefused": (0 if verdict.is_passed else 1, "Count"),
            "Quality": (evaluation.metrics[contract.primary.name].value, "None"),
        },
        dimensions=[[], ["model"]],
        at=datetime.now(UTC),
        model=event["model"],
        job=event["job"],
        reasons=verdict.reasons,
    )
    telemetry.emit(line)
