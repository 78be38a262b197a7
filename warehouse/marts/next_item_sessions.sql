-- The items a session looked at, in order. Grain: session_key, which is the client's own session where it names one.
-- Of a very long session the newest looks are kept, and its start is the start of these.
create or alter table marts.next_item_sessions (
    session_key varchar comment 'sha256 of site, client and the client''s session; else as in intermediate.sessions',
    site varchar comment 'The shop',
    client_id varchar comment 'The browser or device',
    started_at timestamp_ntz comment 'When the first look happened, UTC',
    ended_at timestamp_ntz comment 'When the last look happened, UTC',
    item_ids array comment 'The items, oldest look first',
    occurred_at_ms array comment 'When each look happened, epoch milliseconds'
) comment = 'The items a session looked at, in order: what next_item learns from';

-- if incremental
-- A client's own session has no end in time, so a visitor with anything new is made anew whole.
delete from marts.next_item_sessions
using operations.touched
where
    next_item_sessions.site = touched.site
    and next_item_sessions.client_id = touched.key;
-- end if

insert into marts.next_item_sessions (
    session_key,
    site,
    client_id,
    started_at,
    ended_at,
    item_ids,
    occurred_at_ms
)
with

looks as (

    select
        item_events.site,
        item_events.client_id,
        item_events.event_id,
        item_events.occurred_at,
        item_events.position,
        item_events.item_id,
        iff(
            item_events.session_id is null,
            session_events.session_key,
            -- the length, because a client chooses its ids: "a|b" and "c" must not read as "a" and "b|c"
            sha2(
                item_events.site || '|' || length(item_events.client_id) || '|' || item_events.client_id
                || '|' || item_events.session_id,
                256
            )
        ) as session_key
    from intermediate.item_events
    -- if incremental
    inner join operations.touched
        on
            item_events.site = touched.site
            and item_events.client_id = touched.key
    -- end if
    left join intermediate.session_events
        on
            item_events.site = session_events.site
            and item_events.event_id = session_events.event_id
            and session_events.session_id is null
    where
        item_events.client_id is not null
        and item_events.name = 'view_item' -- as in training/next_item/features.py

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
        ) as occurred_at_ms
    from newest_looks
    group by session_key, site, client_id

)

select * from grouped_by_session;
