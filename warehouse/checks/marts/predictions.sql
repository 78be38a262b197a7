-- stop: One row per site and prediction_id
select
    site,
    prediction_id,
    count(*) as copies
from marts.predictions
group by site, prediction_id
having count(*) > 1;

-- stop: Every answer says which model gave it, and how
select
    site,
    prediction_id
from marts.predictions
where
    model is null
    or version is null
    or tier not in ('model', 'cache', 'baseline');
