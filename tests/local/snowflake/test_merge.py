"""MERGE does and counts what Snowflake's does."""

from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError

INSERT = "when not matched then insert (id, n) values (source.id, source.n)"
UPDATE = "when matched and source.n > target.n then update set n = source.n"
DELETE = "when matched and source.n = 0 then delete"
SOURCE = "select column1 as id, column2 as n from values (1, 5), (2, 0), (3, 7), (4, 8)"


def merged(cursor: Any, *clauses: str, source: str = SOURCE) -> dict[str, int]:
    """The counts of a MERGE into the rows (1, 1) and (2, 2)."""
    cursor.execute("create or replace table numbers (id number, n number)")
    cursor.execute("insert into numbers select column1, column2 from values (1, 1), (2, 2)")
    target = f"merge into numbers as target using ({source}) as source on target.id = source.id"
    cursor.execute(f"{target} {' '.join(clauses)}")
    names = [column.name.removeprefix("number of rows ") for column in cursor.description]
    [counts] = cursor.fetchall()
    return dict(zip(names, counts, strict=True))


def rows(cursor: Any) -> list[tuple[int, int]]:
    return list(cursor.execute("select id, n from numbers order by id").fetchall())


@pytest.mark.parametrize(
    ("clauses", "counts", "left"),
    [
        ([INSERT], {"inserted": 2}, [(1, 1), (2, 2), (3, 7), (4, 8)]),
        ([UPDATE], {"updated": 1}, [(1, 5), (2, 2)]),
        ([DELETE], {"deleted": 1}, [(1, 1)]),
        ([UPDATE, INSERT], {"inserted": 2, "updated": 1}, [(1, 5), (2, 2), (3, 7), (4, 8)]),
        ([DELETE, INSERT], {"inserted": 2, "deleted": 1}, [(1, 1), (3, 7), (4, 8)]),
        ([DELETE, UPDATE], {"updated": 1, "deleted": 1}, [(1, 5)]),
    ],
)
def test_each_kind_of_row_is_counted(
    cursor: Any, clauses: list[str], counts: dict[str, int], left: list[tuple[int, int]]
):
    assert merged(cursor, *clauses) == counts
    assert rows(cursor) == left


def test_what_is_not_matched_may_have_a_condition(cursor: Any):
    counts = merged(cursor, INSERT.replace("matched", "matched and source.n > 7"))

    assert counts == {"inserted": 1}
    assert rows(cursor) == [(1, 1), (2, 2), (4, 8)]


def test_a_source_may_have_steps_windows_and_flatten(cursor: Any):
    source = """
        with lists as (select parse_json('[7, 7, 8]') as numbers)

        select item.value::number as id, item.index as n
        from lists, lateral flatten(input => lists.numbers) as item
        qualify row_number() over (partition by id order by n desc) = 1
    """

    assert merged(cursor, INSERT, source=source) == {"inserted": 2}
    assert rows(cursor)[2:] == [(7, 1), (8, 2)]


def test_a_variable_may_stand_in_it(cursor: Any):
    cursor.execute("set least = (select 8)")

    assert merged(cursor, INSERT, source=f"select * from ({SOURCE}) as s where n >= $least") == {
        "inserted": 1
    }


def test_all_three_at_once_are_refused_since_they_cannot_be_counted(cursor: Any):
    with pytest.raises(ProgrammingError, match="not all three"):
        merged(cursor, DELETE, UPDATE, INSERT)

    assert rows(cursor) == [(1, 1), (2, 2)]
