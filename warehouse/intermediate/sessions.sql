-- A visit: events of one visitor without half an hour of silence between them. Grain: session_key.
create table if not exists intermediate.sessions (
    session_key varchar,
    site varchar,
    client_id varchar,
    started_at timestamp_ntz,
    ended_at timestamp_ntz,
    event_count number(38, 0),
    has_add_to_cart boolean,
    has_purchase boolean,
    loaded_at timestamp_ntz
);

set since = (
    select coalesce(dateadd('hour', -1, max(loaded_at)), '1970-01-01'::timestamp_ntz)
    from intermediate.sessions
);

begin;

delete from intermediate.sessions
where (site, client_id) in (
    select
        site,
        client_id
    from intermediate.session_events
    where loaded_at > $since::timestamp_ntz
);

insert into intermediate.sessions (
    session_key,
    site,
    client_id,
    started_at,
    ended_at,
    event_count,
    has_add_to_cart,
    has_purchase,
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

grouped_by_session as (

    select
        session_events.session_key,
        session_events.site,
        session_events.client_id,
        min(session_events.occurred_at) as started_at,
        max(session_events.occurred_at) as ended_at,
        count(*) as event_count,
        count_if(session_events.name = 'add_to_cart') > 0 as has_add_to_cart,
        count_if(session_events.name = 'purchase') > 0 as has_purchase,
        max(session_events.loaded_at) as loaded_at
    from session_events
    inner join touched_visitors
        on
            session_events.site = touched_visitors.site
            and session_events.client_id = touched_visitors.client_id
    group by session_events.session_key, session_events.site, session_events.client_id

)

select * from grouped_by_session;

commit;
