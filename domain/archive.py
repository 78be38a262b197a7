"""
model.tar.gz, opened without trusting it. Registering and baking call it.
"""

import tarfile
from pathlib import Path
from typing import BinaryIO

from domain.artifact import BrokenArtifact

MAX_UNPACKED_BYTES = 256 * 1024 * 1024  # half of a function's temporary disk


def unpack(archive: BinaryIO, folder: Path) -> None:
    """
    Extract the files of *archive* into *folder*, next to each other.

    Raises:
        BrokenArtifact: no archive, or one with anything but plain files at its top, or with too many bytes.
    """
    try:
        with tarfile.open(fileobj=archive, mode="r:gz") as tar:
            members = [member for member in tar if not member.isdir()]
            for member in members:
                _check(member)
            if (size := sum(member.size for member in members)) > MAX_UNPACKED_BYTES:
                raise BrokenArtifact(f"{size} bytes unpacked, at most {MAX_UNPACKED_BYTES} are taken")
            tar.extractall(folder, members=members, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BrokenArtifact(f"model.tar.gz: {error}") from error


def _check(member: tarfile.TarInfo) -> None:
    is_at_top = "/" not in member.name.removeprefix("./")
    if not (member.isfile() and is_at_top):
        raise BrokenArtifact(f"{member.name} is not a plain file at the top of the archive")
