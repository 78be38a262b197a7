-- stop: One row per site and day
select
    site,
    day,
    count(*) as copies
from marts.traffic_daily
group by site, day
having count(*) > 1;

-- stop: The days count every event once
with

counted as (

    select
        session_events.site,
        date_trunc('day', session_events.occurred_at) as day,
        count(*) as event_count
    from intermediate.session_events
    inner join operations.touched
        on
            session_events.site = touched.site
            and date_trunc('day', session_events.occurred_at) = touched.changed_from
    group by 1, 2

)

select
    counted.site,
    counted.day,
    counted.event_count as events,
    traffic_daily.event_count as said
from counted
left join marts.traffic_daily
    on
        counted.site = traffic_daily.site
        and counted.day = traffic_daily.day::timestamp_ntz
where not equal_null(counted.event_count, traffic_daily.event_count);
