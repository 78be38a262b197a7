-- A refresh of {{ table }} begins. Writing its row first makes a second run of the same table wait until this one ends.
merge into operations.refreshes as target
using (select '{{ table }}' as table_name) as source
    on target.table_name = source.table_name
when matched then update set started_at = sysdate()
when not matched then insert (table_name, started_at) values (source.table_name, sysdate());

-- The hour of overlap covers loads that commit out of order; every statement may see the same arrivals twice.
set since = (
    select coalesce(dateadd('hour', -1, max(loaded_until)), '1970-01-01'::timestamp_ntz)
    from operations.refreshes
    where table_name = '{{ table }}'
);

-- No further than what it is made from.
set until = (
    select coalesce(max(loaded_until), '1970-01-01'::timestamp_ntz)
    from operations.refreshes
    where table_name = '{{ upstream }}'
);
