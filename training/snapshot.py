"""
The snapshot channel of a training job: its manifest and, file by file held against it, its columns.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow.parquet as pq

from domain.artifact import sha256_of
from training import catalogue
from training.catalogue import Catalogue

ITEMS = "catalogue_"  # how the files begin that hold what items are called


class BrokenSnapshot(ValueError):
    """The channel does not hold what the snapshot's manifest says."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    model: str
    snapshot_id: str
    about: dict[str, Any]  # the manifest, without its files
    columns: dict[str, list[Any]]  # name as Snowflake unloads it, in capitals
    catalogue: Catalogue


def read(folder: Path, *, columns: Sequence[str]) -> Snapshot:
    """
    Raises:
        BrokenSnapshot: a file is missing or not the one that was unloaded.
    """
    path = folder / "manifest.json"
    if not path.exists():
        raise BrokenSnapshot("the snapshot has no manifest.json")
    manifest = json.loads(path.read_text())
    files = [_verified(folder, entry) for entry in manifest["files"]]
    items = [path for path in files if path.name.startswith(ITEMS)]
    rows = [path for path in files if path not in items]
    return Snapshot(
        model=manifest["model"],
        snapshot_id=manifest["snapshot_id"],
        about={name: value for name, value in manifest.items() if name != "files"},
        columns=_read_columns(rows, columns),
        catalogue=Catalogue.from_columns(_read_columns(items, catalogue.COLUMNS)),
    )


def _verified(folder: Path, entry: dict[str, Any]) -> Path:
    path = folder / PurePosixPath(entry["key"]).name
    if not path.exists():
        raise BrokenSnapshot(f"{path.name} is in the manifest and not in the channel")
    if (found := sha256_of(path)) != entry["sha256"]:
        raise BrokenSnapshot(f"{path.name} has sha256 {found}, the manifest says {entry['sha256']}")
    return path


def _read_columns(files: Sequence[Path], columns: Sequence[str]) -> dict[str, list[Any]]:
    tables = [pq.ParquetFile(path).read(columns=list(columns)) for path in files]
    for path, table in zip(files, tables, strict=True):
        if missing := set(columns) - set(table.column_names):
            raise BrokenSnapshot(f"{path.name} has no column {', '.join(sorted(missing))}")
    return {column: [value for table in tables for value in table[column].to_pylist()] for column in columns}
