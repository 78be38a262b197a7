-- How far the log has been loaded, written down before staging reads it.
merge into operations.refreshes as target
using (
    select
        'raw.events' as table_name,
        max(loaded_at) as loaded_until
    from raw.events
    union all
    select
        'raw.rejects' as table_name,
        max(loaded_at) as loaded_until
    from raw.rejects
) as source
    on target.table_name = source.table_name
-- never back: after a replay it is later than all that was loaded
when matched then
    update set
        loaded_until = coalesce(
            greatest(target.loaded_until, source.loaded_until),
            target.loaded_until,
            source.loaded_until
        )
when not matched then
    insert (table_name, loaded_until)
    values (source.table_name, source.loaded_until);
