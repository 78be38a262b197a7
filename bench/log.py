"""
The log that all engines read: a made-up shop's files, and its last hour apart, to be loaded on top.
"""

import gzip
import shutil
from pathlib import Path

from ops import generate

SEED = 1
SITE = "shop"
HOURS = 31 * 24  # the shop's month


def make(home: Path, events: int) -> tuple[Path, Path]:
    """The folder of the log and the folder of its last hour, made once for a number of events."""
    folder = home / f"{events}-events"
    if not folder.exists():
        unfinished = folder.with_suffix(".part")
        shutil.rmtree(unfinished, ignore_errors=True)
        generate.main(events=events, seed=SEED, sites=[SITE], out=unfinished / "base", environment="")
        _split(unfinished / "base", unfinished / "hour", lines=max(1, events // HOURS))
        unfinished.rename(folder)
    return folder / "base", folder / "hour"


def files(folder: Path) -> dict[str, Path]:
    """Key in the lake → file."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.gz"))}


def _split(base: Path, hour: Path, lines: int) -> None:
    """Move the last *lines* of the log, which is in the order of arrival, into a file of their own."""
    last = max((base / "events").rglob("*.gz"))
    with gzip.open(last, "rt", encoding="utf-8") as file:
        found = list(file)
    _write(hour / last.relative_to(base).with_name("hour.gz"), found[-lines:])
    _write(last, found[:-lines])


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(lines)
