-- if incremental
-- Whom a refresh concerns, for the tables that are made visitor by visitor: sessions that had ended half an hour before
-- the first thing that is new to a visitor stay as they are.
insert overwrite into operations.touched (site, key, changed_from)
select
    site,
    client_id as key,
    dateadd('second', -1800, min(occurred_at)) as changed_from
from staging.changes
where
    loaded_at > $since::timestamp_ntz
    and client_id is not null
    and name not in ('prediction', 'training_run', 'release')
group by site, client_id;

-- The earliest of them: rows from before are not even looked at.
set changed_from = (
    select coalesce(min(changed_from), '9999-12-31'::timestamp_ntz)
    from operations.touched
);
-- end if

select count(*) as rows_read
from intermediate.session_events
-- if incremental
inner join operations.touched
    on
        session_events.site = touched.site
        and session_events.client_id = touched.key
        and session_events.session_ended_at >= touched.changed_from
        and session_events.session_ended_at >= $changed_from::timestamp_ntz
-- end if
where session_events.session_key is not null;
