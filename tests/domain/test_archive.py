import io
import tarfile
from pathlib import Path

import pytest

from domain import archive
from domain.artifact import BrokenArtifact


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    out.seek(0)
    return out


@pytest.mark.parametrize("name", ["table.u32", "./table.u32"])
def test_files_at_the_top_are_unpacked(tmp_path: Path, name: str):
    archive.unpack(packed((tarfile.TarInfo(name), b"content")), tmp_path)

    assert (tmp_path / "table.u32").read_bytes() == b"content"


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "deeper/file", ".."])
def test_a_file_anywhere_else_is_refused(tmp_path: Path, name: str):
    with pytest.raises(BrokenArtifact):
        archive.unpack(packed((tarfile.TarInfo(name), b"content")), tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes):
    link = tarfile.TarInfo("link")
    link.type, link.linkname = kind, "/etc/passwd"

    with pytest.raises(BrokenArtifact, match="link is not a plain file"):
        archive.unpack(packed((link, b"")), tmp_path)


def test_an_archive_larger_than_the_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 10)

    with pytest.raises(BrokenArtifact, match="11 bytes unpacked, at most 10"):
        archive.unpack(packed((tarfile.TarInfo("table.u32"), b"x" * 11)), tmp_path)


@pytest.mark.parametrize("cut", [0, 10, 60])
def test_what_is_no_archive_is_a_broken_artifact(tmp_path: Path, cut: int):
    whole = packed((tarfile.TarInfo("table.u32"), bytes(range(256)))).getvalue()

    with pytest.raises(BrokenArtifact, match=r"model\.tar\.gz"):
        archive.unpack(io.BytesIO(whole[:cut]), tmp_path)
