"""
One training, from a snapshot's columns to an artifact and what is known of it; the same for every model.

What ships has learned from the test days too: without them it would be days stale. What is measured is a
model of the past, made by the same code with the same parameters.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic

from domain.artifact import GOLDEN
from domain.contract import Contract
from domain.evaluation import Champion, Estimate, Part, Point
from domain.promotion import GOLDEN_REQUESTS
from training import behaviour, champion, leaks, split
from training.behaviour import Trial
from training.catalogue import UNKNOWN, Catalogue
from training.intervals import Draws, rounded
from training.recipe import D, Outcomes, Parameters, Predictor, Recipe, Request
from training.search import chosen, search, share

ROUNDS = 3  # in which the golden requests are timed; the fastest counts, others share their CPU with somebody


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the test days showed; fields as in Evaluation."""

    parameters: Parameters
    metrics: Mapping[str, Estimate]
    baselines: Mapping[str, Mapping[str, Estimate]]
    leads: Mapping[str, Estimate]
    champion: Champion | None
    slices: Mapping[str, Mapping[str, Part]]
    checks: Mapping[str, float]
    leaks: tuple[str, ...]
    points: tuple[Point, ...]
    counts: Mapping[str, int]
    examples: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """What is known of the artifact beside its files."""

    counts: Mapping[str, int]  # of what it was learned from
    fit_cpu_seconds: float
    latency_ms: float


@dataclass(frozen=True, kw_only=True)
class Training(Generic[D]):
    contract: Contract
    recipe: Recipe[D]
    data: D
    as_of: datetime
    seed: int
    catalogue: Catalogue = UNKNOWN

    @classmethod
    def of(
        cls,
        contract: Contract,
        recipe: Recipe[D],
        columns: Mapping[str, Sequence[Any]],
        *,
        as_of: datetime,
        seed: int,
        catalogue: Catalogue = UNKNOWN,
    ) -> "Training[D]":
        """
        Raises:
            EmptySnapshot, FromTheFuture: there is nothing to learn from, or more than there should be.
        """
        data = recipe.load(columns)
        split.check_past(data, as_of=as_of)
        return cls(contract=contract, recipe=recipe, data=data, as_of=as_of, seed=seed, catalogue=catalogue)

    def try_share(self, number: int, *, checkpoints: Path) -> list[Point]:
        """Try the points that are job *number*'s, for the training that follows."""
        past, _ = split.by_days(self.data, days=self.contract.test_days)
        return share(self.contract, self.recipe, past, number, seed=self.seed, checkpoints=checkpoints)

    def show(self, *, champion_channel: Path, checkpoints: Path) -> Shown:
        """
        Choose parameters and find out how good a model of the past is on the days after it.

        Raises:
            NothingToEvaluate: too few days.
        """
        past, last_days = split.by_days(self.data, days=self.contract.test_days)
        test = split.sample(last_days, at_most=self.contract.test_sessions, seed=self.seed)
        points = search(self.contract, self.recipe, past, seed=self.seed, checkpoints=checkpoints)
        with TemporaryDirectory() as name:
            folder = Path(name)
            parameters = chosen(self.contract, points)
            self.recipe.fit(past, folder, parameters=parameters, seed=self.seed)
            trial = Trial(
                contract=self.contract,
                recipe=self.recipe,
                past=past,
                test=test,
                folder=folder,
                outcomes=self.recipe.outcomes(folder, test),
                parameters=parameters,
                seed=self.seed,
                catalogue=self.catalogue,
            )
            return self._shown(trial, points, champion_channel)

    def _shown(self, trial: Trial[D], points: tuple[Point, ...], champion_channel: Path) -> Shown:
        draws = Draws.of(len(trial.test), seed=self.seed)
        baselines = self.recipe.baselines(trial.past, trial.test)
        primary = self.contract.primary
        measure = self.recipe.MEASURES[primary.name]
        return Shown(
            parameters=trial.parameters,
            metrics=self._estimates(draws, trial.outcomes),
            baselines={name: self._estimates(draws, outcomes) for name, outcomes in baselines.items()},
            leads={
                name: draws.lead(measure, trial.outcomes, other, is_higher_better=primary.is_higher_better)
                for name, other in baselines.items()
            },
            champion=self._champion(trial, champion_channel),
            slices={name: self._parts(draws, trial.outcomes, name) for name in self.contract.slices},
            checks=behaviour.run(trial),
            leaks=tuple(
                leaks.find(
                    self.contract,
                    self.recipe,
                    self.data,
                    past=trial.past,
                    test=trial.test,
                    as_of=self.as_of,
                )
            ),
            points=points,
            counts={"test_sessions": len(trial.test), "predictions": len(trial.outcomes.session_P)},
            examples=tuple(self.recipe.examples(trial.folder, trial.test, self.catalogue.title)),
        )

    def _estimates(self, draws: Draws, outcomes: Outcomes) -> dict[str, Estimate]:
        names = [metric.name for metric in self.contract.metrics]
        return {name: draws.estimate(self.recipe.MEASURES[name], outcomes) for name in names}

    def _parts(self, draws: Draws, outcomes: Outcomes, name: str) -> dict[str, Part]:
        measure, part_P = self.recipe.MEASURES[self.contract.primary.name], outcomes.slices[name]
        return {
            str(part): Part(
                predictions=int((part_P == part).sum()),
                metric=draws.estimate(measure, outcomes, where_P=part_P == part),
            )
            for part in sorted(set(part_P))
        }

    def _champion(self, trial: Trial[D], channel: Path) -> Champion | None:
        with TemporaryDirectory() as name:
            manifest = champion.unpack(channel, Path(name))
            return (
                champion.compare(trial, self.data, folder=Path(name), manifest=manifest) if manifest else None
            )

    def ship(self, folder: Path, parameters: Parameters) -> Shipped:
        """Write the artifact's files, golden requests among them: learned from everything there is."""
        started = time.process_time()
        counts = self.recipe.fit(self.data, folder, parameters=parameters, seed=self.seed)
        fit_cpu_seconds = rounded(time.process_time() - started)
        model = self.recipe.opened(folder)
        requests = self.recipe.requests(self.data, count=GOLDEN_REQUESTS, seed=self.seed)
        lines = [json.dumps({"request": each, "answer": _answered(model, each)}) for each in requests]
        (folder / GOLDEN).write_text("\n".join(lines) + "\n")
        return Shipped(
            counts=counts, fit_cpu_seconds=fit_cpu_seconds, latency_ms=_latency_ms(model, requests)
        )


def _latency_ms(model: Predictor, requests: Sequence[Request]) -> float:
    """CPU time of one answer."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for request in requests:
            _answered(model, request)
        rounds.append(time.process_time() - started)
    return rounded(min(rounds) / len(requests) * 1000)


def _answered(model: Predictor, request: Request) -> dict[str, Any]:
    return model.predict(request["events"], k=request["k"], site=request.get("site", "")).data
