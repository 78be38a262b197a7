-- stop: One row per site and event_id
select
    site,
    event_id,
    count(*) as copies
from staging.events
where (site, event_id) in (
    select
        new_events.site,
        new_events.event_id
    from staging.events as new_events
    where new_events.loaded_at > $since::timestamp_ntz
)
group by site, event_id
having count(*) > 1;

-- stop: Every event has a name and a time
select
    site,
    event_id,
    name,
    occurred_at,
    received_at
from staging.events
where
    loaded_at > $since::timestamp_ntz
    and (name is null or occurred_at is null or received_at is null);

-- stop: Names are those of the contract
select
    site,
    event_id,
    name
from staging.events
where
    loaded_at > $since::timestamp_ntz
    and name not in (
        'page_view', 'view_item_list', 'select_item', 'view_item', 'add_to_cart', 'remove_from_cart',
        'begin_checkout', 'purchase', 'refund', 'search', 'prediction', 'training_run', 'release'
    );

-- stop: Raw lines are staged events and their duplicates, hour by hour
with

new_lines as (

    select distinct
        arrivals.site,
        arrivals.event_id,
        arrivals.received_at,
        arrivals.src_file,
        arrivals.src_row
    from staging.arrivals
    where
        arrivals.loaded_at > $since::timestamp_ntz
        and arrivals.site is not null
        and arrivals.event_id is not null

),

counted_by_hour as (

    select
        date_trunc('hour', new_lines.received_at) as hour,
        count(*) as raw_lines,
        count_if(
            new_lines.src_file = events.src_file
            and new_lines.src_row = events.src_row
        ) as staged,
        count_if(
            new_lines.src_file <> events.src_file
            or new_lines.src_row <> events.src_row
        ) as duplicates
    from new_lines
    left join staging.events
        on
            new_lines.site = events.site
            and new_lines.event_id = events.event_id
    group by 1

)

select * from counted_by_hour
where raw_lines <> staged + duplicates;

-- stop: Every staged event is a line of the log
select
    events.site,
    events.event_id,
    events.src_file,
    events.src_row
from staging.events
left join raw.events as lines
    on
        events.src_file = lines.src_file
        and events.src_row = lines.src_row
        and lines.loaded_at > $since::timestamp_ntz
where
    events.loaded_at > $since::timestamp_ntz
    and lines.src_file is null;

-- warn: Every line of the log names its site and its event
select
    src_file,
    src_row
from staging.arrivals
where
    loaded_at > $since::timestamp_ntz
    and (site is null or event_id is null);

-- warn: What the collector counted is in the log, hour by hour, no line less and no line more
with

closed_hours as (

    select * from operations.hourly_counts
    where
        hour >= dateadd('hour', -24, $as_of::timestamp_ntz)
        and hour < dateadd('hour', -2, $as_of::timestamp_ntz)

),

lines as (

    select distinct
        date_trunc('hour', arrivals.received_at) as hour,
        arrivals.src_file,
        arrivals.src_row
    from staging.arrivals
    where
        arrivals.source = 'collector'
        and arrivals.loaded_at >= (select min(hour) from closed_hours)

),

lines_by_hour as (

    select
        hour,
        count(*) as raw_lines
    from lines
    group by hour

)

select
    closed_hours.hour,
    closed_hours.accepted,
    closed_hours.unconfirmed,
    coalesce(lines_by_hour.raw_lines, 0) as raw_lines
from closed_hours
left join lines_by_hour
    on closed_hours.hour = lines_by_hour.hour
where
    coalesce(lines_by_hour.raw_lines, 0) < closed_hours.accepted
    or coalesce(lines_by_hour.raw_lines, 0) > closed_hours.accepted + closed_hours.unconfirmed;

-- warn: Every prediction that was counted is in the log, hour by hour
with

closed_hours as (

    select
        hour,
        answers + shadow_answers as predictions
    from operations.hourly_counts
    where
        hour >= dateadd('hour', -24, $as_of::timestamp_ntz)
        and hour < dateadd('hour', -2, $as_of::timestamp_ntz)
        and answers + shadow_answers > 0

),

lines as (

    select distinct
        date_trunc('hour', arrivals.received_at) as hour,
        arrivals.event_id
    from staging.arrivals
    where
        arrivals.source = 'predict'
        and arrivals.site <> 'probe'
        and arrivals.loaded_at >= (select min(hour) from closed_hours)

),

lines_by_hour as (

    select
        hour,
        count(*) as logged
    from lines
    group by hour

)

select
    closed_hours.hour,
    closed_hours.predictions,
    coalesce(lines_by_hour.logged, 0) as logged
from closed_hours
left join lines_by_hour
    on closed_hours.hour = lines_by_hour.hour
where coalesce(lines_by_hour.logged, 0) < closed_hours.predictions;

-- warn: The newest event of a site is less than a day old
select
    site,
    max(received_at) as newest_at
from staging.events
where name not in ('training_run', 'release')
group by site
having max(received_at) < dateadd('day', -1, $as_of::timestamp_ntz);
