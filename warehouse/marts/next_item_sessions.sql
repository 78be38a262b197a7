-- The items a session looked at, in order. Grain: session_key, which is the client's own session where it names one.
-- Of a very long session the newest looks are kept, and its start is the start of these.
create table if not exists marts.next_item_sessions (
    session_key varchar,
    site varchar,
    client_id varchar,
    started_at timestamp_ntz,
    ended_at timestamp_ntz,
    item_ids array,
    occurred_at_ms array,
    loaded_at timestamp_ntz
);

set since = (
    select coalesce(dateadd('hour', -1, max(loaded_at)), '1970-01-01'::timestamp_ntz)
    from marts.next_item_sessions
);

begin;

delete from marts.next_item_sessions
where (site, client_id) in (
    select
        site,
        client_id
    from intermediate.session_events
    where loaded_at > $since::timestamp_ntz
);

insert into marts.next_item_sessions (
    session_key,
    site,
    client_id,
    started_at,
    ended_at,
    item_ids,
    occurred_at_ms,
    loaded_at
)
with

session_events as (

    select * from intermediate.session_events

),

touched_visitors as (

    select distinct
        site,
        client_id
    from session_events
    where loaded_at > $since::timestamp_ntz

),

item_events as (

    select
        session_events.site,
        session_events.client_id,
        session_events.event_id,
        session_events.occurred_at,
        session_events.loaded_at,
        session_events.item_ids,
        iff(
            session_events.session_id is null,
            session_events.session_key,
            -- the length, because a client chooses its ids: "a|b" and "c" must not read as "a" and "b|c"
            sha2(
                session_events.site || '|' || length(session_events.client_id) || '|' || session_events.client_id
                || '|' || session_events.session_id,
                256
            )
        ) as session_key
    from session_events
    inner join touched_visitors
        on
            session_events.site = touched_visitors.site
            and session_events.client_id = touched_visitors.client_id
    -- as in training/next_item/features.py
    where session_events.name = 'view_item'

),

looks as (

    select
        item_events.site,
        item_events.client_id,
        item_events.session_key,
        item_events.event_id,
        item_events.occurred_at,
        item_events.loaded_at,
        item.index as position,
        item.value::varchar as item_id
    from item_events,
        lateral flatten(input => item_events.item_ids) as item

),

newest_looks as (

    -- A client that never changes its session would grow one array for ever, and the first array above Snowflake's
    -- limit (16 MB in older accounts) fails every run after it. A thousand looks are far more than a visit, and at
    -- most 1 MB: an id has at most 256 characters.
    select * from looks
    qualify
        row_number() over (
            partition by session_key
            order by occurred_at desc, event_id desc, position desc
        ) <= 1000

),

grouped_by_session as (

    select
        session_key,
        site,
        client_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        array_agg(item_id) within group (order by occurred_at, event_id, position) as item_ids,
        array_agg(date_part(epoch_millisecond, occurred_at)) within group (
            order by occurred_at, event_id, position
        ) as occurred_at_ms,
        max(loaded_at) as loaded_at
    from newest_looks
    group by session_key, site, client_id

)

select * from grouped_by_session;

commit;
