"""Arrays that are collected in the same order are collected together, and are what each is alone."""

from typing import Any

import pytest
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from hypothesis import given
from hypothesis import strategies as st

ROWS = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.sampled_from(["x", "y", None, 'é"'])), max_size=12
)
LETTERS = "array_agg(letter) within group (order by n, id)"
NUMBERS = "array_agg(n * 2) within group (order by n, id)"
BACKWARDS = "array_agg(id) within group (order by n desc, id desc)"


def fill(cursor: Any, rows: list[tuple[str, int, str | None]]) -> None:
    cursor.execute("create table if not exists things (id number, name varchar, n number, letter varchar)")
    cursor.execute("delete from things")
    for number, row in enumerate(rows):
        cursor._duck_conn.execute("insert into things values (?, ?, ?, ?)", [number, *row])


def duckdb_text(cursor: FakeSnowflakeCursor, query: str) -> str:
    text: str = cursor._transform(parse_one(query), None).sql("duckdb")
    return text


@given(rows=ROWS)
def test_together_they_are_what_each_is_alone(cursor: Any, rows: list[tuple[str, int, str | None]]):
    fill(cursor, rows)
    query = "select name, {} from things group by name order by name"

    together = cursor.execute(query.format(f"{LETTERS} as a, {NUMBERS} as b, {BACKWARDS} as c")).fetchall()

    alone = [cursor.execute(query.format(f"{one} as x")).fetchall() for one in (LETTERS, NUMBERS, BACKWARDS)]
    assert together == [(a[0], a[1], b[1], c[1]) for a, b, c in zip(*alone, strict=True)]


def test_one_list_serves_all_of_one_order(cursor: Any):
    text = duckdb_text(cursor, f"select {LETTERS} as a, {NUMBERS} as b, {BACKWARDS} as c from things").upper()

    assert (
        text.count("ARRAY_AGG({'V0': LETTER, 'V1': N * 2} ORDER BY N, ID)") == 2
    )  # DuckDB makes equal ones once
    assert text.count("ARRAY_AGG(ID ORDER BY N DESC NULLS FIRST, ID DESC NULLS FIRST)") == 1


@pytest.mark.parametrize(
    "query",
    [
        f"select {LETTERS} as a, array_agg(distinct letter) within group (order by letter) as b from things",
        "select array_agg(n) as a, array_agg(letter) as b from (select 1 as n, 'x' as letter) as one",
        f"select {LETTERS} as a, (select {NUMBERS} from things) as b from things",
    ],
)
def test_others_are_left_alone(cursor: Any, query: str):
    fill(cursor, [("a", 1, "x")])

    assert "LIST_TRANSFORM" not in duckdb_text(cursor, query).upper()
    assert len(cursor.execute(query).fetchall()) == 1
