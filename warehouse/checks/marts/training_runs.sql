-- stop: One row per site and run_id
select
    site,
    run_id,
    count(*) as copies
from marts.training_runs
group by site, run_id
having count(*) > 1;

-- stop: A run says what it trained
select
    site,
    run_id
from marts.training_runs
where model is null;
