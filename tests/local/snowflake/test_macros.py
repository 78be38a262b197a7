"""What stands in for fakesnow's own macros answers as Snowflake does, at any size."""

from datetime import datetime
from typing import Any

import pytest


def test_elements_keep_their_places_in_many_rows(cursor: Any):
    cursor.execute(
        'create or replace table lists as select seq4() as n, parse_json(\'["a", null, {"b": 1}]\') as v '
        "from table(generator(rowcount => 20000))"
    )

    found = cursor.execute(
        "select item.index as i, item.value as v, item.path as p, count(*) as n "
        "from lists, lateral flatten(input => lists.v) as item group by all order by i"
    ).fetchall()

    assert found == [(0, '"a"', "[0]", 20000), (1, None, "[1]", 20000), (2, '{"b":1}', "[2]", 20000)]


def test_an_object_is_flattened_by_its_keys(cursor: Any):
    found = cursor.execute(
        "select item.key as k, item.value as v, item.index as i, item.this as t "
        'from (select parse_json(\'{"a": 1, "b c": "x"}\') as v) as o, lateral flatten(input => o.v) as item '
        "order by k"
    ).fetchall()

    assert found == [("a", "1", None, '{"a":1,"b c":"x"}'), ("b c", '"x"', None, '{"a":1,"b c":"x"}')]


@pytest.mark.parametrize("nothing", ["null", "[]", "{}"])
def test_nothing_has_no_elements(cursor: Any, nothing: str):
    source = f"(select parse_json('{nothing}') as v) as o"

    found = cursor.execute(f"select item.value as v from {source}, lateral flatten(o.v) as item").fetchall()

    assert found == []


@pytest.mark.parametrize(
    ("expression", "moment"),
    [
        ("'2026-01-01T00:00:00.123Z'::timestamp_ntz", datetime(2026, 1, 1, 0, 0, 0, 123000)),
        ('parse_json(\'{"at": "2026-01-01 02:00:00"}\'):at::timestamp_ntz', datetime(2026, 1, 1, 2)),
        ("to_timestamp_ntz(1767225600123::number, 3)", datetime(2026, 1, 1, 0, 0, 0, 123000)),
        ("to_timestamp_ntz(1767225600::number)", datetime(2026, 1, 1)),
        ("to_timestamp_ntz(1767225600123456::number, 6)", datetime(2026, 1, 1, 0, 0, 0, 123456)),
        ("to_timestamp_ntz(-1000::number, 3)", datetime(1969, 12, 31, 23, 59, 59)),
        ("'1767225600'::timestamp_ntz", datetime(2026, 1, 1)),
        ("null::timestamp_ntz", None),
    ],
)
def test_moments_come_from_texts_and_numbers(cursor: Any, expression: str, moment: datetime | None):
    assert cursor.execute(f"select {expression} as at").fetchall() == [(moment,)]
