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

own_sessions as (

    select
        session_events.site,
        session_events.event_id,
        session_events.session_key
    from intermediate.session_events
    -- if incremental
    inner join operations.touched
        on
            session_events.site = touched.site
            and session_events.client_id = touched.key
    -- end if
    where
        session_events.session_id is null
        and session_events.name = 'view_item'

),

looks as (

    select
        item_events.site,
        item_events.client_id,
        item_events.session_id,
        own_sessions.session_key as own_session,
        item_events.event_id,
        item_events.occurred_at,
        item_events.position,
        item_events.item_id
    from intermediate.item_events
    -- if incremental
    inner join operations.touched
        on
            item_events.site = touched.site
            and item_events.client_id = touched.key
    -- end if
    left join own_sessions
        on
            item_events.site = own_sessions.site
            and item_events.event_id = own_sessions.event_id
    where
        item_events.client_id is not null
        and item_events.name = 'view_item' -- as in training/next_item/features.py

),

long_sessions as (

    select
        site,
        client_id,
        session_id,
        own_session
    from looks
    group by site, client_id, session_id, own_session
    having count(*) > 1000

),

too_old as (

    -- A client that never changes its session would grow one array for ever, and the first array above Snowflake's
    -- limit (16 MB in older accounts) fails every run after it. A thousand looks are far more than a visit, and at
    -- most 1 MB: an id has at most 256 characters.
    select
        looks.site,
        looks.event_id,
        looks.position
    from looks
    inner join long_sessions
        on
            looks.site = long_sessions.site
            and looks.client_id = long_sessions.client_id
            and looks.session_id is not distinct from long_sessions.session_id
            and looks.own_session is not distinct from long_sessions.own_session
    qualify
        row_number() over (
            partition by looks.site, looks.client_id, looks.session_id, looks.own_session
            order by looks.occurred_at desc, looks.event_id desc, looks.position desc
        ) > 1000

),

grouped_by_session as (

    select
        site,
        client_id,
        session_id,
        own_session,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        array_agg(item_id) within group (order by occurred_at, event_id, position) as item_ids,
        array_agg(date_part(epoch_millisecond, occurred_at)) within group (
            order by occurred_at, event_id, position
        ) as occurred_at_ms
    from looks
    where
        not exists (
            select 1 as found
            from too_old
            where
                too_old.site = looks.site
                and too_old.event_id = looks.event_id
                and too_old.position = looks.position
        )
    group by site, client_id, session_id, own_session

)

select
    coalesce(
        own_session,
        -- the length, because a client chooses its ids: "a|b" and "c" must not read as "a" and "b|c"
        sha2(site || '|' || length(client_id) || '|' || client_id || '|' || session_id, 256)
    ) as session_key,
    site,
    client_id,
    started_at,
    ended_at,
    item_ids,
    occurred_at_ms
from grouped_by_session;
