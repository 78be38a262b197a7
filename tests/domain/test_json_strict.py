import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.json_strict import MAX_DEPTH, InvalidJson, parse


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": 1} {"b": 2}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": ' + b"9" * 5_000 + b"}",
        b'{"a": ' + b"9" * 39 + b"}",
        b"\xef\xbb\xbf{}",
        '{"a": "ü"}'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
        nested(MAX_DEPTH + 1),
        nested(100_000),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_readers_may_understand_differently_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidJson):
        parse(body)


def test_nesting_is_fine_up_to_the_limit() -> None:
    assert parse(nested(MAX_DEPTH))


@given(st.binary())
def test_any_bytes_are_a_value_or_invalid(body: bytes) -> None:
    try:
        parse(body)
    except InvalidJson as error:
        assert str(error)


numbers = st.integers(-(10**37), 10**37) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(st.text(), numbers))
def test_ordinary_json_is_read_as_python_reads_it(value: dict[str, float]) -> None:
    assert parse(json.dumps(value).encode()) == value
