-- stop: One row per site and event_id
select
    site,
    event_id,
    count(*) as copies
from marts.searches
where (site, client_id) in (
    select
        site,
        key
    from operations.touched
)
group by site, event_id
having count(*) > 1;

-- stop: Every search of a visitor is there
select
    session_events.site,
    session_events.event_id
from intermediate.session_events
inner join operations.touched
    on
        session_events.site = touched.site
        and session_events.client_id = touched.key
        and session_events.session_ended_at >= touched.changed_from
left join marts.searches
    on
        session_events.site = searches.site
        and session_events.event_id = searches.event_id
where
    session_events.name = 'search'
    and searches.event_id is null;
