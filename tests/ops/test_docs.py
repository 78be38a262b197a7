import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.tables import LIVE, TABLES
from ops.checks import Found
from ops.cloud import CloudNotRunning
from ops.docs import graph, lineage, pages, relations, write
from ops.docs.lineage import Definition, Source
from warehouse import checks

[UNIQUE, *_] = checks.of(TABLES[0], is_first=False)
STOPPED = Found(
    table=UNIQUE.table,
    name=UNIQUE.name,
    severity="stop",
    offending_rows=1200,
    examples=[],
    as_of=datetime(2026, 1, 1, 12, tzinfo=UTC),
    checked_at=datetime(2026, 1, 1, 13, tzinfo=UTC),
)
FILLED = [*(table.full_name for table in TABLES), *(f"live.{view}" for view in LIVE)]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every page by the name of its file; one check has a result."""
    out = tmp_path_factory.mktemp("docs")
    write.write_pages(out, pages.site({(STOPPED.table, STOPPED.name): STOPPED}))
    return {file.name: file.read_text() for file in out.iterdir()}


def below(relation: str, column: str) -> set[str]:
    """Where a column ends up when it is followed as far as it goes."""
    ends: set[str] = set()
    waiting = [(lineage.definitions()[relation, column], frozenset({(relation, column)}))]
    while waiting:
        found, seen = waiting.pop()
        for definition in found:
            for source in definition.sources:
                here = (source.relation, source.column)
                further = lineage.behind(source, file=definition.file) if here not in seen else ()
                waiting += [(further, seen | {here})] if further else []
                ends |= set() if further else {f"{source.relation}.{source.column}:{source.path}"}
    return ends


def test_every_table_has_a_page_and_every_link_leads_somewhere(written: dict[str, str]):
    assert set(written) == {"index.html", *(f"{name}.html" for name in relations.declared())}
    for page in written.values():
        for file, anchor in re.findall(r'href="([^"#]+)#?([^"]*)"', page):
            assert file in written
            assert not anchor or f'id="{anchor}"' in written[file]


def test_the_pages_need_no_script_and_no_network(written: dict[str, str]):
    for page in written.values():
        assert "<script" not in page
        assert not re.search(r"(src|href)=.?(https?:)?//|@import|url\(", page)


def test_a_page_shows_columns_checks_sql_and_who_reads_the_table(written: dict[str, str]):
    page = written["intermediate.sessions.html"]

    assert "of several, the last in the alphabet" in page
    assert "A session ends after it starts" in page
    assert "where ended_at &lt; started_at" in page
    assert "create or alter table intermediate.sessions" in page
    assert "checks/intermediate/sessions" in page


def test_a_check_has_its_last_result_or_says_that_it_was_not_run_here(written: dict[str, str]):
    assert 'class="bad">stopped, 1,200 rows</span>' in written["staging.events.html"]
    assert pages.NOT_RUN in written["staging.events.html"]
    assert "stopped" in written["index.html"]
    assert "stopped" not in written["marts.searches.html"]


@pytest.mark.parametrize("name", FILLED)
def test_every_column_is_known_by_what_fills_it(name: str):
    unknown = {
        column.name
        for column in relations.declared()[name].columns
        if not any(d.sources or d.expression for d in lineage.definitions().get((name, column.name), ()))
    }

    assert unknown == set()


@pytest.mark.parametrize("name", FILLED)
def test_no_column_comes_from_a_step_that_nobody_makes(name: str):
    columns = {(r.name, column.name) for r in relations.declared().values() for column in r.columns}

    for column in relations.declared()[name].columns:
        sources = {s for d in lineage.definitions()[name, column.name] for s in d.sources}

        assert {(source.relation, source.column) for source in sources} <= columns


def test_a_column_is_followed_through_a_merge_a_view_and_its_json_down_to_the_log():
    assert below("staging.events", "occurred_at") == {
        "raw.events.v:event.occurred_at",
        "raw.events.v:received_at",
        "raw.events.v:sent_at",
    }
    assert below("live.sessions", "client_id") == {"raw.events.v:event.client_id"}


def test_a_column_of_a_flattened_array_names_the_path_of_its_elements():
    [price] = lineage.definitions()["intermediate.item_events", "price"]

    assert price == Definition(
        file="intermediate/item_events",
        expression="cast(item.value:price as number(18, 4))",
        sources=(Source(relation="staging.events", column="items", path="[].price"),),
    )


def test_a_column_that_is_handed_on_through_steps_tells_the_step_that_makes_it():
    [has_purchase] = lineage.definitions()["intermediate.sessions", "has_purchase"]

    assert has_purchase.expression == "count_if(session_events.name = 'purchase') > 0"


def test_of_the_work_table_only_the_rows_of_the_same_refresh_are_followed():
    hour = Source(relation="operations.touched", column="changed_from", path="")

    assert {d.file for d in lineage.behind(hour, file="marts/traffic_hourly")} == {"marts/traffic_hourly"}
    assert {d.file for d in lineage.behind(hour, file="marts/searches")} == {"operations/touched_visitors"}


def test_the_graph_has_a_box_for_each_table_and_a_line_for_each_that_it_reads():
    drawn = graph.draw([("a", ["a.x", "a.y"]), ("b", ["b.z"])], {"b.z": ["a.x", "gone.w"], "a.y": ["a.x"]})

    assert drawn.count("<rect") == 3
    assert drawn.count("<path") == 2
    assert 'href="a.x.html"' in drawn


def test_without_a_warehouse_the_command_writes_the_site_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def no_cloud(environment: str) -> None:
        raise CloudNotRunning(environment)

    monkeypatch.setattr(write.checks, "connect", no_cloud)

    assert write.main(out=tmp_path / "docs", environment="local") == 0
    assert pages.NOT_RUN in (tmp_path / "docs" / "marts.searches.html").read_text()
