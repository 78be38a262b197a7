"""Every rule holds everywhere, and every rule finds the fault that it is there for."""

import pytest

from ops.docs import statements
from tests.sql import rules
from tests.sql.reading import READING, REPLAY

FLATTENED = "select i.index as n from staging.events, lateral flatten(input => events.items{}) as i"
PIPE = "create pipe raw.p as copy into raw.events (loaded_at) from (select {} from @raw.x)"
MERGE = "merge into marts.searches as t using ({}) as s on t.site = s.site when matched then delete"
NUMBERED = "select * from live.events qualify row_number() over (partition by {} order by url) = 1"

FAULTS = {
    "select hash(site) as h from staging.events": rules.words_that_differ,
    "select hash_agg(site) as h from staging.events": rules.words_that_differ,
    FLATTENED.format(", outer => true"): rules.words_that_differ,
    FLATTENED.format(", recursive => true"): rules.words_that_differ,
    "select try_to_timestamp(url) as t from staging.events": rules.words_that_differ,
    "select try_cast(url as timestamp_ntz) as t from staging.events": rules.words_that_differ,
    "create or alter table marts.x (a varchar primary key)": rules.words_that_differ,
    "create or alter table marts.x (a timestamp_tz)": rules.words_that_differ,
    "create or alter table marts.x (a timestamp_ltz)": rules.words_that_differ,
    "create or replace table marts.x (a varchar)": rules.table_replaced,
    "insert into raw.events (v) values (parse_json('{}'))": rules.words_that_differ,
    PIPE.format("current_timestamp()"): rules.words_that_differ,
    PIPE.format("sysdate()"): rules.a_load_s_time_of_our_own,
    "select sysdate() as loaded_at from raw.events": rules.a_load_s_time_of_our_own,
    FLATTENED.format("").replace("index", "seq"): rules.a_flattened_row_s_place,
    "select v:event.name::varchar as name from raw.events": rules.raw_opened_outside_staging,
    "select count(*) from staging.events": rules.names_that_collapse,
    "select site, url as site from staging.events": rules.names_that_collapse,
    "select * from live.events cross join live.orders": rules.names_that_collapse,
    "select site from staging.events where details:tier = 'model'": rules.variant_compared,
    "select site from staging.events where details in ('a', 'b')": rules.variant_compared,
    "with opened as (select details as d from live.events) select 1 as n from opened where d = 'x'": (
        rules.variant_compared
    ),
    FLATTENED.format("") + " where i.value = 'x'": rules.variant_compared,
    MERGE.format("select * from live.events"): rules.merge_of_copies,
    MERGE.format("select site, max(url) as u from live.events group by site, name"): rules.merge_of_copies,
    MERGE.format(NUMBERED.format("name")): rules.merge_of_copies,
    MERGE.format(NUMBERED.format("site").replace("= 1", "= 2")): rules.merge_of_copies,
    MERGE.format("select 'a' as site union all select 'a' as site"): rules.merge_of_copies,
    "insert into marts.x (site, url) select url, site from live.events": rules.insert_out_of_order,
    "insert into marts.x (site, url) select site, url from live.events union all "
    "select url, site from live.events": rules.insert_out_of_order,
    "insert into marts.x select site from live.events": rules.insert_out_of_order,
}
RIGHT = (
    "select sha2(site, 256) as h, sysdate() as checked_at from staging.events",
    FLATTENED.format("") + " where i.value:item_id::varchar = 'x'",
    "select site from live.events where details:a::varchar = 'x' and 1 in (select max(1) from live.orders)",
    MERGE.format(NUMBERED.format("site")),
    MERGE.format("select site, max(url) as url from live.events group by 1"),
    MERGE.format("select distinct site from live.events"),
    MERGE.format("select 'a' as site, max(url) as u from live.events union all select 'b' as site, 'x' as u"),
)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_no_statement_does(rule: rules.Rule):
    found = {
        f"{file}: {fault}"
        for file in (READING if rule in rules.BY_SCHEMA else [*READING, *REPLAY])
        for statement in statements.of(file)
        for fault in rule(statement)
    }

    assert found == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_its_rule_alone(fault: str):
    [statement] = statements.parsed("marts/planted", fault)

    finders = {rule.__name__ for rule in rules.RULES if list(rule(statement))}

    assert finders == {FAULTS[fault].__name__}


@pytest.mark.parametrize("right", RIGHT)
def test_what_is_right_passes_every_rule(right: str):
    [statement] = statements.parsed("marts/planted", right)

    assert [fault for rule in rules.RULES for fault in rule(statement)] == []
