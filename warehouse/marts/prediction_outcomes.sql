-- What became of each answer within a day. Grain: site, prediction_id.
create or alter table marts.prediction_outcomes (
    site varchar comment 'The shop',
    prediction_id varchar comment 'As in marts.predictions',
    client_id varchar comment 'Whom it was for',
    predicted_at timestamp_ntz comment 'When it was given, UTC',
    model varchar comment 'Which model was asked',
    version varchar comment 'The version that answered',
    tier varchar comment 'Who answered: model, cache or baseline',
    next_item_id varchar comment 'The first item that the client looked at within the half hour after',
    next_item_at timestamp_ntz comment 'When it was looked at, UTC',
    next_item_rank number(38, 0) comment 'Its rank in the answer, from 1; null where it is not in it',
    clicked_at timestamp_ntz comment 'When the client first did anything that names this answer, UTC',
    ordered_at timestamp_ntz comment 'When the client first bought an item of the answer, UTC',
    arm varchar comment 'Whose answer it is: champion, challenger, or shadow, whose are never shown',
    bought_at timestamp_ntz comment 'When the client first bought anything within the half hour after, UTC'
) comment = 'What became of each answer: hits, clicks and orders within a day';

-- An answer of up to a day before a client's first news may have another outcome now.
insert overwrite into operations.touched (site, key, changed_from)
select
    site,
    client_id as key,
    dateadd('day', -1, min(occurred_at)) as changed_from
from staging.changes
where
    loaded_at > $since::timestamp_ntz
    and client_id is not null
group by site, client_id;

select count(*) as rows_read
from marts.predictions
inner join operations.touched
    on
        predictions.site = touched.site
        and predictions.client_id = touched.key
        and predictions.predicted_at >= touched.changed_from;

delete from marts.prediction_outcomes
using operations.touched
where
    prediction_outcomes.site = touched.site
    and prediction_outcomes.client_id = touched.key
    and prediction_outcomes.predicted_at >= touched.changed_from;

insert into marts.prediction_outcomes (
    site,
    prediction_id,
    client_id,
    predicted_at,
    model,
    version,
    tier,
    next_item_id,
    next_item_at,
    next_item_rank,
    clicked_at,
    ordered_at,
    arm,
    bought_at
)
with

answers as (

    select predictions.*
    from marts.predictions
    inner join operations.touched
        on
            predictions.site = touched.site
            and predictions.client_id = touched.key
            and predictions.predicted_at >= touched.changed_from

),

next_looks as (

    select
        answers.site,
        answers.prediction_id,
        item_events.item_id,
        item_events.occurred_at
    from answers
    inner join intermediate.item_events
        on
            answers.site = item_events.site
            and answers.client_id = item_events.client_id
            and answers.predicted_at < item_events.occurred_at
            and dateadd('second', 1800, answers.predicted_at) >= item_events.occurred_at
    where
        item_events.name = 'view_item'
        and item_events.position = 0
    qualify
        row_number() over (
            partition by answers.site, answers.prediction_id
            order by item_events.occurred_at, item_events.event_id
        ) = 1

),

shown as (

    select
        answers.site,
        answers.prediction_id,
        answers.client_id,
        answers.predicted_at,
        item.value::varchar as item_id,
        min(item.index) + 1 as item_rank
    from answers,
        lateral flatten(input => answers.item_ids) as item
    group by 1, 2, 3, 4, 5

),

clicks as (

    select
        answers.site,
        answers.prediction_id,
        min(session_events.occurred_at) as clicked_at
    from answers
    inner join intermediate.session_events
        on
            answers.site = session_events.site
            and answers.client_id = session_events.client_id
            and answers.prediction_id = session_events.prediction_id
            and answers.predicted_at <= session_events.occurred_at
            and dateadd('day', 1, answers.predicted_at) >= session_events.occurred_at
    group by answers.site, answers.prediction_id

),

bought as (

    select
        shown.site,
        shown.prediction_id,
        min(item_events.occurred_at) as ordered_at
    from shown
    inner join intermediate.item_events
        on
            shown.site = item_events.site
            and shown.client_id = item_events.client_id
            and shown.item_id = item_events.item_id
            and shown.predicted_at <= item_events.occurred_at
            and dateadd('day', 1, shown.predicted_at) >= item_events.occurred_at
    where item_events.name = 'purchase'
    group by shown.site, shown.prediction_id

),

orders as (

    select
        answers.site,
        answers.prediction_id,
        min(session_events.occurred_at) as bought_at
    from answers
    inner join intermediate.session_events
        on
            answers.site = session_events.site
            and answers.client_id = session_events.client_id
            and answers.predicted_at <= session_events.occurred_at
            and dateadd('second', 1800, answers.predicted_at) >= session_events.occurred_at
    where session_events.name = 'purchase'
    group by answers.site, answers.prediction_id

)

select
    answers.site,
    answers.prediction_id,
    answers.client_id,
    answers.predicted_at,
    answers.model,
    answers.version,
    answers.tier,
    next_looks.item_id as next_item_id,
    next_looks.occurred_at as next_item_at,
    shown.item_rank as next_item_rank,
    clicks.clicked_at,
    bought.ordered_at,
    answers.arm,
    orders.bought_at
from answers
left join next_looks
    on
        answers.site = next_looks.site
        and answers.prediction_id = next_looks.prediction_id
left join shown
    on
        answers.site = shown.site
        and answers.prediction_id = shown.prediction_id
        and next_looks.item_id = shown.item_id
left join clicks
    on
        answers.site = clicks.site
        and answers.prediction_id = clicks.prediction_id
left join bought
    on
        answers.site = bought.site
        and answers.prediction_id = bought.prediction_id
left join orders
    on
        answers.site = orders.site
        and answers.prediction_id = orders.prediction_id;
