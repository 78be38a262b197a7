"""
An artifact as a training job leaves it, for tests that register, bake or serve one.
"""

import io
import tarfile
from pathlib import Path
from typing import Any

from domain import artifact
from domain.artifact import Manifest


def sealed(folder: Path, **about: Any) -> Manifest:
    """Seal the files in *folder*; *about* are fields of the manifest that matter to the test."""
    fields: dict[str, Any] = {
        "format": "next_item/3",
        "model": "next_item",
        "version": "job-1",
        "snapshot_id": "snapshot-1",
        "code_version": "abc",
        "seed": 1,
        "learned_until_ms": 0,
    }
    return artifact.seal(folder, **{**fields, **about})


def archived(folder: Path) -> bytes:
    """model.tar.gz as SageMaker makes it of *folder*."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        tar.add(folder, arcname=".")
    return out.getvalue()
