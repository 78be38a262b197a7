"""
The release in the function's layer: what `domain.layer` packed, found and checked. Predicting calls it.
"""

import json
from functools import cache
from importlib import import_module
from pathlib import Path

from domain import item_filter
from domain.artifact import BrokenArtifact, read_manifest, size_bytes
from domain.layer import Arm, Release

PACKAGE = "skiff_model"  # Lambda puts a layer's python/ on sys.path


@cache
def _package() -> Path:
    """A layer is unpacked, so its package is a folder."""
    try:
        return Path(str(import_module(PACKAGE).__file__)).parent
    except (
        ModuleNotFoundError
    ):  # no layer at all: nothing is found below it, so `release` says that it is broken
        return Path("no-layer")


def folder(arm: str) -> Path:
    """Where the arm's artifact lies; a baseline layer has no such folder."""
    return _package() / arm


def filters() -> Path:
    """Where the sites' item filters lie, as they were when the layer was baked; there may be none."""
    return _package() / item_filter.FOLDER


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
    Every byte was held against its hash when the layer was baked, and Lambda keeps it as it is; to read all
    again would double a cold start. Here it is enough that all is there and meant for this code.

    Raises:
        BrokenArtifact: not the files that were released, not of *model*, or in a format the code cannot read.
    """
    manifest, size = read_manifest(folder(arm.name)), size_bytes(folder(arm.name))
    expected = json.loads((_package() / "sizes.json").read_text())[arm.name]
    if manifest.digest != arm.digest:
        raise BrokenArtifact(f"the digest is {manifest.digest}, released was {arm.digest}")
    if size != expected:
        raise BrokenArtifact(f"the files have {size:,} bytes, released were {expected:,}")
    if (manifest.model, manifest.format) != (model, format):
        raise BrokenArtifact(f"{manifest.model} in {manifest.format}, expected {model} in {format}")
