-- One row per session_key
select session_key
from intermediate.sessions
group by session_key
having count(*) > 1;

-- A session ends after it starts
select session_key
from intermediate.sessions
where ended_at < started_at;

-- More than half an hour of silence lies between two sessions of a visitor
select session_key
from intermediate.sessions
qualify
    datediff(
        'millisecond',
        lag(ended_at) over (partition by site, client_id order by started_at, ended_at),
        started_at
    ) <= 1800 * 1000;

-- Sessions and their events tell the same number
with

event_counts as (

    select
        session_key,
        count(*) as event_count
    from intermediate.session_events
    group by session_key

),

different_counts as (

    select coalesce(event_counts.session_key, sessions.session_key) as session_key
    from event_counts
    full join intermediate.sessions
        on event_counts.session_key = sessions.session_key
    where not equal_null(event_counts.event_count, sessions.event_count)

)

select * from different_counts;
