-- How fresh the events are, and how the last whole hour compares with the same hour of the four weeks before.
select datediff('minute', max(received_at), '{{ as_of }}'::timestamp_ntz) as freshness_minutes
from staging.events
where
    name not in ('prediction', 'training_run', 'release')
    and received_at <= '{{ as_of }}'::timestamp_ntz;

select
    sum(iff(hour = dateadd('hour', -1, date_trunc('hour', '{{ as_of }}'::timestamp_ntz)), event_count, 0)) as now,
    sum(iff(hour < dateadd('day', -6, '{{ as_of }}'::timestamp_ntz), event_count, 0)) / 4.0 as usual,
    count(distinct iff(hour < dateadd('day', -6, '{{ as_of }}'::timestamp_ntz), hour, null)) as weeks
from marts.traffic_hourly
where
    hour in (
        dateadd('hour', -1, date_trunc('hour', '{{ as_of }}'::timestamp_ntz)),
        dateadd('hour', -169, date_trunc('hour', '{{ as_of }}'::timestamp_ntz)),
        dateadd('hour', -337, date_trunc('hour', '{{ as_of }}'::timestamp_ntz)),
        dateadd('hour', -505, date_trunc('hour', '{{ as_of }}'::timestamp_ntz)),
        dateadd('hour', -673, date_trunc('hour', '{{ as_of }}'::timestamp_ntz))
    );

-- Business: what the last day brought.
select
    sum(session_count) as sessions,
    sum(order_count) as orders,
    sum(revenue) as revenue
from marts.traffic_hourly
where
    hour >= dateadd('day', -1, date_trunc('hour', '{{ as_of }}'::timestamp_ntz))
    and hour < date_trunc('hour', '{{ as_of }}'::timestamp_ntz);
