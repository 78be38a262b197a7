-- A visit: events of one visitor without half an hour of silence between them. Grain: session_key.
create or alter table intermediate.sessions (
    session_key varchar comment 'sha256 of site, client and first event',
    site varchar comment 'The shop',
    client_id varchar comment 'The browser or device',
    user_id varchar comment 'The customer, if logged in at any time of it; of several, the last in the alphabet',
    started_at timestamp_ntz comment 'When the first event happened, UTC',
    ended_at timestamp_ntz comment 'When the last event happened, UTC',
    event_count number(38, 0) comment 'How many events it has',
    view_count number(38, 0) comment 'How many of them are view_item',
    has_add_to_cart boolean comment 'Whether something was put into the cart',
    has_purchase boolean comment 'Whether something was bought'
) comment = 'Visits, one row each';

-- if incremental
delete from intermediate.sessions
using operations.touched
where
    sessions.site = touched.site
    and sessions.client_id = touched.key
    and sessions.ended_at >= touched.changed_from
    and sessions.ended_at >= $changed_from::timestamp_ntz;
-- end if

insert into intermediate.sessions (
    session_key,
    site,
    client_id,
    user_id,
    started_at,
    ended_at,
    event_count,
    view_count,
    has_add_to_cart,
    has_purchase
)
with

grouped_by_session as (

    select
        session_events.session_key,
        session_events.site,
        session_events.client_id,
        max(session_events.user_id) as user_id,
        min(session_events.occurred_at) as started_at,
        max(session_events.occurred_at) as ended_at,
        count(*) as event_count,
        count_if(session_events.name = 'view_item') as view_count,
        count_if(session_events.name = 'add_to_cart') > 0 as has_add_to_cart,
        count_if(session_events.name = 'purchase') > 0 as has_purchase
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
    group by session_events.session_key, session_events.site, session_events.client_id

)

select * from grouped_by_session;
