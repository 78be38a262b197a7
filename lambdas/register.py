"""
After a training job: checks its artifact, holds it against the gate and registers it. The pipeline calls it.
"""

import os
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from adapters import artifacts, registry, telemetry
from adapters.registry import Package
from domain import artifact, promotion
from domain.artifact import Manifest
from domain.promotion import Candidate, Verdict
from domain.settings import RegisterSettings


@cache
def settings() -> RegisterSettings:
    return RegisterSettings.from_env(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """
    Args:
        event: model, group (of its packages), job, model_data (s3:// of model.tar.gz), snapshot_id.

    Raises:
        BrokenArtifact: what the job left is no artifact; a wrong one is registered, as rejected.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artifacts.download(event["model_data"], folder)
        manifest = artifact.read_manifest(folder)
        verdict = promotion.judge(_candidate(folder, manifest, ordered=_ordered(event)))
    package = registry.register(
        event["group"], model_data=event["model_data"], metadata=_metadata(event, manifest)
    )
    package = _decide(package, verdict)
    _report(event, manifest, verdict)
    return {
        "model_package_arn": package.arn,
        "version": package.version,
        "approved": package.status == registry.APPROVED,
        "reasons": list(verdict.reasons),
        "snapshot_id": manifest.snapshot_id,
        "metrics": manifest.metrics,
        "baseline_metrics": manifest.baseline_metrics,
    }


def _ordered(event: dict[str, Any]) -> dict[str, str]:
    return {"model": event["model"], "version": event["job"], "snapshot_id": event["snapshot_id"]}


def _candidate(folder: Path, manifest: Manifest, *, ordered: dict[str, str]) -> Candidate:
    mixed_up = [
        f"{field} is {found}, ordered was {wanted}"
        for field, wanted in ordered.items()
        if (found := getattr(manifest, field)) != wanted
    ]
    return Candidate(
        metrics=manifest.metrics,
        baseline_metrics=manifest.baseline_metrics,
        size_bytes=artifact.size_bytes(folder),
        golden_requests=artifact.golden_requests(folder),
        problems=[*mixed_up, *artifact.problems(folder, manifest)],
    )


def _metadata(event: dict[str, Any], manifest: Manifest) -> dict[str, str]:
    return {
        "model": event["model"],
        "job": event["job"],
        "snapshot_id": event["snapshot_id"],
        "code_version": manifest.code_version,
        "digest": manifest.digest,
        **{name: str(value) for name, value in manifest.metrics.items()},
        **{f"baseline_{name}": str(value) for name, value in manifest.baseline_metrics.items()},
    }


def _decide(package: Package, verdict: Verdict) -> Package:
    """Once: what a person, or an earlier run, has decided since stays."""
    if package.status != registry.PENDING:
        return package
    if not verdict.is_passed:
        return registry.reject(package, reason=" / ".join(verdict.reasons))
    return registry.approve(package) if settings().approval == "auto" else package


def _report(event: dict[str, Any], manifest: Manifest, verdict: Verdict) -> None:
    line = telemetry.emf(
        namespace=settings().metrics_namespace,
        metrics={
            "GateRefused": (0 if verdict.is_passed else 1, "Count"),
            "HitRate20": (manifest.metrics["hit_rate_20"], "None"),
        },
        dimensions=[[], ["model"]],
        at=datetime.now(UTC),
        model=event["model"],
        job=event["job"],
        reasons=verdict.reasons,
    )
    telemetry.emit(line)
