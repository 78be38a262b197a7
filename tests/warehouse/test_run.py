import pytest

from tests.offline_shop import Shop
from warehouse import run


def test_a_semicolon_in_a_string_or_a_comment_does_not_end_a_statement():
    statements = run.split("select ';' as a; -- not here; nor here\nselect 'it''s; one' as b;\n-- the end;")

    assert statements == ["select ';' as a", "-- not here; nor here\nselect 'it''s; one' as b"]


def test_values_are_filled_in():
    assert run.render("'{{ as_of }}'", as_of="2020-06-30 00:00:00") == "'2020-06-30 00:00:00'"


@pytest.mark.parametrize("value", ["x'; drop table raw.events", "a;b", "(select 1)", "é"])
def test_a_value_is_never_syntax(value: str):
    with pytest.raises(run.UnsafeValue):
        run.render("'{{ run_id }}'", run_id=value)


def test_a_missing_value_is_an_error():
    with pytest.raises(KeyError):
        run.render("{{ run_id }}")


def test_columns_are_in_lower_case_whoever_named_them(shop: Shop):
    answers = [
        run.execute(shop.connection, statement)
        for statement in ("select 1 as Row_Count", "show pipes like 'EVENTS_PIPE' in schema raw")
    ]

    assert answers[0] == [{"row_count": 1}]
    assert answers[1][0]["name"] == "EVENTS_PIPE"


def test_text_of_any_kind_is_bound_and_not_filled_in(shop: Shop):
    [answer] = run.execute(shop.connection, "select %(text)s as said", text='it\'s; -- a "text"')

    assert answer == {"said": 'it\'s; -- a "text"'}
