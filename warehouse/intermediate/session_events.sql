-- What visitors did, each event in its session. Grain: site, event_id.
create table if not exists intermediate.session_events (
    site varchar,
    event_id varchar,
    session_key varchar,
    client_id varchar,
    session_id varchar,
    occurred_at timestamp_ntz,
    name varchar,
    item_ids array,
    value number(18, 4),
    currency varchar,
    prediction_id varchar,
    loaded_at timestamp_ntz
);

set since = (
    select coalesce(dateadd('hour', -1, max(loaded_at)), '1970-01-01'::timestamp_ntz)
    from intermediate.session_events
);

-- A late event can split or join sessions, so a visitor with anything new is rebuilt whole.
begin;

delete from intermediate.session_events
where (site, client_id) in (
    select
        site,
        client_id
    from staging.events
    where loaded_at > $since::timestamp_ntz
);

insert into intermediate.session_events (
    site,
    event_id,
    session_key,
    client_id,
    session_id,
    occurred_at,
    name,
    item_ids,
    value,
    currency,
    prediction_id,
    loaded_at
)
with

events as (

    select * from staging.events

),

touched_visitors as (

    select distinct
        site,
        client_id
    from events
    where loaded_at > $since::timestamp_ntz

),

client_events as (

    select * from events
    where name not in ('prediction', 'training_run')

),

after_silence as (

    select
        client_events.*,
        datediff(
            'millisecond',
            lag(client_events.occurred_at) over (
                partition by client_events.site, client_events.client_id
                order by client_events.occurred_at, client_events.event_id
            ),
            client_events.occurred_at
        ) as silence_ms
    from client_events
    inner join touched_visitors
        on
            client_events.site = touched_visitors.site
            and client_events.client_id = touched_visitors.client_id

),

numbered_by_session as (

    select
        *,
        sum(iff(silence_ms > 1800 * 1000, 1, 0)) over (
            partition by site, client_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as session_number
    from after_silence

),

named_by_first_event as (

    select
        *,
        -- the first event's id, so that a session keeps its key when another one is split or grows;
        -- the length, because a client chooses its ids: "a|b" and "c" must not read as "a" and "b|c"
        sha2(
            site || '|' || length(client_id) || '|' || client_id || '|' || first_value(event_id) over (
                partition by site, client_id, session_number
                order by occurred_at, event_id
            ),
            256
        ) as session_key
    from numbered_by_session

)

select
    site,
    event_id,
    session_key,
    client_id,
    session_id,
    occurred_at,
    name,
    item_ids,
    value,
    currency,
    prediction_id,
    loaded_at
from named_by_first_event;

commit;
