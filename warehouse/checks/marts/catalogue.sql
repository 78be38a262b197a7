-- stop: One row per site and item_id
select
    site,
    item_id,
    count(*) as copies
from marts.catalogue
group by site, item_id
having count(*) > 1;

-- stop: Every item that something happened to is there
select
    item_events.site,
    item_events.item_id
from intermediate.item_events
-- if incremental
inner join operations.touched
    on
        item_events.site = touched.site
        and item_events.item_id = touched.key
        and item_events.occurred_at >= touched.changed_from
        and item_events.occurred_at >= $changed_from::timestamp_ntz
-- end if
left join marts.catalogue
    on
        item_events.site = catalogue.site
        and item_events.item_id = catalogue.item_id
where catalogue.item_id is null;

-- warn: A price is not below nothing
select
    site,
    item_id,
    price
from marts.catalogue
where price < 0;
