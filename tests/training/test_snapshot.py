import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training import snapshot
from training.snapshot import BrokenSnapshot


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    entries = []
    for name, keys in (("data_0_0_0.snappy.parquet", ["a", "b"]), ("data_0_1_0.snappy.parquet", ["c"])):
        pq.write_table(pa.table({"SESSION_KEY": keys, "SITE": ["shop"] * len(keys)}), tmp_path / name)
        sha256 = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        entries.append({"key": f"snapshots/next_item/1/{name}", "sha256": sha256})
    manifest = {"model": "next_item", "snapshot_id": "1", "files": entries}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_the_columns_of_all_files_are_read(channel: Path):
    data = snapshot.read(channel, columns=["SESSION_KEY"])

    assert (data.model, data.snapshot_id) == ("next_item", "1")
    assert data.columns == {"SESSION_KEY": ["a", "b", "c"]}


def test_what_items_are_called_lies_beside_and_is_no_row(channel: Path):
    name = "catalogue_0_0_0.snappy.parquet"
    pq.write_table(pa.table({"ITEM_ID": ["1"], "ITEM_NAME": ["Hat"], "PRICE": [9.5]}), channel / name)
    manifest = json.loads((channel / "manifest.json").read_text())
    sha256 = hashlib.sha256((channel / name).read_bytes()).hexdigest()
    manifest["files"].append({"key": f"snapshots/next_item/1/{name}", "sha256": sha256})
    (channel / "manifest.json").write_text(json.dumps(manifest))

    data = snapshot.read(channel, columns=["SESSION_KEY"])

    assert data.columns == {"SESSION_KEY": ["a", "b", "c"]}
    assert (data.catalogue.names, data.catalogue.prices) == ({"1": "Hat"}, {"1": 9.5})


def test_a_file_that_was_not_unloaded_with_the_snapshot_is_not_read(channel: Path):
    (channel / "another.parquet").write_bytes(b"no parquet")

    assert snapshot.read(channel, columns=["SESSION_KEY"]).columns == {"SESSION_KEY": ["a", "b", "c"]}


def test_a_changed_file_is_noticed(channel: Path):
    pq.write_table(pa.table({"SESSION_KEY": ["z"]}), channel / "data_0_1_0.snappy.parquet")

    with pytest.raises(BrokenSnapshot, match=r"data_0_1_0.* has sha256"):
        snapshot.read(channel, columns=["SESSION_KEY"])


def test_a_missing_file_is_noticed(channel: Path):
    (channel / "data_0_1_0.snappy.parquet").unlink()

    with pytest.raises(BrokenSnapshot, match="not in the channel"):
        snapshot.read(channel, columns=["SESSION_KEY"])


def test_a_missing_column_is_named(channel: Path):
    with pytest.raises(BrokenSnapshot, match="no column ITEM_IDS"):
        snapshot.read(channel, columns=["SESSION_KEY", "ITEM_IDS"])


def test_a_channel_without_a_manifest_is_no_snapshot(tmp_path: Path):
    with pytest.raises(BrokenSnapshot, match=r"manifest\.json"):
        snapshot.read(tmp_path, columns=["SESSION_KEY"])
