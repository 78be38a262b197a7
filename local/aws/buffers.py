"""Firehose's buffers: records gather until they are many or have waited long, then become one object."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MEBIBYTE = 1024 * 1024
DEFAULT_SIZE_MIB = 5  # BufferingHints of ExtendedS3DestinationConfiguration
DEFAULT_INTERVAL_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Destination:
    """What a stream's S3 configuration says about how records become an object."""

    size_bytes: int
    interval_seconds: float
    is_gzipped: bool
    is_unpacked: bool  # records are CloudWatch Logs payloads; their messages are what is wanted

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Destination":
        hints = config.get("BufferingHints") or {}
        processors = (config.get("ProcessingConfiguration") or {}).get("Processors") or ()
        return cls(
            size_bytes=int(hints.get("SizeInMBs", DEFAULT_SIZE_MIB)) * MEBIBYTE,
            interval_seconds=float(hints.get("IntervalInSeconds", DEFAULT_INTERVAL_SECONDS)),
            is_gzipped=config.get("CompressionFormat") == "GZIP",
            is_unpacked=any(processor["Type"] == "CloudWatchLogProcessing" for processor in processors),
        )

    def body(self, records: Sequence[bytes]) -> bytes:
        content = b"".join(map(messages, records) if self.is_unpacked else records)
        return gzip.compress(content, compresslevel=6) if self.is_gzipped else content


@dataclass(kw_only=True)
class Buffer:
    records: list[bytes] = field(default_factory=list)
    size_bytes: int = 0
    opened_at: float = 0.0  # when the first record came, on the caller's clock

    def add(self, record: bytes, *, now: float) -> None:
        if not self.records:
            self.opened_at = now
        self.records.append(record)
        self.size_bytes += len(record)

    def is_due(self, destination: Destination, *, now: float) -> bool:
        is_full = self.size_bytes >= destination.size_bytes
        has_waited = now - self.opened_at >= destination.interval_seconds
        return bool(self.records) and (is_full or has_waited)


def messages(record: bytes) -> bytes:
    """
    The log messages in a CloudWatch Logs payload, a line each: Decompression and DataMessageExtraction.

    A control message (CloudWatch sends one to see whether a subscriber is there) holds none.
    """
    payload = json.loads(gzip.decompress(record))
    if payload["messageType"] != "DATA_MESSAGE":
        return b""
    return "".join(f"{event['message'].rstrip()}\n" for event in payload["logEvents"]).encode()
