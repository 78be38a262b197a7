"""A table and its FLATTEN as one subquery have the rows that fakesnow's join of the two has."""

import json
from typing import Any

import pytest
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from hypothesis import given
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "[1]", "é"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
JOINED = "select n, item.index, item.key, item.value from lines, _fs_flatten(lines.v) as item"


@given(values=st.lists(VALUES, min_size=1, max_size=4))
def test_elements_are_those_of_the_join(cursor: Any, values: list[Any]):
    cursor.execute("create or replace table lines (v variant, n number)")
    rows = "insert into lines select unnest(?)::json, generate_subscripts(?, 1)"
    lines = [json.dumps(value) for value in values]
    cursor._duck_conn.execute(rows, [lines, lines])

    found = cursor.execute(
        "select lines.n, item.index as i, item.key as k, item.value as v "
        "from lines, lateral flatten(input => lines.v) as item"
    ).fetchall()

    joined = cursor._duck_conn.execute(JOINED).fetchall()
    assert sorted(found, key=repr) == sorted(joined, key=repr)


@pytest.mark.parametrize(
    ("query", "is_in_place"),
    [
        ("select item.value as v from lines, lateral flatten(lines.v) as item", True),
        ("select x.n, item.value:a::number as a from lines as x, lateral flatten(x.v) as item", True),
        ("select item.path as p from lines, lateral flatten(lines.v) as item", False),
        ("select * from lines, lateral flatten(lines.v) as item", False),
        ("select value as v from lines, lateral flatten(lines.v) as item", False),
    ],
)
def test_only_what_says_whose_it_is_is_taken_in_place(
    cursor: FakeSnowflakeCursor, query: str, is_in_place: bool
):
    text = cursor._transform(parse_one(query), None).sql("duckdb")

    assert ("_FS_FLATTEN" not in text.upper()) is is_in_place
