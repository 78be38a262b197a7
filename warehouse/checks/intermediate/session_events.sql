-- One row per site and event_id
select
    site,
    event_id
from intermediate.session_events
group by site, event_id
having count(*) > 1;

-- Every event of a visitor is in a session
select
    events.site,
    events.event_id
from staging.events
left join intermediate.session_events
    on
        events.site = session_events.site
        and events.event_id = session_events.event_id
where
    events.name not in ('prediction', 'training_run')
    and events.client_id is not null
    and session_events.session_key is null;
