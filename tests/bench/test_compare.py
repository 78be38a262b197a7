"""Only engines that made the same tables are compared."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.compare import Different, same_tables

ROW = {"site": "shop", "n": 3, "price": Decimal("1.5000"), "names": ["a", None], "loaded_at": "now"}


def made(folder: Path, *rows: dict[str, Any], table: str = "marts.things") -> Path:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows)), folder / f"{table}.parquet")
    return folder


def test_order_case_of_names_and_kinds_of_numbers_do_not_matter(tmp_path: Path):
    other = {"N": Decimal("3"), "NAMES": '["a",null]', "PRICE": 1.5, "SITE": "shop", "LOADED_AT": "then"}
    folders = {
        "one": made(tmp_path / "one", ROW, {**ROW, "n": 4}),
        "other": made(tmp_path / "other", {**other, "N": Decimal("4")}, other),
    }

    assert same_tables(folders)["marts.things"].rows == 2


@pytest.mark.parametrize(
    "change", [{"site": "b"}, {"n": 4}, {"price": Decimal("1.5001")}, {"names": ["a"]}, {"names": None}]
)
def test_one_value_makes_a_difference(tmp_path: Path, change: dict[str, Any]):
    folders = {
        "one": made(tmp_path / "one", ROW, ROW),
        "other": made(tmp_path / "other", ROW, {**ROW, **change}),
    }

    with pytest.raises(Different, match=r"marts\.things: one made Content\(rows=2.* other made"):
        same_tables(folders)


def test_a_row_too_many_makes_a_difference(tmp_path: Path):
    folders = {"one": made(tmp_path / "one", ROW), "other": made(tmp_path / "other", ROW, ROW)}

    with pytest.raises(Different, match=r"rows=1.*rows=2"):
        same_tables(folders)


def test_what_only_one_engine_makes_is_not_compared(tmp_path: Path):
    made(tmp_path / "one", ROW, table="marts.more")
    folders = {"one": made(tmp_path / "one", ROW), "other": made(tmp_path / "other", ROW)}

    assert list(same_tables(folders)) == ["marts.things"]
