-- Requests of the day before as_of beside what the warehouse knows of the same session up to that moment.
with

asked as (

    select
        events.site,
        events.event_id as prediction_id,
        events.client_id,
        events.occurred_at as predicted_at,
        to_json(events.details:request.events) as sent
    from staging.events
    where
        events.name = 'prediction'
        and events.model = '{{ model }}'
        and events.site <> 'probe'
        and coalesce(events.details:arm::varchar, 'champion') <> 'shadow'
        and events.occurred_at > dateadd('day', -1, '{{ as_of }}'::timestamp_ntz)
        and events.occurred_at <= '{{ as_of }}'::timestamp_ntz
    order by events.event_id
    limit 200

)

select
    asked.prediction_id,
    asked.sent,
    session_events.name,
    session_events.value,
    item_events.item_id,
    session_events.occurred_at
from asked
inner join intermediate.session_events
    on
        asked.site = session_events.site
        and asked.client_id = session_events.client_id
        and asked.predicted_at >= session_events.occurred_at
        and dateadd('second', -1800, asked.predicted_at) <= session_events.occurred_at
left join intermediate.item_events
    on
        session_events.site = item_events.site
        and session_events.event_id = item_events.event_id
        and item_events.position = 0
order by asked.prediction_id, session_events.occurred_at, session_events.event_id;
