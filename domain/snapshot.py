"""
Snapshots: what a training job may learn from, frozen in a folder, and the manifest beside it.

Each attempt to make one has a folder of its own, so that a retry never meets what a broken attempt left. An
attempt counts once it has a manifest, which is written last.
"""

import json
from dataclasses import asdict, dataclass
from typing import Self

ROOT = "snapshots/"  # of all of them in the lake


@dataclass(frozen=True, kw_only=True)
class File:
    key: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    model: str
    snapshot_id: str
    attempt: str
    as_of: str
    code_version: str
    sql: str
    rows: int
    started_from: str
    ended_at: str
    files: tuple[File, ...]
    checks_passed: int = 0  # of those that ran last over all tables; a snapshot made before they were kept: 0
    warnings: tuple[str, ...] = ()  # the checks that found something, and how many rows

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        values = json.loads(text)
        files = tuple(File(**file) for file in values["files"])
        return cls(**{**values, "files": files, "warnings": tuple(values.get("warnings", ()))})

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @property
    def folder(self) -> str:
        return folder(model=self.model, snapshot_id=self.snapshot_id, attempt=self.attempt)


def prefix(*, model: str, snapshot_id: str) -> str:
    """Where all attempts at a snapshot lie in the lake; ends with a slash."""
    return f"{ROOT}{model}/{snapshot_id}/"


def folder(*, model: str, snapshot_id: str, attempt: str) -> str:
    """Where one attempt lies; ends with a slash."""
    return f"{prefix(model=model, snapshot_id=snapshot_id)}{attempt}/"
