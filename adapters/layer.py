"""
The release in the function's layer: what `domain.layer` packed, found and checked. Predicting calls it.
"""

from functools import cache
from importlib import resources
from pathlib import Path

from domain.artifact import BrokenArtifact, verify
from domain.layer import Arm, Release

PACKAGE = "skiff_model"  # Lambda puts a layer's python/ on sys.path


@cache
def _package() -> Path:
    """A layer is unpacked, so its package is a folder, and as_file has nothing to copy or clean up."""
    try:
        with resources.as_file(resources.files(PACKAGE)) as folder:
            return folder
    except (
        ModuleNotFoundError
    ):  # no layer at all: nothing is found below it, so `release` says that it is broken
        return Path("no-layer")


def folder(arm: str) -> Path:
    """Where the arm's artifact lies; a baseline layer has no such folder."""
    return _package() / arm


def release() -> Release:
    """
    What the layer says it is.

    Raises:
        BrokenArtifact: it does not say.
    """
    try:
        return Release.from_json((_package() / "release.json").read_text())
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BrokenArtifact(f"release.json: {error}") from error


def check(arm: Arm, *, model: str, format: str) -> None:
    """
    Raises:
        BrokenArtifact: not the bytes that were released, not of *model*, or in a format the code cannot read.
    """
    manifest = verify(folder(arm.name), digest=arm.digest)
    if (manifest.model, manifest.format) != (model, format):
        raise BrokenArtifact(f"{manifest.model} in {manifest.format}, expected {model} in {format}")
