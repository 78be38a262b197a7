-- What the functions counted, hour by hour; an hour that is recorded again keeps the newer numbers.
merge into operations.hourly_counts as target
using (
    select
        counted.value:hour::varchar::timestamp_ntz as hour,
        max(counted.value:accepted::number) as accepted,
        max(counted.value:rejected::number) as rejected,
        max(counted.value:unconfirmed::number) as unconfirmed,
        max(counted.value:answers::number) as answers,
        max(counted.value:shadow_answers::number) as shadow_answers
    from lateral flatten(input => parse_json(%(counts)s)) as counted
    group by 1
) as source
    on target.hour = source.hour
when matched then
    update set
        accepted = source.accepted,
        rejected = source.rejected,
        unconfirmed = source.unconfirmed,
        answers = source.answers,
        shadow_answers = source.shadow_answers
when not matched then
    insert (hour, accepted, rejected, unconfirmed, answers, shadow_answers)
    values (
        source.hour,
        source.accepted,
        source.rejected,
        source.unconfirmed,
        source.answers,
        source.shadow_answers
    );
