"""The benchmark runs whole on a small log: three engines, the same tables."""

import json
from pathlib import Path

import pytest

from bench import warehouse
from bench.warehouse import ALL, BUILD, EngineFailed


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(warehouse, "HOME", tmp_path)
    return tmp_path


def result(home: Path, *arguments: str) -> dict[str, object]:
    assert warehouse.main(["--events", "2000", *arguments]) == 0
    [found] = json.loads((home / "warehouse.json").read_text())
    return dict(found)


def test_what_is_made_by_hand_is_the_same_twice(home: Path):
    found = result(home, "--engines", "duckdb_by_hand", "polars_by_hand")

    tables = found["tables"]
    assert isinstance(tables, dict)
    assert len(tables) == 12
    assert all(content["rows"] > 0 for content in tables.values())


@pytest.mark.prove
def test_the_warehouse_makes_what_is_made_by_hand_and_replays_it(home: Path):
    found = result(home)

    costs = found["costs"]
    assert isinstance(costs, dict)
    assert {cost["step"] for cost in costs["skiff"]} == set(ALL) - {"build"}
    assert {cost["step"] for cost in costs["duckdb_by_hand"]} == set(BUILD)
    assert all(cost["peak_bytes"] > 0 for of in costs.values() for cost in of)


def test_an_engine_that_fails_ends_the_benchmark(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(warehouse.log, "make", lambda *_: (home / "nothing", home / "nothing"))

    with pytest.raises(EngineFailed, match="duckdb_by_hand"):
        result(home, "--engines", "duckdb_by_hand")


def test_a_ratio_stands_beside_what_has_a_yardstick(capsys: pytest.CaptureFixture[str]):
    cost = {"cpu_seconds": 2.0, "wall_seconds": 1.0, "peak_bytes": 2**30}
    of_skiff = [{**cost, "step": step} for step in (*BUILD, "hour")]
    by_hand = [{**cost, "step": step, "cpu_seconds": 1.0} for step in BUILD]
    measured = {"events": 2000, "threads": 2, "costs": {"skiff": of_skiff, "duckdb_by_hand": by_hand}}

    warehouse.console.print(warehouse.table(measured))

    shown = capsys.readouterr().out
    assert "8.0 (2.00)" in shown
    assert "4.0 (1.00)" in shown
    assert "1.00 GiB" in shown
