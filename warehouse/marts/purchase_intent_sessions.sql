-- What a session did until it bought, or until it ended. Grain: session_key.
-- Nothing from the first purchase on is in it, and a session that only bought is not either: it could teach nothing
-- but the answer. Of a very long session the newest events are kept.
create or alter table marts.purchase_intent_sessions (
    session_key varchar comment 'As in intermediate.sessions',
    site varchar comment 'The shop',
    client_id varchar comment 'The browser or device',
    started_at timestamp_ntz comment 'When the session began, UTC',
    ended_at timestamp_ntz comment 'When it ended, UTC: what came after the purchase counts here only',
    event_names array comment 'What happened, oldest first',
    occurred_at_ms array comment 'When each happened, epoch milliseconds',
    item_ids array comment 'The first item of each, empty text where there is none',
    event_values array comment 'The value of each, 0 where there is none',
    has_purchase boolean comment 'Whether it bought in the end: the label'
) comment = 'What a session did until it bought: what purchase_intent learns from';

-- if incremental
-- The earliest event of these sessions: items of events from before are not even looked at.
set started_from = (
    select coalesce(min(sessions.started_at), '9999-12-31'::timestamp_ntz)
    from intermediate.sessions
    inner join operations.touched
        on
            sessions.site = touched.site
            and sessions.client_id = touched.key
            and sessions.ended_at >= touched.changed_from
            and sessions.ended_at >= $changed_from::timestamp_ntz
);

delete from marts.purchase_intent_sessions
using operations.touched
where
    purchase_intent_sessions.site = touched.site
    and purchase_intent_sessions.client_id = touched.key
    and purchase_intent_sessions.ended_at >= touched.changed_from
    and purchase_intent_sessions.ended_at >= $changed_from::timestamp_ntz;
-- end if

insert into marts.purchase_intent_sessions (
    session_key,
    site,
    client_id,
    started_at,
    ended_at,
    event_names,
    occurred_at_ms,
    item_ids,
    event_values,
    has_purchase
)
with

touched_events as (

    select
        session_events.session_key,
        session_events.site,
        session_events.client_id,
        session_events.event_id,
        session_events.occurred_at,
        session_events.name,
        session_events.value
    from intermediate.session_events
    -- if incremental
    inner join operations.touched
        on
            session_events.site = touched.site
            and session_events.client_id = touched.key
            and session_events.session_ended_at >= touched.changed_from
            and session_events.session_ended_at >= $changed_from::timestamp_ntz
    -- end if
    where session_events.session_key is not null

),

touched_sessions as (

    select
        session_key,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        min(iff(name = 'purchase', occurred_at, null)) as purchased_at,
        count(*) as event_count
    from touched_events
    group by session_key

),

long_sessions as (

    select
        session_key,
        purchased_at
    from touched_sessions
    where event_count > 1000

),

too_old as (

    select
        touched_events.site,
        touched_events.event_id
    from touched_events
    inner join long_sessions
        on touched_events.session_key = long_sessions.session_key
    where
        long_sessions.purchased_at is null
        or touched_events.occurred_at < long_sessions.purchased_at
    qualify
        row_number() over (
            partition by touched_events.session_key
            order by touched_events.occurred_at desc, touched_events.event_id desc
        ) > 1000

),

events_before as (

    select
        touched_events.session_key,
        touched_events.site,
        touched_events.client_id,
        touched_events.event_id,
        touched_events.occurred_at,
        touched_events.name,
        touched_events.value,
        touched_sessions.started_at,
        touched_sessions.ended_at,
        touched_sessions.purchased_at
    from touched_events
    inner join touched_sessions
        on touched_events.session_key = touched_sessions.session_key
    where
        (
            touched_sessions.purchased_at is null
            or touched_events.occurred_at < touched_sessions.purchased_at
        )
        and not exists (
            select 1 as found
            from too_old
            where
                too_old.site = touched_events.site
                and too_old.event_id = touched_events.event_id
        )

),

first_items as (

    select
        site,
        event_id,
        item_id
    from intermediate.item_events
    where
        position = 0
        -- if incremental
        and occurred_at >= $started_from::timestamp_ntz
        -- end if

),

grouped_by_session as (

    select
        events_before.session_key,
        events_before.site,
        events_before.client_id,
        events_before.started_at,
        events_before.ended_at,
        array_agg(events_before.name) within group (
            order by events_before.occurred_at, events_before.event_id
        ) as event_names,
        array_agg(date_part(epoch_millisecond, events_before.occurred_at)) within group (
            order by events_before.occurred_at, events_before.event_id
        ) as occurred_at_ms,
        array_agg(coalesce(first_items.item_id, '')) within group (
            order by events_before.occurred_at, events_before.event_id
        ) as item_ids,
        array_agg(coalesce(events_before.value, 0)) within group (
            order by events_before.occurred_at, events_before.event_id
        ) as event_values,
        max(events_before.purchased_at) is not null as has_purchase
    from events_before
    left join first_items
        on
            events_before.site = first_items.site
            and events_before.event_id = first_items.event_id
    group by
        events_before.session_key,
        events_before.site,
        events_before.client_id,
        events_before.started_at,
        events_before.ended_at

)

select * from grouped_by_session;
