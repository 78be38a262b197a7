import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from domain import artifact
from domain.artifact import BrokenArtifact

ABOUT: dict[str, Any] = {
    "format": "next_item/1",
    "model": "next_item",
    "version": "next-item-1",
    "snapshot_id": "snapshot-1",
    "code_version": "abc",
    "seed": 1,
    "learned_until_ms": 1_590_969_600_000,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "table.u32").write_bytes(b"\1\0\0\0")
    (tmp_path / "popular.json").write_text('["a"]')
    artifact.seal(tmp_path, **ABOUT)
    return tmp_path


def test_a_sealed_artifact_is_verified(folder: Path):
    sealed = artifact.read_manifest(folder)

    manifest = artifact.verify(folder, digest=sealed.digest)

    assert manifest == sealed
    assert set(manifest.files) == {"table.u32", "popular.json"}


def test_the_digest_is_that_of_the_files_and_of_nothing_else(folder: Path):
    first = artifact.read_manifest(folder)

    second = artifact.seal(folder, **{**ABOUT, "version": "next-item-2"})

    assert second.digest == first.digest


def test_the_digest_does_not_depend_on_the_order_of_the_files():
    assert artifact.digest_of({"a": "1", "b": "2"}) == artifact.digest_of({"b": "2", "a": "1"})
    assert artifact.digest_of({"a": "1", "b": "2"}) != artifact.digest_of({"a": "2", "b": "1"})


def test_one_changed_byte_is_noticed(folder: Path):
    digest = artifact.read_manifest(folder).digest
    (folder / "table.u32").write_bytes(b"\2\0\0\0")

    with pytest.raises(BrokenArtifact, match=r"table\.u32 is not the file that was sealed"):
        artifact.verify(folder, digest=digest)


def test_a_missing_file_is_noticed(folder: Path):
    digest = artifact.read_manifest(folder).digest
    (folder / "table.u32").unlink()

    with pytest.raises(BrokenArtifact, match=r"table\.u32 is missing"):
        artifact.verify(folder, digest=digest)


def test_a_file_that_nobody_sealed_is_noticed(folder: Path):
    digest = artifact.read_manifest(folder).digest
    (folder / "more.json").write_text("{}")

    with pytest.raises(BrokenArtifact, match=r"more\.json is not in the manifest"):
        artifact.verify(folder, digest=digest)


def test_another_artifact_than_the_approved_one_is_noticed(folder: Path):
    with pytest.raises(BrokenArtifact, match="expected 0000"):
        artifact.verify(folder, digest="0000")


def test_a_manifest_that_was_changed_with_its_files_is_noticed(folder: Path):
    manifest = artifact.read_manifest(folder)
    (folder / "table.u32").write_bytes(b"\2\0\0\0")
    files = {**manifest.files, "table.u32": artifact.sha256_of(folder / "table.u32")}
    (folder / "manifest.json").write_text(json.dumps({**dataclasses.asdict(manifest), "files": files}))

    with pytest.raises(BrokenArtifact, match="the digest is not that of the files"):
        artifact.verify(folder, digest=manifest.digest)


@pytest.mark.parametrize("text", ["", "[]", '{"format": "next_item/1"}', "\0"])
def test_a_manifest_that_is_none_is_a_broken_artifact(folder: Path, text: str):
    (folder / "manifest.json").write_text(text)

    with pytest.raises(BrokenArtifact, match=r"manifest\.json"):
        artifact.read_manifest(folder)


def test_a_manifest_that_lists_no_hashes_is_a_broken_artifact(folder: Path):
    (folder / "manifest.json").write_text(json.dumps({**ABOUT, "digest": "d1", "files": ["table.u32"]}))

    with pytest.raises(BrokenArtifact, match="files is"):
        artifact.read_manifest(folder)


def test_golden_requests_are_counted(folder: Path):
    assert artifact.golden_requests(folder) == 0

    (folder / "golden.jsonl").write_text("{}\n{}\n")

    assert artifact.golden_requests(folder) == 2
