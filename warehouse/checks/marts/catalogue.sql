-- stop: One row per site and item_id
select
    site,
    item_id,
    count(*) as copies
from marts.catalogue
group by site, item_id
having count(*) > 1;

-- stop: Every item that was touched is there
select
    touched.site,
    touched.key as item_id
from operations.touched
inner join intermediate.item_events
    on
        touched.site = item_events.site
        and touched.key = item_events.item_id
left join marts.catalogue
    on
        touched.site = catalogue.site
        and touched.key = catalogue.item_id
where catalogue.item_id is null;

-- warn: A price is not below nothing
select
    site,
    item_id,
    price
from marts.catalogue
where price < 0;
