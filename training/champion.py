"""
The model that is in use, beside the one that would follow it: both on sessions that neither has seen.

What ships has learned from everything up to its snapshot, so the sessions that tell the two apart are those
that began after the champion's. The candidate learns once more, from what ended before them: an older
champion meets a fresher model, as it would in use.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from domain import archive, artifact
from domain.artifact import Manifest
from domain.evaluation import Champion
from training import split
from training.behaviour import Trial
from training.intervals import Draws
from training.recipe import D

MODEL = "model.tar.gz"
MIN_SESSIONS = 30  # an interval from fewer is narrower than what is known


def unpack(channel: Path, folder: Path) -> Manifest | None:
    """The champion in the job's channel, unpacked into *folder*; None where there is no champion yet."""
    if not (path := channel / MODEL).exists():
        return None
    with path.open("rb") as file:
        archive.unpack(file, folder)
    return artifact.read_manifest(folder)


def compare(trial: Trial[D], data: D, *, folder: Path, manifest: Manifest) -> Champion:
    """
    Args:
        trial: of the candidate, on the test days.
        data: the whole snapshot.
        folder, manifest: the champion's.
    """
    known = Champion(version=manifest.version, digest=manifest.digest, sessions=0)
    if manifest.format != trial.recipe.FORMAT:
        return _not(known, f"its files are {manifest.format}, this code reads {trial.recipe.FORMAT}")
    moment_ms = max(manifest.learned_until_ms + 1, int(trial.test.started_at_S.min()))
    before, after = split.at(data, moment_ms)
    after = split.sample(after, at_most=trial.contract.test_sessions, seed=trial.seed)
    if len(after) < MIN_SESSIONS:
        return _not(
            known, f"{len(after)} sessions began after what it learned from, {MIN_SESSIONS} are needed"
        )
    recipe, primary = trial.recipe, trial.contract.primary
    with TemporaryDirectory() as fresh:
        recipe.fit(before, Path(fresh), parameters=trial.parameters, seed=trial.seed)
        candidate = recipe.outcomes(Path(fresh), after)
    champion = recipe.outcomes(folder, after)
    draws, measure = Draws.of(len(after), seed=trial.seed), recipe.MEASURES[primary.name]
    return Champion(
        version=manifest.version,
        digest=manifest.digest,
        sessions=len(after),
        metric=draws.estimate(measure, champion),
        candidate=draws.estimate(measure, candidate),
        lead=draws.lead(measure, candidate, champion, is_higher_better=primary.is_higher_better),
    )


def _not(known: Champion, why: str) -> Champion:
    return Champion(version=known.version, digest=known.digest, sessions=known.sessions, not_compared=why)
