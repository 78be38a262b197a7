-- What visitors do, in shares: on the last day that a model learned from, and on the day before as_of.
-- Items are ranked by how often they were looked at before the first of the two days.
with

days as (

    select
        'learned' as day,
        dateadd('day', -1, '{{ learned_until }}'::timestamp_ntz) as since,
        '{{ learned_until }}'::timestamp_ntz as until
    union all
    select
        'now' as day,
        dateadd('day', -1, '{{ as_of }}'::timestamp_ntz) as since,
        '{{ as_of }}'::timestamp_ntz as until

),

ranks as (

    select
        site,
        item_id,
        row_number() over (partition by site order by count(*) desc, item_id asc) as place,
        count(*) over (partition by site) as items
    from intermediate.item_events
    where
        name = 'view_item'
        and position = 0
        and occurred_at > dateadd('day', -15, '{{ learned_until }}'::timestamp_ntz)
        and occurred_at <= dateadd('day', -1, '{{ learned_until }}'::timestamp_ntz)
    group by site, item_id

),

looks as (

    select
        days.day,
        case
            when item_events.item_id is null then 'no item'
            when ranks.place is null then 'unseen'
            when ranks.place <= ranks.items * 0.1 then 'first tenth'
            when ranks.place <= ranks.items * 0.5 then 'first half'
            else 'last half'
        end as bucket
    from intermediate.session_events
    inner join days
        on
            session_events.occurred_at > days.since
            and session_events.occurred_at <= days.until
    left join intermediate.item_events
        on
            session_events.site = item_events.site
            and session_events.event_id = item_events.event_id
            and item_events.position = 0
    left join ranks
        on
            item_events.site = ranks.site
            and item_events.item_id = ranks.item_id
    where session_events.name = 'view_item'

),

lengths as (

    select
        days.day,
        case
            when sessions.event_count <= 1 then '1'
            when sessions.event_count <= 3 then '2 or 3'
            when sessions.event_count <= 10 then '4 to 10'
            else 'more'
        end as bucket
    from intermediate.sessions
    inner join days
        on
            sessions.ended_at > days.since
            and sessions.ended_at <= days.until

),

names as (

    select
        days.day,
        session_events.name as bucket
    from intermediate.session_events
    inner join days
        on
            session_events.occurred_at > days.since
            and session_events.occurred_at <= days.until

)

select
    'popularity' as feature,
    day,
    bucket,
    count(*) as seen
from looks
group by day, bucket
union all
select
    'session_length' as feature,
    day,
    bucket,
    count(*) as seen
from lengths
group by day, bucket
union all
select
    'event_name' as feature,
    day,
    bucket,
    count(*) as seen
from names
group by day, bucket;
