import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from adapters import lake

STREAM = "events"


@pytest.fixture
def firehose() -> Iterator[Any]:
    lake._firehose.cache_clear()
    yield lake._firehose()
    lake._firehose.cache_clear()


def answer(*codes: str | None) -> dict[str, Any]:
    """PutRecordBatch's answer: per record an error code, or None where it was taken."""
    outcomes = [{"ErrorCode": code, "ErrorMessage": "later"} if code else {"RecordId": "1"} for code in codes]
    return {"FailedPutCount": len(codes) - codes.count(None), "RequestResponses": outcomes}


def records(*data: bytes) -> dict[str, Any]:
    return {"DeliveryStreamName": STREAM, "Records": [{"Data": one} for one in data]}


def test_lines_arrive_in_the_bucket_each_on_its_own_line(firehose: Any) -> None:
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake")
        destination = {"BucketARN": "arn:aws:s3:::lake", "RoleARN": "arn:aws:iam::123456789012:role/r"}
        firehose.create_delivery_stream(
            DeliveryStreamName=STREAM, ExtendedS3DestinationConfiguration=destination
        )

        lake.append(STREAM, ['{"a":1}', '{"b":"ü"}'])

        key = s3.list_objects_v2(Bucket="lake")["Contents"][0]["Key"]
        assert s3.get_object(Bucket="lake", Key=key)["Body"].read().decode() == '{"a":1}\n{"b":"ü"}\n'


def test_no_lines_make_no_call(firehose: Any) -> None:
    with Stubber(firehose):
        lake.append(STREAM, [])


def test_only_the_records_that_were_turned_away_are_sent_again(
    firehose: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake, "MAX_RECORD_BYTES", 2)
    with Stubber(firehose) as stub:
        stub.add_response(
            "put_record_batch",
            answer(None, "ServiceUnavailableException", None),
            records(b"a\n", b"b\n", b"c\n"),
        )
        stub.add_response("put_record_batch", answer(None), records(b"b\n"))

        lake.append(STREAM, ["a", "b", "c"])

        stub.assert_no_pending_responses()


def test_a_record_that_is_turned_away_every_time_is_an_error(firehose: Any) -> None:
    with Stubber(firehose) as stub:
        for _ in range(lake.MAX_ATTEMPTS):
            stub.add_response("put_record_batch", answer("ServiceUnavailableException"))

        with pytest.raises(lake.FirehoseUnavailable, match="1 records"):
            lake.append(STREAM, ["a"])


def test_a_call_that_fails_is_an_error(firehose: Any) -> None:
    with Stubber(firehose) as stub:
        stub.add_client_error("put_record_batch", "ServiceUnavailableException", http_status_code=503)

        with pytest.raises(lake.FirehoseUnavailable):
            lake.append(STREAM, ["a"])


@pytest.fixture
def bucket() -> Iterator[Any]:
    lake._s3.cache_clear()
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="lake")
        yield boto3.resource("s3").Bucket("lake")
    lake._s3.cache_clear()


def test_a_file_is_written_once_and_what_lies_there_stays(bucket: Any) -> None:
    first = lake.write("lake", "events/2026/11/22/10/a.gz", ['{"a":1}', '{"b":"ü"}'])
    second = lake.write("lake", "events/2026/11/22/10/a.gz", ["other"])

    body = bucket.Object("events/2026/11/22/10/a.gz").get()["Body"].read()
    assert (first, second) == (True, False)
    assert gzip.decompress(body).decode() == '{"a":1}\n{"b":"ü"}\n'


def test_equal_lines_give_equal_bytes(bucket: Any) -> None:
    lake.write("lake", "a.gz", ["x", "y"])
    lake.write("lake", "b.gz", iter(["x", "y"]))

    assert bucket.Object("a.gz").get()["ETag"] == bucket.Object("b.gz").get()["ETag"]


def test_a_bucket_that_is_not_there_is_an_error_and_not_a_file_that_is_taken(bucket: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        lake.write("another", "a.gz", ["x"])


def test_what_was_written_is_read_line_by_line(bucket: Any) -> None:
    lake.write("lake", "packed.gz", ['{"a":1}', '{"b":"ü\u2028"}'])
    bucket.Object("plain").put(Body=b"one\ntwo\n")

    assert lake.read("lake", "packed.gz") == ['{"a":1}', '{"b":"ü\u2028"}']
    assert lake.read("lake", "plain") == ["one", "two"]


def hour(number: int) -> datetime:
    return datetime(2026, 11, 22, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        (None, None, ["09", "10", "11"]),
        (hour(10), None, ["10", "11"]),
        (None, hour(10), ["09"]),
        (hour(10), hour(11), ["10"]),
        (hour(12), None, []),
    ],
)
def test_files_are_listed_by_the_hours_they_were_begun_in(
    bucket: Any, since: datetime | None, until: datetime | None, hours: list[str]
) -> None:
    for number in ("10", "09", "11"):
        lake.write("lake", f"rejected/2026/11/22/{number}/a.gz", [])
    lake.write("lake", "events/2026/11/22/10/a.gz", [])

    found = lake.keys("lake", "rejected/", since=since, until=until)

    assert list(found) == [f"rejected/2026/11/22/{number}/a.gz" for number in hours]


lines = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=9))


@given(lines)
def test_packing_loses_nothing_and_keeps_the_order(texts: list[str]) -> None:
    together = b"".join(lake.packed(texts))

    assert together == "".join(f"{text}\n" for text in texts).encode()


def test_a_record_is_as_full_as_the_limit_allows() -> None:
    line = "x" * (lake.MAX_RECORD_BYTES // 2 - 1)

    assert [len(record) for record in lake.packed([line] * 3)] == [1_024_000, 512_000]


@pytest.mark.parametrize(
    ("sizes", "calls"),
    [([1] * 501, [500, 1]), ([lake.MAX_RECORD_BYTES] * 5, [4, 1]), ([], [])],
)
def test_a_call_keeps_both_limits(sizes: list[int], calls: list[int]) -> None:
    batches = lake.batched(bytes(size) for size in sizes)

    assert [len(batch) for batch in batches] == calls
