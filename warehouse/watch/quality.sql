-- How good answers were whose outcome is known: a day has passed since. Of the four weeks before as_of.
select
    predictions.model,
    predictions.version,
    predictions.arm,
    predictions.tier,
    predictions.site,
    count(*) as answers,
    count(prediction_outcomes.next_item_id) as labelled,
    count_if(prediction_outcomes.next_item_rank <= 20) as hits,
    sum(iff(prediction_outcomes.next_item_rank <= 20, 1 / prediction_outcomes.next_item_rank, 0))
        as reciprocal_ranks,
    count(prediction_outcomes.clicked_at) as clicked,
    count(prediction_outcomes.bought_at) as bought,
    avg(predictions.probability) as mean_probability,
    avg(
        iff(
            predictions.probability is null,
            null,
            (predictions.probability - iff(prediction_outcomes.bought_at is null, 0, 1))
            * (predictions.probability - iff(prediction_outcomes.bought_at is null, 0, 1))
        )
    ) as brier
from marts.predictions
left join marts.prediction_outcomes
    on
        predictions.site = prediction_outcomes.site
        and predictions.prediction_id = prediction_outcomes.prediction_id
where
    predictions.site <> 'probe'
    and predictions.predicted_at > dateadd('day', -29, '{{ as_of }}'::timestamp_ntz)
    and predictions.predicted_at <= dateadd('day', -1, '{{ as_of }}'::timestamp_ntz)
group by
    predictions.model,
    predictions.version,
    predictions.arm,
    predictions.tier,
    predictions.site
order by 1, 2, 3, 4, 5;
