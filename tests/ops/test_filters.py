"""What a person says about a site's item filter, against a bucket that others write to as well."""

import io
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters.artifacts import Changed
from domain.item_filter import ItemFilter
from domain.refusal import Refused
from ops import filters
from ops.progress import console
from ops.target import NoSuchSite, Target

KEY = "filters/shop.json"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Any:
    shop = Target(url="", lake="", write_keys={"k": "shop", "l": "outlet", "m": "probe"})
    monkeypatch.setattr(filters.target, "find", lambda _: shop)
    monkeypatch.setattr(filters.deploy, "outputs", lambda _: {"ArtifactsBucket": "artifacts"})
    monkeypatch.setattr(filters.artifacts, "_client", lambda: boto3.client("s3", region_name="us-east-1"))
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="artifacts")
        yield client


def change(site: str | None = None, *, is_dry_run: bool = False, **changed: Any) -> int:
    return filters.main("local", site=site, changed=changed, is_dry_run=is_dry_run)


def shown(**how: Any) -> str:
    with console.capture() as captured:
        assert change(**how) == 0
    return captured.get()


def stored(s3: Any) -> bytes:
    body: bytes = s3.get_object(Bucket="artifacts", Key=KEY)["Body"].read()
    return body


def test_a_part_takes_the_place_of_what_it_was_and_the_others_stay(s3: Any):
    change(out_of_stock=["hat"], denied=["gun"])
    change(out_of_stock=["shoe"], bought_again=False)

    assert stored(s3) == b'{"bought_again": false, "denied": ["gun"], "out_of_stock": ["shoe"]}'


def test_all_sites_are_shown_and_a_release_s_own_is_none(s3: Any):
    change(out_of_stock=["hat", "shoe"], denied=["gun"])

    text = shown()

    assert "2 out of stock, 1 denied" in text
    assert ItemFilter.parse(stored(s3)).version in text
    assert "outlet" in text
    assert "nothing" in text
    assert "probe" not in text


def test_a_dry_run_changes_nothing(s3: Any):
    assert "1 out of stock" in shown(out_of_stock=["hat"], is_dry_run=True)
    assert "Contents" not in s3.list_objects_v2(Bucket="artifacts")


def test_who_was_slower_is_told_and_overwrites_nobody(s3: Any, monkeypatch: pytest.MonkeyPatch):
    change(denied=["gun"])
    find = filters.artifacts.find

    def meanwhile(bucket: str, key: str) -> Any:
        found = find(bucket, key)
        s3.put_object(Bucket=bucket, Key=key, Body=b'{"denied": ["knife"]}')
        return found

    monkeypatch.setattr(filters.artifacts, "find", meanwhile)
    with pytest.raises(Changed, match=r"filters/shop\.json"):
        change(denied=["bow"])
    assert stored(s3) == b'{"denied": ["knife"]}'


def test_what_is_no_item_id_or_no_site_is_named(s3: Any):
    with pytest.raises(Refused, match="denied"):
        change(denied=["x" * 300])
    with pytest.raises(NoSuchSite, match="nowhere"):
        change(site="nowhere", denied=["gun"])


def test_ids_come_from_a_file_or_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "ids").write_text("hat\n\n shoe \n")
    monkeypatch.setattr("sys.stdin", io.StringIO("boat\n"))

    assert filters.ids(str(tmp_path / "ids")) == ["hat", "shoe"]
    assert filters.ids("-") == ["boat"]
