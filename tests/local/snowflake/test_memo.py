"""What was planned before is not planned again, and answers the same."""

from typing import Any

import pytest

QUERIES = {
    "a query": "select 1::number(10, 2) as n, 'x' as \"text\", parse_json('{}') as v, null as nothing",
    "moments": "select '2026-01-01'::date as day, sysdate() as at, '2026-01-01'::timestamp_tz as zoned",
    "a value of the caller": "select %s as value",
    "an insert": "insert into described values (1)",
    "a new table": "create or replace table described (n number)",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_the_columns_of_an_answer_are_those_that_duckdb_describes(cursor: Any, query: str):
    cursor.execute("create table if not exists described (n number)")
    cursor.execute(query, ("x",) if "%s" in query else None)

    described = cursor._describe_last_sql()

    again = cursor._duck_conn.execute(f"describe {cursor._last_sql}", cursor._last_params).fetchall()
    assert [column[:2] for column in described] == [column[:2] for column in again]


def test_an_earlier_answer_that_came_back_has_its_own_columns(cursor: Any):
    cursor.execute("select 1 as first")
    first = cursor.sfqid
    cursor.execute("select 'x' as second")

    cursor.execute(f"select * from table(result_scan('{first}'))")

    assert [column.name for column in cursor.description] == ["FIRST"]
