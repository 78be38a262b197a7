-- Events in their sessions as they will be after the next refresh. Grain: site, event_id.
create or replace view live.session_events as
with

news as (

    select
        site,
        event_id,
        client_id
    from staging.arrivals
    where
        loaded_at > (
            select coalesce(dateadd('hour', -1, max(loaded_until)), '1970-01-01'::timestamp_ntz)
            from operations.refreshes
            where table_name = 'staging.events'
        )
    union all
    -- whom an event belonged to that a new line replaces
    select
        events.site,
        events.event_id,
        events.client_id
    from staging.events
    inner join staging.arrivals
        on
            events.site = arrivals.site
            and events.event_id = arrivals.event_id
    where
        arrivals.loaded_at > (
            select coalesce(dateadd('hour', -1, max(loaded_until)), '1970-01-01'::timestamp_ntz)
            from operations.refreshes
            where table_name = 'staging.events'
        )

),

visitors_with_news as (

    select distinct
        site,
        client_id
    from news
    where client_id is not null

),

events_with_news as (

    select distinct
        site,
        event_id
    from news
    where client_id is null

),

settled as (

    select session_events.*
    from intermediate.session_events
    left join visitors_with_news
        on
            session_events.site = visitors_with_news.site
            and session_events.client_id = visitors_with_news.client_id
    left join events_with_news
        on
            session_events.site = events_with_news.site
            and session_events.event_id = events_with_news.event_id
            and session_events.client_id is null
    where
        visitors_with_news.client_id is null
        and events_with_news.event_id is null

),

touched_events as (

    select
        events.site,
        events.event_id,
        events.client_id,
        events.user_id,
        events.session_id,
        events.occurred_at,
        events.name,
        events.search_term,
        events.transaction_id,
        events.currency,
        events.value,
        events.prediction_id
    from live.events
    inner join visitors_with_news
        on
            events.site = visitors_with_news.site
            and events.client_id = visitors_with_news.client_id
    where events.name not in ('prediction', 'training_run', 'release')

),

after_silence as (

    select
        *,
        datediff(
            'millisecond',
            lag(occurred_at) over (
                partition by site, client_id
                order by occurred_at, event_id
            ),
            occurred_at
        ) as silence_ms
    from touched_events

),

numbered_by_session as (

    select
        *,
        coalesce(silence_ms > 1800 * 1000, true) as is_first,
        sum(iff(silence_ms > 1800 * 1000, 1, 0)) over (
            partition by site, client_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as session_number
    from after_silence

),

named_sessions as (

    select
        site,
        client_id,
        session_number,
        -- the first event's id, so that a session keeps its key when another one is split or grows;
        -- the length, because a client chooses its ids: "a|b" and "c" must not read as "a" and "b|c"
        sha2(
            site || '|' || length(client_id) || '|' || client_id || '|' || max(iff(is_first, event_id, null)),
            256
        ) as session_key,
        max(occurred_at) as session_ended_at
    from numbered_by_session
    group by site, client_id, session_number

),

with_session as (

    select
        numbered_by_session.site,
        numbered_by_session.event_id,
        named_sessions.session_key,
        named_sessions.session_ended_at,
        numbered_by_session.client_id,
        numbered_by_session.user_id,
        numbered_by_session.session_id,
        numbered_by_session.occurred_at,
        numbered_by_session.name,
        numbered_by_session.search_term,
        numbered_by_session.transaction_id,
        numbered_by_session.currency,
        numbered_by_session.value,
        numbered_by_session.prediction_id
    from numbered_by_session
    inner join named_sessions
        on
            numbered_by_session.site = named_sessions.site
            and numbered_by_session.client_id = named_sessions.client_id
            and numbered_by_session.session_number = named_sessions.session_number

),

without_consent as (

    select
        events.site,
        events.event_id,
        null as session_key,
        events.occurred_at as session_ended_at,
        events.client_id,
        events.user_id,
        events.session_id,
        events.occurred_at,
        events.name,
        events.search_term,
        events.transaction_id,
        events.currency,
        events.value,
        events.prediction_id
    from live.events
    inner join events_with_news
        on
            events.site = events_with_news.site
            and events.event_id = events_with_news.event_id
    where
        events.client_id is null
        and events.name not in ('prediction', 'training_run', 'release')

)

select
    site,
    event_id,
    session_key,
    session_ended_at,
    client_id,
    user_id,
    session_id,
    occurred_at,
    name,
    search_term,
    transaction_id,
    currency,
    value,
    prediction_id
from settled
union all
select * from with_session
union all
select * from without_consent;
