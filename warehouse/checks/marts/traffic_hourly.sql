-- stop: One row per site and hour
select
    site,
    hour,
    count(*) as copies
from marts.traffic_hourly
group by site, hour
having count(*) > 1;

-- stop: The hours count every event once
with

counted as (

    select
        session_events.site,
        date_trunc('hour', session_events.occurred_at) as hour,
        count(*) as event_count
    from intermediate.session_events
    inner join operations.touched
        on
            session_events.site = touched.site
            and date_trunc('hour', session_events.occurred_at) = touched.changed_from
    group by 1, 2

)

select
    counted.site,
    counted.hour,
    counted.event_count as events,
    traffic_hourly.event_count as said
from counted
left join marts.traffic_hourly
    on
        counted.site = traffic_hourly.site
        and counted.hour = traffic_hourly.hour
where not equal_null(counted.event_count, traffic_hourly.event_count);

-- warn: The last whole hour has as many events as the same hour of past weeks, give or take
with

moment as (

    select date_trunc('hour', dateadd('hour', -2, $as_of::timestamp_ntz)) as hour

),

last_hour as (

    select
        traffic_hourly.site,
        coalesce(max(iff(traffic_hourly.hour = moment.hour, traffic_hourly.event_count, null)), 0) as event_count,
        avg(iff(traffic_hourly.hour = dateadd('day', -7, moment.hour), traffic_hourly.event_count, null)) as week_1,
        avg(iff(traffic_hourly.hour = dateadd('day', -14, moment.hour), traffic_hourly.event_count, null)) as week_2,
        avg(iff(traffic_hourly.hour = dateadd('day', -21, moment.hour), traffic_hourly.event_count, null)) as week_3,
        avg(iff(traffic_hourly.hour = dateadd('day', -28, moment.hour), traffic_hourly.event_count, null)) as week_4
    from marts.traffic_hourly
    cross join moment
    where traffic_hourly.hour >= dateadd('day', -29, $as_of::timestamp_ntz)
    group by traffic_hourly.site

),

usual as (

    select
        site,
        event_count,
        (coalesce(week_1, 0) + coalesce(week_2, 0) + coalesce(week_3, 0) + coalesce(week_4, 0))
        / nullif(
            iff(week_1 is null, 0, 1) + iff(week_2 is null, 0, 1)
            + iff(week_3 is null, 0, 1) + iff(week_4 is null, 0, 1),
            0
        ) as usual_count
    from last_hour

)

-- an hour that usually has fewer than a hundred says little
select * from usual
where
    usual_count >= 100
    and (event_count < 0.3 * usual_count or event_count > 3 * usual_count);
