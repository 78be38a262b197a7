-- stop: One row per site, event_id and position
select
    site,
    event_id,
    position,
    count(*) as copies
from intermediate.item_events
where (site, event_id) in (
    select
        site,
        event_id
    from staging.changes
    where loaded_at > $since::timestamp_ntz
)
group by site, event_id, position
having count(*) > 1;

-- stop: An item belongs to an event that is there
select
    item_events.site,
    item_events.event_id,
    item_events.item_id
from intermediate.item_events
inner join staging.changes
    on
        item_events.site = changes.site
        and item_events.event_id = changes.event_id
        and changes.loaded_at > $since::timestamp_ntz
left join staging.events
    on
        item_events.site = events.site
        and item_events.event_id = events.event_id
where events.event_id is null;
