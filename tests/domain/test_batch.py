import gzip
import json
import tracemalloc
from random import Random
from typing import Any

import pytest

from domain.batch import MAX_BODY_BYTES, MAX_EVENTS, Batch, parse
from domain.refusal import Refused


def body(**envelope: Any) -> bytes:
    return json.dumps({"events": [{}], **envelope}).encode()


def refusal(raw: bytes, *, encoding: str | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        parse(raw, encoding=encoding)
    return caught.value


def test_an_envelope_gives_its_events_and_when_and_by_whom_they_were_sent() -> None:
    sent = parse(body(sent_at=1_592_337_718_000, write_key="key"), encoding=None)

    assert sent == Batch(events=[{}], sent_at=1_592_337_718_000, write_key="key")


def test_only_events_are_required() -> None:
    assert parse(body(), encoding=None) == Batch(events=[{}], sent_at=None, write_key=None)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP "])
def test_a_gzip_body_is_unpacked(encoding: str) -> None:
    assert parse(gzip.compress(body()), encoding=encoding) == parse(body(), encoding=None)


@pytest.mark.parametrize(
    ("raw", "reason", "field"),
    [
        (b"not JSON", "invalid_json", "body"),
        (b"[]", "invalid_batch", "body"),
        (b"{}", "invalid_batch", "events"),
        (body(events=[]), "invalid_batch", "events"),
        (body(events={"name": "view_item"}), "invalid_batch", "events"),
        (body(events=[{}] * (MAX_EVENTS + 1)), "too_many", "events"),
        (body(sent_at="now"), "invalid_batch", "sent_at"),
        (body(write_key=17), "invalid_batch", "write_key"),
        (body(padding="x" * MAX_BODY_BYTES), "too_large", "body"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_an_envelope_that_is_not_as_agreed_is_refused(raw: bytes, reason: str, field: str) -> None:
    refused = refusal(raw)

    assert (refused.reason, refused.detail["field"]) == (reason, field)


def test_a_body_of_exactly_the_limit_is_read_packed_or_not() -> None:
    raw = body(padding="")
    full = body(padding=Random(17).randbytes(MAX_BODY_BYTES).hex()[: MAX_BODY_BYTES - len(raw)])

    assert len(full) == MAX_BODY_BYTES
    assert parse(full, encoding=None) == parse(gzip.compress(full), encoding="gzip")


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "identity, gzip"])
def test_a_packing_that_is_not_read_is_named(encoding: str) -> None:
    assert refusal(body(), encoding=encoding).reason == "unknown_encoding"


@pytest.mark.parametrize("size", [300, 2_000])
def test_a_batch_of_equal_events_is_no_bomb(size: int) -> None:
    event = {"name": "view_item", "url": Random(17).randbytes(size).hex()[:size]}

    packed = gzip.compress(body(events=[event] * MAX_EVENTS), compresslevel=9)

    assert len(parse(packed, encoding="gzip").events) == MAX_EVENTS


def test_what_packs_as_no_batch_does_is_a_bomb() -> None:
    blanks = gzip.compress(b'{"events": [{' + b" " * 500_000 + b"}]}")

    assert refusal(blanks, encoding="gzip").reason == "too_compressed"


def test_a_packed_body_may_itself_not_be_larger_than_a_body() -> None:
    packed = gzip.compress(Random(17).randbytes(MAX_BODY_BYTES + 1))

    assert refusal(packed, encoding="gzip").reason == "too_large"


@pytest.mark.parametrize(
    "raw",
    [body(), gzip.compress(body())[:-1], gzip.compress(body()) + b"more", b""],
    ids=["not gzip", "cut", "more behind it", "empty"],
)
def test_what_is_called_gzip_and_is_not_is_refused(raw: bytes) -> None:
    assert refusal(raw, encoding="gzip").reason == "invalid_gzip"


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit() -> None:
    letters = Random(17).randbytes(4096).hex().encode()
    bomb = gzip.compress(letters * 5_000, compresslevel=9)  # 40 MB, packed below the ratio
    tracemalloc.start()

    refused = refusal(bomb, encoding="gzip")

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.reason == "too_large"
    assert refused.detail["got"] == str(MAX_BODY_BYTES + 1)
    assert peak_bytes < 4 * MAX_BODY_BYTES


def test_a_batch_that_is_only_too_long_can_still_be_read() -> None:
    raw = body(events=[{}] * (MAX_EVENTS + 1))

    assert len(parse(raw, encoding=None, max_events=1000).events) == MAX_EVENTS + 1
