-- The answers that were given. Grain: site, prediction_id.
create or alter table marts.predictions (
    site varchar comment 'The shop',
    prediction_id varchar comment 'The answer''s id, which clients send back with what follows',
    client_id varchar comment 'Whom it was for',
    session_id varchar comment 'The client''s own session, where it keeps one',
    predicted_at timestamp_ntz comment 'When it was given, UTC',
    model varchar comment 'Which model was asked',
    version varchar comment 'The version that answered',
    tier varchar comment 'Who answered: model, cache or baseline',
    release_id varchar comment 'The release that was live; it leads to version, job and snapshot',
    took_ms number(18, 4) comment 'How long the answer took inside the function, milliseconds',
    seen_count number(38, 0) comment 'How many events the request told',
    item_ids array comment 'The items of the answer, best first; empty where it has none',
    arm varchar comment 'Whose answer it is: champion, challenger, or shadow, whose are never shown',
    probability number(18, 6) comment 'The probability of the answer; null where it has none',
    score number(18, 6) comment 'How sure the answer is: its probability, or the score of its first item'
) comment = 'The answers that were given';

insert overwrite into operations.touched (site, key)
select distinct
    site,
    event_id as key
from staging.changes
where
    loaded_at > $since::timestamp_ntz
    and name = 'prediction';

select count(*) as rows_read from operations.touched;

delete from marts.predictions
using operations.touched
where
    predictions.site = touched.site
    and predictions.prediction_id = touched.key;

insert into marts.predictions (
    site,
    prediction_id,
    client_id,
    session_id,
    predicted_at,
    model,
    version,
    tier,
    release_id,
    took_ms,
    seen_count,
    item_ids,
    arm,
    probability,
    score
)
with

answers as (

    select
        events.site,
        events.event_id as prediction_id,
        events.client_id,
        events.session_id,
        events.occurred_at as predicted_at,
        events.model,
        events.version,
        events.tier,
        events.details:release_id::varchar as release_id,
        events.details:took_ms::number(18, 4) as took_ms,
        coalesce(array_size(events.details:request.events), 0) as seen_count,
        events.details:answer.items as items,
        coalesce(events.details:arm::varchar, 'champion') as arm,
        events.details:answer.probability::number(18, 6) as probability
    from staging.events
    inner join operations.touched
        on
            events.site = touched.site
            and events.event_id = touched.key
    where events.name = 'prediction'

),

shown as (

    select
        answers.site,
        answers.prediction_id,
        array_agg(item.value:item_id::varchar) within group (order by item.index) as item_ids,
        max(item.value:score::number(18, 6)) as top_score
    from answers,
        lateral flatten(input => answers.items) as item
    group by answers.site, answers.prediction_id

)

select
    answers.site,
    answers.prediction_id,
    answers.client_id,
    answers.session_id,
    answers.predicted_at,
    answers.model,
    answers.version,
    answers.tier,
    answers.release_id,
    answers.took_ms,
    answers.seen_count,
    coalesce(shown.item_ids, array_construct()) as item_ids,
    answers.arm,
    answers.probability,
    coalesce(answers.probability, shown.top_score) as score
from answers
left join shown
    on
        answers.site = shown.site
        and answers.prediction_id = shown.prediction_id;
