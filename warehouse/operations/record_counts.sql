-- What the collector counted, hour by hour; an hour that is recorded again keeps the newer numbers.
merge into operations.collector_counts as target
using (
    select
        counted.value:hour::varchar::timestamp_ntz as hour,
        max(counted.value:accepted::number) as accepted,
        max(counted.value:rejected::number) as rejected,
        max(counted.value:unconfirmed::number) as unconfirmed
    from lateral flatten(input => parse_json(%(counts)s)) as counted
    group by 1
) as source
    on target.hour = source.hour
when matched then
    update set
        accepted = source.accepted,
        rejected = source.rejected,
        unconfirmed = source.unconfirmed
when not matched then
    insert (hour, accepted, rejected, unconfirmed)
    values (source.hour, source.accepted, source.rejected, source.unconfirmed);
