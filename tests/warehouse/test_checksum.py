"""Two tables have one checksum where their rows are the same, and only there."""

import pytest

from domain.tables import TABLES
from tests.offline_shop import Shop, line
from warehouse import checksum

A = "('a', 1.5, '2026-01-01 00:00:00.000001', '{\"x\": 1}', '2026-01-01')"
B = "('b', null, '2026-01-01 00:00:00', null, '2026-01-01')"


def made(shop: Shop, *rows: str) -> checksum.Checksum:
    """The checksum of a table with these rows: name, price, sent_at, details, loaded_at."""
    shop.rows(
        "create or replace table staging.things "
        "(name varchar, price number(18, 4), sent_at timestamp_ntz, details variant, loaded_at timestamp_ntz)"
    )
    if rows:
        columns = "column1, column2, column3::timestamp_ntz, parse_json(column4), column5::timestamp_ntz"
        shop.rows(f"insert into staging.things select {columns} from values {', '.join(rows)}")
    return checksum.of_name(shop.connection, "staging.things")


def test_the_order_of_rows_does_not_matter(shop: Shop):
    assert made(shop, A, B) == made(shop, B, A)


def test_when_a_line_was_loaded_does_not_matter(shop: Shop):
    assert made(shop, A) == made(shop, A.replace("'2026-01-01')", "'2026-02-02')"))


@pytest.mark.parametrize(
    ("old", "new"),
    [("'a'", "'A'"), ("1.5", "1.5001"), ("000001", "000002"), ('"x": 1', '"x": 2'), ("1.5", "null")],
)
def test_any_other_value_is_another_checksum(shop: Shop, old: str, new: str):
    assert made(shop, A, B).digest != made(shop, A.replace(old, new), B).digest


def test_a_value_in_another_column_is_another_checksum(shop: Shop):
    first, second = "('a', null, '2026-01-01', null, null)", "(null, null, '2026-01-01', '\"a\"', null)"

    assert made(shop, first).digest != made(shop, second).digest


def test_a_row_twice_is_not_as_if_it_were_not_there(shop: Shop):
    once, twice, thrice = made(shop, A), made(shop, A, A), made(shop, A, A, A)

    assert (once.rows, twice.rows, thrice.rows) == (1, 2, 3)
    assert len({made(shop).digest, once.digest, twice.digest, thrice.digest}) == 4


def test_one_row_of_very_many_is_seen(shop: Shop):
    rows = "select seq4() as n from table(generator(rowcount => 1000000))"
    shop.rows(f"create or replace table staging.things as {rows}")
    before = checksum.of_name(shop.connection, "staging.things")

    shop.rows("update staging.things set n = -1 where n = 4711")

    assert checksum.of_name(shop.connection, "staging.things").digest[-4:] != before.digest[-4:] != "0000"


def test_every_table_has_one(shop: Shop):
    shop.send(line("e1"))
    shop.transform()

    found = {table.full_name: checksum.of(shop.connection, table) for table in TABLES}

    assert found["staging.events"].rows == 1
    assert found["marts.searches"] == checksum.Checksum(rows=0, digest="0" * 16)
