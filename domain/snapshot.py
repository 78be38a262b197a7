"""
Snapshots: what a training job may learn from, frozen under a prefix of its own, and the manifest beside it.
"""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class File:
    key: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    model: str
    snapshot_id: str
    as_of: str
    code_version: str
    sql: str
    rows: int
    started_from: str
    ended_at: str
    files: tuple[File, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)


def prefix(*, model: str, snapshot_id: str) -> str:
    """Where a snapshot lies in the lake; ends with a slash."""
    return f"snapshots/{model}/{snapshot_id}/"
