"""Filters of the release, then those in S3 (moto's, over HTTP): what is broken or gone loses nothing."""

import json
from binascii import crc32
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from adapters import item_filters
from adapters.item_filters import ItemFilters
from domain.item_filter import ItemFilter

KEY = "filters/shop.json"
DENIED = b'{"denied": ["gun"]}'


class Shop:
    """A bucket, and the process that reads filters from it."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder
        self.counted: list[dict[str, Any]] = []
        self.env = {
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "KEY",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL": endpoint,
        }
        self.s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
        self.s3.create_bucket(Bucket="artifacts")

    def filters(self, *, seconds: float = 3600, bucket: str = "artifacts") -> ItemFilters:
        return ItemFilters(
            self.folder,
            sites=["shop"],
            bucket=bucket,
            seconds=seconds,
            env=self.env,
            count=lambda metric, **said: self.counted.append({"metric": metric, **said}),
        )

    def put(self, content: Any) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.s3.put_object(Bucket="artifacts", Key=KEY, Body=body)


def left_out(filters: ItemFilters, *item_ids: str) -> list[str]:
    excluded = filters.of("shop").excluded(frozenset())
    return [item_id for item_id in item_ids if item_id in excluded]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def shop(tmp_path: Path, endpoint: str) -> Iterator[Shop]:
    shop = Shop(tmp_path, endpoint)
    yield shop
    shop.s3.delete_object(Bucket="artifacts", Key=KEY)


def test_a_process_begins_with_what_its_release_carries(shop: Shop):
    (shop.folder / "shop.json").write_bytes(DENIED)

    filters = shop.filters()

    assert left_out(filters, "gun", "hat") == ["gun"]
    assert filters.of("shop").version == f"{crc32(DENIED):08x}"
    assert filters.of("another").version == ""


def test_newer_ones_take_their_place_and_one_that_is_gone_leaves_out_nothing(shop: Shop):
    (shop.folder / "shop.json").write_bytes(DENIED)
    filters = shop.filters()

    shop.put({"out_of_stock": ["hat"]})
    filters.fetch()
    assert left_out(filters, "gun", "hat") == ["hat"]

    shop.s3.delete_object(Bucket="artifacts", Key=KEY)
    filters.fetch()
    assert left_out(filters, "gun", "hat") == []
    assert shop.counted == []


def test_what_has_not_changed_is_not_sent_again(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    shop.put({"out_of_stock": ["hat"]})
    filters = shop.filters()
    filters.fetch()

    monkeypatch.setattr(ItemFilter, "parse", None)
    filters.fetch()

    assert (left_out(filters, "hat"), shop.counted) == (["hat"], [])


@pytest.mark.parametrize(
    ("body", "error"),
    [(b"{", "Refused: filter must be JSON"), (b'{"denied": "gun"}', "Refused: denied must be a list")],
)
def test_a_broken_one_is_told_and_the_one_before_it_stays(shop: Shop, body: bytes, error: str):
    filters = shop.filters()
    shop.put({"denied": ["gun"]})
    filters.fetch()

    shop.put(body)
    filters.fetch()

    assert left_out(filters, "gun") == ["gun"]
    ((said),) = shop.counted
    assert (said["metric"], said["site"]) == ("ItemFilterFailed", "shop")
    assert said["error"].startswith(error)


def test_a_broken_one_of_the_release_is_told_and_leaves_out_nothing(shop: Shop):
    (shop.folder / "shop.json").write_text("{")

    assert left_out(shop.filters(), "gun") == []
    assert [said["metric"] for said in shop.counted] == ["ItemFilterFailed"]


def test_a_bucket_that_is_not_there_is_told_and_not_taken_for_no_filter(shop: Shop):
    (shop.folder / "shop.json").write_bytes(DENIED)
    filters = shop.filters(bucket="none-of-ours")

    filters.fetch()

    ((said),) = shop.counted
    assert said["error"].startswith("NotRead: 404")
    assert left_out(filters, "gun") == ["gun"]


def test_a_bucket_that_cannot_be_reached_is_told(shop: Shop):
    shop.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"  # nobody listens

    shop.filters().fetch()

    ((said),) = shop.counted
    assert said["error"].startswith("ConnectionRefusedError")


def test_a_process_without_a_thread_to_spare_answers_on(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    def no_more(**_: Any) -> None:
        raise RuntimeError("can't start new thread")

    filters = shop.filters()
    with monkeypatch.context() as patched:
        patched.setattr("threading.Thread", no_more)
        filters.refresh()

    assert shop.counted == [{"metric": "ItemFilterFailed", "error": "can't start new thread"}]


def test_looks_are_so_many_seconds_apart(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    looks: list[int] = []
    monkeypatch.setattr(ItemFilters, "fetch", lambda _: looks.append(1))
    clock = iter([100.0, 100.5, 160.1])
    monkeypatch.setattr(item_filters, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    filters = shop.filters(seconds=60)

    for _ in range(3):
        filters.refresh()

    assert len(looks) == 2
