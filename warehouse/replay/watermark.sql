-- The next refresh of {{ table }} goes on from where the replay came to. A refresh that is under way holds this row: it
-- ends first, and what it has written goes with the old table.
merge into {{ live }}.operations.refreshes as target
using (
    select
        table_name,
        max(loaded_until) as loaded_until
    from {{ rebuild }}.operations.refreshes
    where table_name = '{{ table }}'
    group by table_name
) as source
    on target.table_name = source.table_name
when matched then update set loaded_until = source.loaded_until
when not matched then insert (table_name, loaded_until) values (source.table_name, source.loaded_until);
