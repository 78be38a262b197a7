-- stop: One row per site and prediction_id
select
    site,
    prediction_id,
    count(*) as copies
from marts.prediction_outcomes
group by site, prediction_id
having count(*) > 1;

-- stop: Every outcome belongs to an answer
select
    prediction_outcomes.site,
    prediction_outcomes.prediction_id
from marts.prediction_outcomes
left join marts.predictions
    on
        prediction_outcomes.site = predictions.site
        and prediction_outcomes.prediction_id = predictions.prediction_id
where predictions.prediction_id is null;

-- stop: Nothing follows before the answer
select
    site,
    prediction_id
from marts.prediction_outcomes
where
    next_item_at <= predicted_at
    or clicked_at < predicted_at
    or ordered_at < predicted_at;
