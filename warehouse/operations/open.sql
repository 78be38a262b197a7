-- A refresh of {{ table }} begins. Writing its row first makes a second run of the same table wait until this one ends.
insert into operations.refreshes (table_name)
select '{{ table }}' as table_name
where not exists (
    select 1 as found
    from operations.refreshes
    where table_name = '{{ table }}'
);

update operations.refreshes
set started_at = sysdate()
where table_name = '{{ table }}';

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
