-- The last hundred requests that a model was asked, and what the visitor looked at next: what a release rehearses with.
select
    events.site,
    to_json(events.details:request) as request,
    prediction_outcomes.next_item_id
from staging.events
left join marts.prediction_outcomes
    on
        events.site = prediction_outcomes.site
        and events.event_id = prediction_outcomes.prediction_id
where
    events.name = 'prediction'
    and events.model = '{{ model }}'
    and events.site <> 'probe'
    and coalesce(events.details:arm::varchar, 'champion') <> 'shadow'
    and events.occurred_at >= dateadd('day', -7, sysdate())
order by events.occurred_at desc, events.event_id asc
limit 100;
