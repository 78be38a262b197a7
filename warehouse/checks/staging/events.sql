-- One row per site and event_id
select
    site,
    event_id
from staging.events
group by site, event_id
having count(*) > 1;

-- Every event has a name and a time
select
    site,
    event_id
from staging.events
where name is null or occurred_at is null or received_at is null;

-- Nothing that arrived yesterday was left behind; the last hour may still be on its way
with

staged_events as (

    select * from staging.events

),

arrived_events as (

    select
        v:site::varchar as site,
        v:event.event_id::varchar as event_id
    from raw.events
    where
        loaded_at > (select dateadd('hour', -25, max(loaded_at)) from staged_events)
        and loaded_at <= (select dateadd('hour', -1, max(loaded_at)) from staged_events)

),

left_behind as (

    select arrived_events.*
    from arrived_events
    left join staged_events
        on
            arrived_events.site = staged_events.site
            and arrived_events.event_id = staged_events.event_id
    where
        arrived_events.site is not null
        and arrived_events.event_id is not null
        and staged_events.event_id is null

)

select * from left_behind;
