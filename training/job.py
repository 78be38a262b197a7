"""
What a training job runs, in SageMaker's container as on a laptop: snapshot in, artifact and evaluation out.

    python -m training.job --root /opt/ml
"""

import argparse
import importlib
import json
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain import artifact
from domain.contract import Contract
from domain.evaluation import CARD, EVALUATION, Cost, Evaluation, Point
from domain.training_job import cost_usd
from training import card, contracts, snapshot
from training.intervals import rounded
from training.snapshot import Snapshot
from training.trial import Shipped, Training

FAILURE_CHARACTERS = 1024  # SageMaker shows no more of output/failure as the job's FailureReason


class WrongModel(ValueError):
    """The snapshot was made for another model than the one to train."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    root = parser.parse_args().root
    given = json.loads((root / "input/config/hyperparameters.json").read_text())
    try:
        if "share" in given:
            _print_points(try_share(root, given))
        else:
            _print_metrics(run(root, job=os.environ["TRAINING_JOB_NAME"]))
    except Exception as error:  # whatever it was, it must reach the person who reads the job's status
        _write_failure(root, error)
        raise


def try_share(root: Path, given: Mapping[str, str]) -> list[Point]:
    """Try what hyperparameter `share` says of the search's points; they are left among the checkpoints."""
    training, _ = _opened(root, given)
    return training.try_share(int(given["share"]), checkpoints=root / "checkpoints")


def run(root: Path, *, job: str) -> Evaluation:
    """
    Train the model that the hyperparameters name.

    Args:
        root: /opt/ml, laid out as SageMaker does it.
        job: the job's name; it becomes the artifact's version.

    Raises:
        WrongModel, EmptySnapshot, FromTheFuture, NothingToEvaluate: the snapshot is none to learn from.
    """
    started, cpu_started = time.perf_counter(), time.process_time()
    given = json.loads((root / "input/config/hyperparameters.json").read_text())
    training, frozen = _opened(root, given)
    contract = training.contract
    shown = training.show(champion_channel=root / "input/data/champion", checkpoints=root / "checkpoints")
    (root / "model").mkdir(parents=True, exist_ok=True)
    shipped = training.ship(root / "model", shown.parameters)
    newest_ms = int(training.data.ended_at_S.max())
    manifest = artifact.seal(
        root / "model",
        format=training.recipe.FORMAT,
        model=contract.model,
        version=job,
        snapshot_id=frozen.snapshot_id,
        code_version=given["code_version"],
        seed=training.seed,
        learned_until_ms=newest_ms,
    )
    evaluation = Evaluation(
        model=contract.model,
        version=job,
        digest=manifest.digest,
        snapshot=frozen.about,
        as_of=training.as_of.isoformat(),
        newest_at=datetime.fromtimestamp(newest_ms / 1000, UTC).isoformat(),
        code_version=given["code_version"],
        seed=training.seed,
        latency_ms=shipped.latency_ms,
        cost=_cost(contract, shipped, started=started, cpu_started=cpu_started),
        **{**vars(shown), "counts": {**shipped.counts, **shown.counts}},
    )
    _write_output(root / "output/data", contract, evaluation)
    return evaluation


def _opened(root: Path, given: Mapping[str, str]) -> tuple[Training[Any], Snapshot]:
    contract = contracts.of(given["model"])
    frozen = _snapshot(root, contract)
    training = Training.of(
        contract,
        importlib.import_module(f"training.{contract.model}.recipe"),
        frozen.columns,
        as_of=datetime.fromisoformat(given["as_of"]),
        seed=int(given["seed"]),
        catalogue=frozen.catalogue,
    )
    return training, frozen


def _snapshot(root: Path, contract: Contract) -> Snapshot:
    found = snapshot.read(root / "input/data/snapshot", columns=contract.columns)
    if found.model != contract.model:
        raise WrongModel(f"the snapshot is of {found.model}, the job trains {contract.model}")
    return found


def _cost(contract: Contract, shipped: Shipped, *, started: float, cpu_started: float) -> Cost:
    wall_seconds = time.perf_counter() - started
    return Cost(
        cpu_seconds=rounded(time.process_time() - cpu_started),
        fit_cpu_seconds=shipped.fit_cpu_seconds,
        wall_seconds=rounded(wall_seconds),
        instance=contract.instance,
        usd=cost_usd(contract.instance, seconds=wall_seconds),
    )


def _write_output(folder: Path, contract: Contract, evaluation: Evaluation) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / EVALUATION).write_text(evaluation.to_json())
    (folder / CARD).write_text(card.page(contract, evaluation))


def _write_failure(root: Path, error: Exception) -> None:
    path = root / "output/failure"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{type(error).__name__}: {error}", "", *traceback.format_tb(error.__traceback__)[-1:]]
    path.write_text("\n".join(lines)[:FAILURE_CHARACTERS])


def _print_points(points: Sequence[Point]) -> None:
    for point in points:
        print(f"{point.metric} in {point.cpu_seconds} CPU seconds: {json.dumps(point.parameters)}")


def _print_metrics(evaluation: Evaluation) -> None:
    """One per line, in the form that the job's MetricDefinitions look for."""
    for name, metric in evaluation.metrics.items():
        print(f"{name}={metric.value};")
    for baseline, metrics in evaluation.baselines.items():
        for name, metric in metrics.items():
            print(f"{baseline}_{name}={metric.value};")
    print(f"digest {evaluation.digest}")


if __name__ == "__main__":
    main()
