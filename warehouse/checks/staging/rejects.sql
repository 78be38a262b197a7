-- stop: One row per reject_id
select
    reject_id,
    count(*) as copies
from staging.rejects
group by reject_id
having count(*) > 1;

-- stop: Every refusal has a reason and a time
select reject_id
from staging.rejects
where
    loaded_at > $since::timestamp_ntz
    and (reason is null or received_at is null);

-- warn: Every line of the log of refusals can be told apart
select
    src_file,
    src_row
from raw.rejects
where
    loaded_at > $since::timestamp_ntz
    and v:reject_id::varchar is null;

-- warn: What the collector refused is in the log, hour by hour, no line less and no line more
with

closed_hours as (

    select * from operations.hourly_counts
    where
        hour >= dateadd('hour', -24, $as_of::timestamp_ntz)
        and hour < dateadd('hour', -2, $as_of::timestamp_ntz)

),

lines_by_hour as (

    select
        date_trunc('hour', received_at) as hour,
        count(*) as reject_lines
    from staging.rejects
    where loaded_at >= (select min(hour) from closed_hours)
    group by 1

)

select
    closed_hours.hour,
    closed_hours.rejected,
    closed_hours.unconfirmed,
    coalesce(lines_by_hour.reject_lines, 0) as reject_lines
from closed_hours
left join lines_by_hour
    on closed_hours.hour = lines_by_hour.hour
where
    coalesce(lines_by_hour.reject_lines, 0) < closed_hours.rejected
    or coalesce(lines_by_hour.reject_lines, 0) > closed_hours.rejected + closed_hours.unconfirmed;
