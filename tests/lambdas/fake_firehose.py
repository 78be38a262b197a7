"""
A Firehose in memory, because moto's is too slow for thousands of requests. It keeps the limits of the real
one; a test holds it against moto's.
"""

from typing import Any

from botocore.exceptions import ClientError

from adapters import lake


class FakeFirehose:
    def __init__(self, *streams: str) -> None:
        self._lines: dict[str, list[bytes]] = {stream: [] for stream in streams}

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:
        if DeliveryStreamName not in self._lines:
            error = {"Code": "ResourceNotFoundException", "Message": f"{DeliveryStreamName} not found"}
            raise ClientError({"Error": error}, "PutRecordBatch")
        records = [record["Data"] for record in Records]
        assert 0 < len(records) <= lake.MAX_BATCH_RECORDS
        assert max(map(len, records)) <= lake.MAX_RECORD_BYTES
        assert sum(map(len, records)) <= lake.MAX_BATCH_BYTES
        for record in records:
            self._lines[DeliveryStreamName] += record.removesuffix(b"\n").split(b"\n")
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"} for _ in records]}

    def take(self, stream: str) -> list[bytes]:
        """The lines that came since the last time."""
        lines, self._lines[stream] = self._lines[stream], []
        return lines
