-- stop: One row per site and event_id
select
    site,
    event_id,
    count(*) as copies
from intermediate.session_events
where (site, event_id) in (
    select
        site,
        event_id
    from staging.changes
    where loaded_at > $since::timestamp_ntz
)
group by site, event_id
having count(*) > 1;

-- stop: Every event of a visitor is in a session, every other is in none
select
    events.site,
    events.event_id,
    events.client_id,
    session_events.session_key
from staging.events
left join intermediate.session_events
    on
        events.site = session_events.site
        and events.event_id = session_events.event_id
where
    events.loaded_at > $since::timestamp_ntz
    and events.name not in ('prediction', 'training_run', 'release')
    and (
        session_events.event_id is null
        or (events.client_id is null) <> (session_events.session_key is null)
        or not equal_null(events.client_id, session_events.client_id)
    );
