"""One call that takes all paths answers what each path alone answers."""

import json
from typing import Any

import pytest
from fakesnow.cursor import FakeSnowflakeCursor
from fakesnow.dialect import parse_one
from hypothesis import given
from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "A", "event", "x y", 'q"', "é", ""])
NUMBERS = [
    "0",
    "-0",
    "1.0",
    "1.10",
    "1E400",
    "18446744073709551616",
    "12345678901234567890123",
]
TEXTS = st.sampled_from(["", "null", "1", "a", "é", "😀", 'a"b', "\\", "\u2028", "{}", "\u0000"]).map(
    json.dumps
)
SCALARS = TEXTS | st.sampled_from(["null", "true", "false", *NUMBERS])


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Objects with keys twice, arrays, and white space between."""
    pairs = st.lists(st.tuples(KEYS, inner), max_size=5)
    objects = pairs.map(lambda found: "{ " + ", ".join(f"{json.dumps(k)}: {v}" for k, v in found) + " }")
    return objects | st.lists(inner, max_size=3).map(lambda found: f"[{','.join(found)}]")


HOSTILE = containers(st.recursive(SCALARS, containers, max_leaves=12)) | SCALARS
PATHS = [
    "a",
    "b",
    "A",
    "event",
    "event.a",
    "event.b",
    "event.event.a",
    "a[0]",
    "a[1].b",
    "event.a[0].a",
    "missing",
]
TEXT = ", ".join(f"v:{path}::varchar as t{number}" for number, path in enumerate(PATHS))
VARIANTS = ", ".join(f"v:{path} as v{number}" for number, path in enumerate(PATHS))

TEXT_ALONE, VARIANTS_ALONE = (
    ", ".join(f"v {arrow} '$.{path}'" for path in PATHS) for arrow in ("->>", "->")
)  # by fakesnow
BOTH, BOTH_ALONE = f"{TEXT}, {VARIANTS}", f"{TEXT_ALONE}, {VARIANTS_ALONE}"


def duckdb_text(cursor: FakeSnowflakeCursor, query: str) -> str:
    text: str = cursor._transform(parse_one(query), None).sql("duckdb")
    return text


def fill(cursor: Any, *lines: str) -> None:
    cursor.execute("create table if not exists lines (v variant, n number)")
    cursor.execute("delete from lines")
    rows = "insert into lines select unnest(?)::json, generate_subscripts(?, 1)"
    cursor._duck_conn.execute(rows, [list(lines), list(lines)])


@given(lines=st.lists(HOSTILE, min_size=1, max_size=5))
def test_all_paths_at_once_are_what_each_is_alone(cursor: Any, lines: list[str]):
    fill(cursor, *lines)

    for columns, alone in ((TEXT, TEXT_ALONE), (VARIANTS, VARIANTS_ALONE), (BOTH, BOTH_ALONE)):
        together = cursor.execute(f"select {columns}, n from lines order by n").fetchall()
        assert together == cursor._duck_conn.execute(f"select {alone}, n from lines order by n").fetchall()


def test_a_number_with_an_exponent_is_the_same_number_in_another_spelling(cursor: Any):
    fill(cursor, '{"a": 1e22, "b": -1e-7}')

    [found] = cursor.execute("select v:a::varchar as a, v:b::double as b from lines").fetchall()

    assert found == ("1e+22", -1e-7)


def test_a_line_is_read_once_also_where_it_is_filtered(cursor: Any):
    query = (
        "select * from (select v:a::varchar as a, v:b::varchar as b from lines) as typed where a is not null"
    )

    fill(cursor, "{}")
    text = duckdb_text(cursor, query)
    plan = cursor._duck_conn.execute(f"explain {text}").fetchall()[0][1]

    assert text.count("JSON_TRANSFORM(V") == 1
    assert "struct_extract(_skiff_json_0, 'a')" in plan, "the filter moved to where the text is read"


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("select lines.v:a::number as a, lines.v:b::number as b from lines where v:a::number = 1", [(1, 2)]),
        ("select x.v:a::number as a, x.v:b::number as b from lines as x", [(1, 2)]),
        ("select v:a::number as a, count(v:b::number) as n from lines group by v:a::number", [(1, 1)]),
        (
            "select x.v:a::number as a, y.v:b::number as b from lines as x join lines as y on x.n = y.n",
            [(1, 2)],
        ),
        (
            "select v:a::number as a, v:b::number as b from (select * from lines) as x order by v:b::number",
            [(1, 2)],
        ),
        ("select *, v:a::number as a, v:b::number as b from lines", [('{"a":1,"b":2}', 1, 1, 2)]),
        ("select shop.raw.lines.v:a::number as a, v:b::number as b from shop.raw.lines", [(1, 2)]),
        (
            "select max(v:a::number) as a, max(v:b::number) as b from lines having max(v:a::number) > 0",
            [(1, 2)],
        ),
        (
            "select i.value:a::number as a, i.value:b::number as b "
            "from (select array_construct(v) as list from lines) as l, lateral flatten(l.list) as i",
            [(1, 2)],
        ),
        ("with x as (select v:a::number as a, v:b::number as b from lines) select * from x", [(1, 2)]),
        ("select (select max(v:a::number) + max(v:b::number) from lines) as ab", [(3,)]),
    ],
)
def test_wherever_the_paths_stand_the_answer_is_the_same(
    cursor: Any, query: str, answer: list[tuple[Any, ...]]
):
    fill(cursor, '{"a":1,"b":2}')

    assert cursor.execute(query).fetchall() == answer
