from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from snowflake.connector import errors

from domain.other_settings import TransformSettings
from domain.tables import TABLES
from ops import checks as page_of_checks
from ops.progress import console
from tests.offline_shop import LAKE, SNOWFLAKE, Shop, line, open_shop
from warehouse import checks

AS_OF = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Checked twice: all is well, then somebody has written a row into staging that is there already."""
    with open_shop() as shop:
        shop.send(line("e1"), line("e2", seconds=60, item="<b>"))
        shop.transform("staging")
        record(shop, run_id="before", hour=0)
        shop.rows("insert into staging.events select * from staging.events where event_id = 'e2'")
        shop.rows("update staging.events set name = '<i>look</i>' where event_id = 'e1'")
        shop.found = {
            table.full_name: checks.results(shop.connection, table, is_first=False) for table in TABLES[:1]
        }
        record(shop, run_id="after", hour=1)
        yield shop


def record(shop: Shop, *, run_id: str, hour: int) -> None:
    found = [result for results in shop.found.values() for result in results]
    checks.record(shop.connection, found, run_id=run_id, as_of=AS_OF + timedelta(hours=hour))


def test_the_last_run_of_each_table_is_told_with_what_stops_first(shop: Shop):
    found = page_of_checks.last(shop.connection)

    assert [(f.table, f.name, f.offending_rows) for f in found if f.stops] == [
        ("staging.events", "One row per site and event_id", 1),
        ("staging.events", "Names are those of the contract", 1),
    ]
    assert [f.stops for f in found] == sorted((f.stops for f in found), reverse=True)
    assert {f.as_of for f in found if f.table == "staging.events"} == {AS_OF + timedelta(hours=1)}
    assert {f.as_of for f in found if f.table == "staging.rejects"} == {AS_OF}
    assert page_of_checks.never_ran(found) == [t.full_name for t in TABLES if t.layer != "staging"]


def test_the_command_writes_the_failing_rows_into_a_page_and_fails_while_a_check_stops(
    shop: Shop, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(page_of_checks.cloud, "STATE", tmp_path)
    monkeypatch.setattr(page_of_checks, "connect", lambda environment: Kept(shop))

    with console.capture() as printed:
        code = page_of_checks.main("local")

    page = (tmp_path / "checks.html").read_text()
    assert code == 1
    assert "contract" in printed.get()
    assert "<code>e2</code>" in page
    assert "from staging.events" in page  # the query
    assert "&lt;i&gt;look&lt;/i&gt;" in page
    assert "<i>look" not in page
    assert "http" not in page


def test_before_any_run_nothing_is_found_and_nothing_fails(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page_of_checks.cloud, "STATE", tmp_path)

    with open_shop() as shop:
        monkeypatch.setattr(page_of_checks, "connect", lambda environment: Kept(shop))

        assert page_of_checks.main("local") == 0


class Kept:
    """The shop's connection, which stays open for the next test."""

    def __init__(self, shop: Shop) -> None:
        self.cursor = shop.connection.cursor

    def close(self) -> None:
        pass


def test_a_login_that_fails_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise errors.DatabaseError("JWT token is invalid")

    settings = TransformSettings(
        **SNOWFLAKE, lake_bucket=LAKE, code_version="1", metrics_namespace="Skiff/test"
    )
    monkeypatch.setattr(page_of_checks.target, "find", lambda environment: None)
    monkeypatch.setattr(page_of_checks.deploy, "outputs", lambda environment: {"TransformFunction": "f"})
    monkeypatch.setattr(page_of_checks.functions, "environment", lambda name: settings.to_env())
    monkeypatch.setattr(page_of_checks.warehouse, "connect", refuse)

    with pytest.raises(page_of_checks.NoLogin, match=r"SKIFF_TEST_FUNCTION .* skiff: .*JWT token"):
        page_of_checks.connect("dev")
