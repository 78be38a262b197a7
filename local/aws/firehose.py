"""Firehose that buffers, unpacks and zips. ministack writes each record at once, as it came."""

import logging
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ministack import app
from ministack.services import firehose

from local.aws import ticker
from local.aws.buffers import Buffer, Destination

TICK_SECONDS = 0.25

logger = logging.getLogger("local.aws")

_buffers: dict[str, Buffer] = {}
_lock = threading.Lock()


def install() -> None:
    firehose._deliver_records_to_s3 = _take
    ticker.every(TICK_SECONDS, flush_due)
    _reset_with_the_rest()


def put(name: str, record: bytes) -> None:
    """One record from a service of the emulator; a stream that is gone loses it, as in AWS."""
    if name not in firehose._streams:
        logger.warning("no delivery stream %s: a record is lost", name)
        return
    with _lock:
        _buffers.setdefault(name, Buffer()).add(record, now=time.monotonic())


def flush_due() -> None:
    for name in list(_buffers):
        stream = firehose._streams.get(name)
        for target in stream["destinations"] if stream else ():
            _flush_if_due(stream, target["config"])


def _take(stream: Mapping[str, Any], target: Mapping[str, Any], records: Sequence[tuple[str, bytes]]) -> None:
    target["records"].clear()  # ministack keeps every record for ever
    for _, record in records:
        put(stream["name"], record)


def _flush_if_due(stream: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    destination = Destination.from_config(config)
    with _lock:
        if not _buffers[stream["name"]].is_due(destination, now=time.monotonic()):
            return
        records = _buffers.pop(stream["name"]).records
    body = destination.body(records)
    if body:
        key = _key(stream, config, extension=".gz" if destination.is_gzipped else "")
        firehose._put_s3_object(firehose._s3_bucket_from_arn(config["BucketARN"]), key, body)


def _key(stream: Mapping[str, Any], config: Mapping[str, Any], *, extension: str) -> str:
    """`<Prefix>YYYY/MM/DD/HH/<stream>-<version>-<time>-<uuid>`, in UTC, as Firehose names its objects."""
    now = time.gmtime()
    prefix = firehose._evaluate_prefix(config.get("Prefix", ""), now)
    name = f"{stream['name']}-{stream['version']}-{time.strftime('%Y-%m-%d-%H-%M-%S', now)}-{uuid.uuid4()}"
    return f"{prefix}{name}{config.get('FileExtension') or extension}"


def _reset_with_the_rest() -> None:
    reset = app._reset_all_state

    def reset_all() -> None:
        reset()
        _buffers.clear()

    app._reset_all_state = reset_all
