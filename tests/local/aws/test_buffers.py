import gzip
import json

import pytest

from local.aws.buffers import Buffer, Destination, messages


def destination(**config: object) -> Destination:
    return Destination.from_config({"BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 1}, **config})


def payload(*lines: str, kind: str = "DATA_MESSAGE") -> bytes:
    events = [{"id": str(number), "timestamp": 0, "message": line} for number, line in enumerate(lines)]
    return gzip.compress(json.dumps({"messageType": kind, "logEvents": events}).encode())


def test_a_buffer_is_due_when_its_first_record_has_waited():
    buffer = Buffer()
    buffer.add(b"first", now=100)
    buffer.add(b"second", now=159)

    assert not buffer.is_due(destination(), now=159.9)
    assert buffer.is_due(destination(), now=160)


def test_a_buffer_is_due_when_it_is_full():
    buffer = Buffer()
    buffer.add(b"x" * 1024 * 1024, now=100)

    assert buffer.is_due(destination(), now=100)


def test_an_empty_buffer_is_never_due():
    assert not Buffer().is_due(destination(), now=1e9)


def test_hints_have_the_defaults_of_firehose():
    assert Destination.from_config({}).interval_seconds == 300
    assert Destination.from_config({}).size_bytes == 5 * 1024 * 1024


@pytest.mark.parametrize("how", [{}, {"CompressionFormat": "UNCOMPRESSED"}])
def test_records_are_written_one_after_the_other_as_they_came(how):
    assert destination(**how).body([b"a\n", b"b"]) == b"a\nb"


def test_an_object_is_zipped_once_as_a_whole():
    assert gzip.decompress(destination(CompressionFormat="GZIP").body([b"a\n", b"b\n"])) == b"a\nb\n"


def test_log_payloads_are_unpacked_to_their_messages():
    processors = [{"Type": "Decompression"}, {"Type": "CloudWatchLogProcessing"}]
    unpacking = destination(ProcessingConfiguration={"Enabled": True, "Processors": processors})

    body = unpacking.body([payload("one", "two\n"), payload("grüße")])

    assert body.decode() == "one\ntwo\ngrüße\n"


def test_a_control_message_holds_nothing():
    assert messages(payload("CWL CONTROL MESSAGE", kind="CONTROL_MESSAGE")) == b""
