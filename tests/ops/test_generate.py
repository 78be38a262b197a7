import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from domain.events import checked
from ops import generate


def run(out: Path, *sites: str, seed: int = 1) -> dict[str, Any]:
    generate.main(events=4_000, seed=seed, sites=sites or ["shop"], out=out, environment="local")
    truth: dict[str, Any] = json.loads((out / "truth.json").read_text())
    return truth


def lines(out: Path, folder: str) -> list[dict[str, Any]]:
    files = sorted((out / folder).rglob("*.gz"))
    return [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def content(out: Path) -> dict[str, bytes]:
    return {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def test_the_files_hold_what_the_truth_says(tmp_path: Path) -> None:
    truth = run(tmp_path)["shop"]

    accepted, rejected = lines(tmp_path, "events"), lines(tmp_path, "rejected")
    assert len(accepted) == truth["accepted"] == pytest.approx(4_000, rel=0.2)
    assert len({line["event"]["event_id"] for line in accepted}) == truth["unique"]
    assert Counter(line["reason"] for line in rejected) == truth["reasons"]


def test_every_line_is_one_that_the_collector_would_have_written(tmp_path: Path) -> None:
    run(tmp_path)

    accepted = lines(tmp_path, "events")
    for line in accepted:
        assert checked(line["event"], site="shop") == line["event"]
    assert [line["received_at"] for line in accepted] == sorted(line["received_at"] for line in accepted)
    assert {line["source"] for line in accepted} == {"import"}
    rejects = lines(tmp_path, "rejected")
    assert len({line["reject_id"] for line in rejects}) == len(rejects)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    for folder, seed in (("first", 1), ("again", 1), ("other", 2)):
        run(tmp_path / folder, seed=seed)

    first = content(tmp_path / "first")
    assert first == content(tmp_path / "again")
    assert first["truth.json"] != content(tmp_path / "other")["truth.json"]


def test_a_file_that_is_there_is_not_written_again_and_a_missing_one_is(tmp_path: Path) -> None:
    run(tmp_path)
    first = content(tmp_path)
    [file] = (tmp_path / "events").rglob("*.gz")
    [other] = (tmp_path / "rejected").rglob("*.gz")
    file.unlink()
    written_at = other.stat().st_mtime_ns

    run(tmp_path)

    assert content(tmp_path) == first
    assert other.stat().st_mtime_ns == written_at


def test_two_sites_are_two_shops_with_visitors_of_their_own(tmp_path: Path) -> None:
    truth = run(tmp_path, "north", "south")

    visitors: dict[str, set[str]] = {"north": set(), "south": set()}
    for line in lines(tmp_path, "events"):
        visitors[line["site"]].add(line["event"]["client_id"])
    assert set(truth) == set(visitors)
    assert visitors["north"] & visitors["south"] <= {None}
    assert sum(of_site["accepted"] for of_site in truth.values()) == pytest.approx(4_000, rel=0.2)
