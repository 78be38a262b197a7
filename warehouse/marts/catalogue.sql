-- What is known of each item: the newest name, brand, category and price that an event told. Grain: site, item_id.
create or alter table marts.catalogue (
    site varchar comment 'The shop',
    item_id varchar comment 'The item',
    item_name varchar comment 'What it was called last',
    item_brand varchar comment 'Who makes it',
    item_category varchar comment 'Where it stood in the shop last',
    price number(18, 4) comment 'Its last price, of one piece, in currency',
    currency varchar comment 'ISO 4217, as the last event that told a price had it',
    first_seen_at timestamp_ntz comment 'When an event first named it, UTC',
    last_seen_at timestamp_ntz comment 'When an event last named it, UTC'
) comment = 'What is known of each item';

-- if incremental
insert overwrite into operations.touched (site, key)
select
    item_events.site,
    item_events.item_id as key
from intermediate.item_events
inner join staging.changes
    on
        item_events.site = changes.site
        and item_events.event_id = changes.event_id
where changes.loaded_at > $since::timestamp_ntz
union distinct
select
    displaced_events.site,
    item.value:item_id::varchar as key
from staging.displaced_events,
    lateral flatten(input => displaced_events.items) as item
where displaced_events.loaded_at > $since::timestamp_ntz;
-- end if

select count(*) as rows_read
from intermediate.item_events
-- if incremental
inner join operations.touched
    on
        item_events.site = touched.site
        and item_events.item_id = touched.key
-- end if
;

-- if incremental
delete from marts.catalogue
using operations.touched
where
    catalogue.site = touched.site
    and catalogue.item_id = touched.key;
-- end if

insert into marts.catalogue (
    site,
    item_id,
    item_name,
    item_brand,
    item_category,
    price,
    currency,
    first_seen_at,
    last_seen_at
)
with

dated_facts as (

    -- a moment and the event's id in one text that sorts by both: of two at the same moment always the same wins
    select
        item_events.site,
        item_events.item_id,
        item_events.item_name,
        item_events.item_brand,
        item_events.item_category,
        item_events.price,
        item_events.currency,
        item_events.occurred_at,
        lpad(date_part(epoch_millisecond, item_events.occurred_at)::varchar, 15, '0') || item_events.event_id
        || lpad(item_events.position::varchar, 4, '0') as age
    from intermediate.item_events
    -- if incremental
    inner join operations.touched
        on
            item_events.site = touched.site
            and item_events.item_id = touched.key
    -- end if
    where item_events.item_id is not null

),

grouped_by_item as (

    select
        site,
        item_id,
        max_by(item_name, iff(item_name is null, null, age)) as item_name,
        max_by(item_brand, iff(item_brand is null, null, age)) as item_brand,
        max_by(item_category, iff(item_category is null, null, age)) as item_category,
        max_by(price, iff(price is null, null, age)) as price,
        max_by(currency, iff(price is null, null, age)) as currency,
        min(occurred_at) as first_seen_at,
        max(occurred_at) as last_seen_at
    from dated_facts
    group by site, item_id

)

select * from grouped_by_item;
