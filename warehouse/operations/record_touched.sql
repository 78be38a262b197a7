-- What the refreshes of a layer touched.
update operations.refreshes
set
    rows_read = touched.rows_read,
    rows_deleted = touched.rows_deleted,
    rows_written = touched.rows_written
from (
    select
        counted.value:table::varchar as table_name,
        counted.value:rows_read::number as rows_read,
        counted.value:rows_deleted::number as rows_deleted,
        counted.value:rows_written::number as rows_written
    from lateral flatten(input => parse_json(%(touched)s)) as counted
) as touched
where refreshes.table_name = touched.table_name;
