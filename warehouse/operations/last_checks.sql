-- What the last run of each table's checks found.
select
    table_name,
    name,
    severity,
    offending_rows,
    examples,
    as_of,
    checked_at
from operations.check_results
qualify
    run_id = first_value(run_id) over (
        partition by table_name
        order by checked_at desc, run_id desc
    );
