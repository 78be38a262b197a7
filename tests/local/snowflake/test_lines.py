"""Lines are found and judged many at a time, and are the same as one by one."""

import gzip
import json
from typing import Any

import boto3
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from local.snowflake import lines
from local.snowflake.lines import Lines, split

BUCKET = "lake"


@pytest.fixture
def s3() -> Any:
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client


def read(s3: Any, files: dict[str, bytes], *, only_json: bool = True) -> tuple[Lines, pa.Table]:
    for name, body in files.items():
        s3.put_object(Bucket=BUCKET, Key=name, Body=body)
    found = Lines(s3=s3, bucket=BUCKET, files=list(files), only_json=only_json)
    return found, found.reader().read_all()


@given(
    text=st.binary(max_size=30) | st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\xc3\xa9"])).map(b"".join)
)
def test_lines_are_what_stands_between_newlines(text: bytes):
    assert split(text).to_pylist() == [line for line in text.split(b"\n") if line]


def test_rows_are_numbered_in_each_file_and_blank_lines_do_not_count(s3: Any):
    _, table = read(s3, {"a": b"1\n\n2", "b": gzip.compress(b"3\n")})

    assert [tuple(row.values()) for row in table.to_pylist()] == [("1", "a", 1), ("2", "a", 2), ("3", "b", 1)]


@pytest.mark.parametrize("line", [b"{", b'"\xff"', b'"\\ud800"', b"  ", b"01", b"nul"])
def test_what_is_no_json_is_left_out_and_counted(s3: Any, line: bytes):
    found, table = read(s3, {"a": b"[1]\n" + line + b"\n[2]", "b": line})

    assert table["line"].to_pylist() == ["[1]", "[2]"]
    assert table["row"].to_pylist() == [1, 3]
    assert (found.parsed, found.kept) == ({"a": 3, "b": 1}, {"a": 2})


def test_a_line_is_kept_as_it_came(s3: Any):
    line = '{ "n": 1.10,  "big": 123456789012345678901234567890, "n": null }'

    _, table = read(s3, {"a": line.encode()})

    assert table["line"].to_pylist() == [line]


def test_what_one_batch_cannot_hold_comes_in_several(s3: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "BATCH_BYTES", 1000)
    files = {f"{number:02}": json.dumps({"n": number, "text": "x" * 300}).encode() for number in range(20)}

    found, table = read(s3, files)

    assert table["file"].to_pylist() == list(files)
    assert found.kept == dict.fromkeys(files, 1)
