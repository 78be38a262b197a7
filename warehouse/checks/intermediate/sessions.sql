-- stop: One row per session_key
select
    session_key,
    count(*) as copies
from intermediate.sessions
-- if incremental
where (site, client_id) in (
    select
        site,
        key
    from operations.touched
)
-- end if
group by session_key
having count(*) > 1;

-- stop: A session ends after it starts
select
    session_key,
    started_at,
    ended_at
from intermediate.sessions
where ended_at < started_at;

-- stop: More than half an hour of silence lies between two sessions of a visitor
select
    sessions.session_key,
    sessions.site,
    sessions.client_id
from intermediate.sessions
-- if incremental
inner join operations.touched
    on
        sessions.site = touched.site
        and sessions.client_id = touched.key
-- end if
qualify
    datediff(
        'millisecond',
        lag(sessions.ended_at) over (
            partition by sessions.site, sessions.client_id
            order by sessions.started_at, sessions.ended_at
        ),
        sessions.started_at
    ) <= 1800 * 1000;

-- stop: Sessions and their events tell the same number
with

event_counts as (

    select
        session_events.session_key,
        count(*) as event_count
    from intermediate.session_events
    -- if incremental
    inner join operations.touched
        on
            session_events.site = touched.site
            and session_events.client_id = touched.key
            and session_events.session_ended_at >= touched.changed_from
    -- end if
    where session_events.session_key is not null
    group by session_events.session_key

),

touched_sessions as (

    select
        sessions.session_key,
        sessions.event_count
    from intermediate.sessions
    -- if incremental
    inner join operations.touched
        on
            sessions.site = touched.site
            and sessions.client_id = touched.key
            and sessions.ended_at >= touched.changed_from
    -- end if
    where sessions.session_key is not null

),

different_counts as (

    select
        coalesce(event_counts.session_key, touched_sessions.session_key) as session_key,
        event_counts.event_count as events,
        touched_sessions.event_count as said
    from event_counts
    full join touched_sessions
        on event_counts.session_key = touched_sessions.session_key
    where not equal_null(event_counts.event_count, touched_sessions.event_count)

)

select * from different_counts;
