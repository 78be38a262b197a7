"""
The artifact of a model: a folder of files, a manifest that holds their hashes, and one digest over them.

A training job seals it; registering, baking and the start of serving verify it, all in the standard library.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
GOLDEN = "golden.jsonl"  # requests with the answers that this very artifact gave
POPULAR = "popular.json"  # item ids, best first: what is answered where the rest is broken


class BrokenArtifact(ValueError):
    """The files are not what the manifest says, or there is no manifest."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    format: str  # of the model's files: which code can read them
    model: str
    version: str  # the training job's name
    snapshot_id: str
    code_version: str
    seed: int
    learned_until_ms: int  # epoch ms, when the newest session that it learned from ended
    digest: str
    files: Mapping[str, str]  # name → sha256


def seal(folder: Path, **about: Any) -> Manifest:
    """Write the manifest of everything in *folder*; *about* are the fields that the files do not tell."""
    files = {name: sha256_of(path) for name, path in sorted(_sealed(folder).items())}
    manifest = Manifest(**about, files=files, digest=digest_of(files))
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2))
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """
    Raises:
        BrokenArtifact: there is none, or it is not one.
    """
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise BrokenArtifact(f"{MANIFEST}: {error}") from error
    if not isinstance(manifest.files, dict):
        raise BrokenArtifact(f"{MANIFEST}: files is {manifest.files!r}, expected names and hashes")
    return manifest


def problems(folder: Path, manifest: Manifest) -> list[str]:
    """What differs between the files and the manifest; empty for an artifact as it was sealed."""
    found = _sealed(folder)
    missing = [f"{name} is missing" for name in manifest.files if name not in found]
    unknown = [f"{name} is not in the manifest" for name in found if name not in manifest.files]
    changed = [
        f"{name} is not the file that was sealed"
        for name, path in found.items()
        if name in manifest.files and sha256_of(path) != manifest.files[name]
    ]
    is_digest_right = manifest.digest == digest_of(manifest.files)
    return [
        *missing,
        *unknown,
        *changed,
        *([] if is_digest_right else ["the digest is not that of the files"]),
    ]


def verify(folder: Path, *, digest: str) -> Manifest:
    """
    The manifest of an artifact whose every byte is as it was sealed.

    Args:
        digest: the digest that was approved.

    Raises:
        BrokenArtifact: with what is wrong.
    """
    manifest = read_manifest(folder)
    wrong = problems(folder, manifest)
    if manifest.digest != digest:
        wrong.append(f"the digest is {manifest.digest}, expected {digest}")
    if wrong:
        raise BrokenArtifact("; ".join(wrong))
    return manifest


def digest_of(files: Mapping[str, str]) -> str:
    """One hash for all files; the archive around them, with its times and owners, does not matter."""
    import hashlib  # OpenSSL is a tenth of a cold start, and answering needs none

    lines = [f"{name} {sha256}\n" for name, sha256 in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def sha256_of(path: Path) -> str:
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def golden_requests(folder: Path) -> int:
    """How many there are."""
    path = folder / GOLDEN
    return len(path.read_text().splitlines()) if path.exists() else 0


def _sealed(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST}
