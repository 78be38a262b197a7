-- What the checks of one run found; a run that is recorded twice is there once.
delete from operations.check_results
where run_id = %(run_id)s;

insert into operations.check_results (
    run_id,
    table_name,
    name,
    severity,
    offending_rows,
    examples,
    as_of,
    checked_at
)
select
    %(run_id)s as run_id,
    result.value:table::varchar as table_name,
    result.value:name::varchar as name,
    result.value:severity::varchar as severity,
    result.value:offending_rows::number as offending_rows,
    result.value:examples as examples,
    %(as_of)s::timestamp_ntz as as_of,
    sysdate() as checked_at
from lateral flatten(input => parse_json(%(results)s)) as result;
