-- What became of the answers of a release, arm by arm. The unit is the visitor: whoever did it once counts once.
select
    predictions.arm,
    predictions.version,
    count(*) as answers,
    count(distinct predictions.site || '|' || predictions.client_id) as visitors,
    count(distinct iff(
        prediction_outcomes.clicked_at is not null, predictions.site || '|' || predictions.client_id, null
    )) as clicked,
    count(distinct iff(
        prediction_outcomes.next_item_rank <= 20, predictions.site || '|' || predictions.client_id, null
    )) as hit,
    count(distinct iff(
        prediction_outcomes.bought_at is not null, predictions.site || '|' || predictions.client_id, null
    )) as bought,
    count_if(predictions.tier <> 'model') as fallbacks,
    avg(predictions.took_ms) as took_ms
from marts.predictions
left join marts.prediction_outcomes
    on
        predictions.site = prediction_outcomes.site
        and predictions.prediction_id = prediction_outcomes.prediction_id
where predictions.release_id = '{{ release_id }}'
group by predictions.arm, predictions.version
order by predictions.arm;

-- How many visitors a day are asked about: of the last two weeks.
select count(distinct site || '|' || client_id) / 14 as visitors_per_day
from marts.predictions
where
    model = '{{ model }}'
    and site <> 'probe'
    and predicted_at >= dateadd('day', -14, sysdate());
