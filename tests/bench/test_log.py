"""The log of a benchmark is made once, and its last hour lies apart."""

import gzip
import json
from pathlib import Path

import pytest

from bench import log
from ops import generate


def lines(folder: Path) -> list[str]:
    return [
        line
        for key, path in log.files(folder).items()
        if key.startswith("events/")
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]


def test_the_last_lines_lie_apart_and_none_is_lost(tmp_path: Path):
    base, hour = log.make(tmp_path / "home", 3000)

    generate.main(events=3000, seed=log.SEED, sites=[log.SITE], out=tmp_path / "whole", environment="")
    whole = lines(tmp_path / "whole")
    assert len(lines(hour)) == 3000 // log.HOURS
    assert lines(base) + lines(hour) == whole
    last_of_base = max(json.loads(line)["received_at"] for line in lines(base))
    assert last_of_base <= min(json.loads(line)["received_at"] for line in lines(hour))


def test_it_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = log.make(tmp_path, 1000)
    monkeypatch.setattr(generate, "main", lambda **_: pytest.fail("made again"))

    assert log.make(tmp_path, 1000) == first


def test_one_that_was_interrupted_is_made_anew(tmp_path: Path):
    (tmp_path / "1000-events.part" / "base" / "events").mkdir(parents=True)
    (tmp_path / "1000-events.part" / "base" / "events" / "half.gz").write_bytes(b"")

    base, _ = log.make(tmp_path, 1000)

    assert not (base / "events" / "half.gz").exists()
    assert len(lines(base)) > 700
