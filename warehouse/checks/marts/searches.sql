-- stop: One row per site and event_id
select
    site,
    event_id,
    count(*) as copies
from marts.searches
-- if incremental
where (site, client_id) in (
    select
        site,
        key
    from operations.touched
)
-- end if
group by site, event_id
having count(*) > 1;

-- stop: Every search of a visitor is there
select
    session_events.site,
    session_events.event_id
from intermediate.session_events
-- if incremental
inner join operations.touched
    on
        session_events.site = touched.site
        and session_events.client_id = touched.key
        and session_events.session_ended_at >= touched.changed_from
-- end if
left join marts.searches
    on
        session_events.site = searches.site
        and session_events.event_id = searches.event_id
where
    session_events.name = 'search'
    and session_events.session_key is not null
    and searches.event_id is null;
