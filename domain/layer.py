"""
A model as a Lambda layer: a zip that is the same to the byte whenever its files are.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

PACKAGE = "python/skiff_model"  # Lambda puts a layer's python/ on sys.path
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold; the real one would change the digest


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a layer says about itself; `version` is what every answer carries."""

    release_id: str
    model: str
    version: str
    digest: str


def build(release: Release, files: Mapping[str, bytes]) -> bytes:
    """
    Zip *files* (name → content, the artifact as trained) and `release.json` for the predict function.

    Stored, not deflated: the tables do not shrink by much, and Lambda unpacks them at every cold start.
    """
    entries = {
        f"{PACKAGE}/__init__.py": b"",
        f"{PACKAGE}/release.json": json.dumps(asdict(release), sort_keys=True).encode(),
        **{f"{PACKAGE}/model/{name}": content for name, content in files.items()},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(entries):
            info = zipfile.ZipInfo(name, EPOCH)
            info.external_attr = 0o644 << 16
            archive.writestr(info, entries[name])
    return out.getvalue()


def golden(layer: bytes) -> list[dict[str, Any]]:
    """Read the golden requests and their answers out of a layer."""
    with zipfile.ZipFile(io.BytesIO(layer)) as archive:
        text = archive.read(f"{PACKAGE}/model/golden.jsonl").decode()
    return [json.loads(line) for line in text.splitlines()]
