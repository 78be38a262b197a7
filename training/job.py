"""
What a training job runs, in SageMaker's container as on a laptop: snapshot in, artifact and evaluation out.

    python -m training.job --root /opt/ml
"""

import argparse
import importlib
import json
import os
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from domain import artifact
from domain.artifact import Manifest
from training import snapshot

FAILURE_CHARACTERS = 1024  # SageMaker shows no more of output/failure as the job's FailureReason


class WrongModel(ValueError):
    """The snapshot was made for another model than the one to train."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    root = parser.parse_args().root
    try:
        manifest = run(root, job=os.environ["TRAINING_JOB_NAME"])
    except Exception as error:  # whatever it was, it must reach the person who reads the job's status
        _write_failure(root, error)
        raise
    _print_metrics(manifest)


def run(root: Path, *, job: str) -> Manifest:
    """
    Train the model that the hyperparameters name.

    Args:
        root: /opt/ml, laid out as SageMaker does it.
        job: the job's name; it becomes the artifact's version.
    """
    parameters = json.loads((root / "input/config/hyperparameters.json").read_text())
    recipe = importlib.import_module(f"training.{parameters['model']}.recipe")
    data = snapshot.read(root / "input/data/snapshot", columns=recipe.COLUMNS)
    if data.model != parameters["model"]:
        raise WrongModel(f"the snapshot is of {data.model}, the job trains {parameters['model']}")
    folder = root / "model"
    folder.mkdir(parents=True, exist_ok=True)
    seed = int(parameters["seed"])
    as_of = datetime.fromisoformat(parameters["as_of"])
    report = recipe.train(data.columns, as_of=as_of, seed=seed, folder=folder)
    manifest = artifact.seal(
        folder,
        model=data.model,
        version=job,
        snapshot_id=data.snapshot_id,
        code_version=parameters["code_version"],
        seed=seed,
        **asdict(report),
    )
    _write_evaluation(root, parameters, manifest)
    return manifest


def _write_evaluation(root: Path, parameters: Mapping[str, str], manifest: Manifest) -> None:
    path = root / "output/data/evaluation.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"hyperparameters": parameters, **asdict(manifest)}, indent=2))


def _write_failure(root: Path, error: Exception) -> None:
    path = root / "output/failure"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{type(error).__name__}: {error}", "", *traceback.format_tb(error.__traceback__)[-1:]]
    path.write_text("\n".join(lines)[:FAILURE_CHARACTERS])


def _print_metrics(manifest: Manifest) -> None:
    """One per line, in the form that the job's MetricDefinitions look for."""
    for name, value in manifest.metrics.items():
        print(f"{name}={value};")
    for name, value in manifest.baseline_metrics.items():
        print(f"baseline_{name}={value};")
    print(f"digest {manifest.digest}")


if __name__ == "__main__":
    main()
