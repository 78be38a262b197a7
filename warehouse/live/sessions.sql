-- Visits as they will be after the next refresh. Grain: session_key.
create or replace view live.sessions as
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
    from live.session_events
    where session_events.session_key is not null
    group by session_events.session_key, session_events.site, session_events.client_id

)

select * from grouped_by_session;
