-- How sure a version was in the day before as_of: two thousand answers at most, drawn by their ids.
select score
from marts.predictions
where
    model = '{{ model }}'
    and version = '{{ version }}'
    and site <> 'probe'
    and arm <> 'shadow'
    and score is not null
    and predicted_at > dateadd('day', -1, '{{ as_of }}'::timestamp_ntz)
    and predicted_at <= '{{ as_of }}'::timestamp_ntz
order by prediction_id
limit 2000;
