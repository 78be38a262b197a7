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
    last_seen_at timestamp_ntz comment 'When an event last named it, UTC',
    item_name_age varchar comment 'Which event told the name: its moment, id and place in one text that sorts',
    item_brand_age varchar comment 'The same for the brand',
    item_category_age varchar comment 'The same for the category',
    price_age varchar comment 'The same for the price and its currency'
) comment = 'What is known of each item';

-- if incremental
-- What is known of an item only grows: each newer fact takes the place of the one before. Only where an event was
-- replaced by another copy of it, the item is made anew from all that is left.
insert overwrite into operations.touched (site, key, changed_from)
with

facts as (

    select
        events.site,
        item.value:item_id::varchar as key,
        events.occurred_at as changed_from
    from staging.events,
        lateral flatten(input => events.items) as item
    where
        events.loaded_at > $since::timestamp_ntz
        and events.name not in ('prediction', 'training_run', 'release')
    union all
    select
        displaced_events.site,
        item.value:item_id::varchar as key,
        '1970-01-01'::timestamp_ntz as changed_from
    from staging.displaced_events,
        lateral flatten(input => displaced_events.items) as item
    where displaced_events.loaded_at > $since::timestamp_ntz

)

select
    site,
    key,
    min(changed_from) as changed_from
from facts
where key is not null
group by site, key;

set changed_from = (
    select coalesce(min(changed_from), '9999-12-31'::timestamp_ntz)
    from operations.touched
);
-- end if

select count(*) as rows_read
from intermediate.item_events
-- if incremental
inner join operations.touched
    on
        item_events.site = touched.site
        and item_events.item_id = touched.key
        and item_events.occurred_at >= touched.changed_from
        and item_events.occurred_at >= $changed_from::timestamp_ntz
-- end if
;

-- if incremental
delete from marts.catalogue
using operations.touched
where
    catalogue.site = touched.site
    and catalogue.item_id = touched.key
    and touched.changed_from = '1970-01-01'::timestamp_ntz;
-- end if

merge into marts.catalogue as target
using (
    with

    told as (

        -- of two at the same moment always the same wins
        select
            item_events.*,
            lpad(date_part(epoch_millisecond, item_events.occurred_at)::varchar, 15, '0') || item_events.event_id
            || lpad(item_events.position::varchar, 4, '0') as age
        from intermediate.item_events
        -- if incremental
        inner join operations.touched
            on
                item_events.site = touched.site
                and item_events.item_id = touched.key
                and item_events.occurred_at >= touched.changed_from
                and item_events.occurred_at >= $changed_from::timestamp_ntz
        -- end if
        where item_events.item_id is not null

    ),

    facts as (

        -- if incremental
        select
            catalogue.site,
            catalogue.item_id,
            catalogue.item_name,
            catalogue.item_brand,
            catalogue.item_category,
            catalogue.price,
            catalogue.currency,
            catalogue.first_seen_at,
            catalogue.last_seen_at,
            catalogue.item_name_age,
            catalogue.item_brand_age,
            catalogue.item_category_age,
            catalogue.price_age
        from marts.catalogue
        inner join operations.touched
            on
                catalogue.site = touched.site
                and catalogue.item_id = touched.key
        union all
        -- end if
        select
            site,
            item_id,
            item_name,
            item_brand,
            item_category,
            price,
            currency,
            occurred_at as first_seen_at,
            occurred_at as last_seen_at,
            iff(item_name is null, null, age) as item_name_age,
            iff(item_brand is null, null, age) as item_brand_age,
            iff(item_category is null, null, age) as item_category_age,
            iff(price is null, null, age) as price_age
        from told

    )

    select
        site,
        item_id,
        max_by(item_name, item_name_age) as item_name,
        max_by(item_brand, item_brand_age) as item_brand,
        max_by(item_category, item_category_age) as item_category,
        max_by(price, price_age) as price,
        max_by(currency, price_age) as currency,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        max(item_name_age) as item_name_age,
        max(item_brand_age) as item_brand_age,
        max(item_category_age) as item_category_age,
        max(price_age) as price_age
    from facts
    group by site, item_id
) as source
    on
        target.site = source.site
        and target.item_id = source.item_id
when matched then
    update set
        item_name = source.item_name,
        item_brand = source.item_brand,
        item_category = source.item_category,
        price = source.price,
        currency = source.currency,
        first_seen_at = source.first_seen_at,
        last_seen_at = source.last_seen_at,
        item_name_age = source.item_name_age,
        item_brand_age = source.item_brand_age,
        item_category_age = source.item_category_age,
        price_age = source.price_age
when not matched then insert (
    site,
    item_id,
    item_name,
    item_brand,
    item_category,
    price,
    currency,
    first_seen_at,
    last_seen_at,
    item_name_age,
    item_brand_age,
    item_category_age,
    price_age
) values (
    source.site,
    source.item_id,
    source.item_name,
    source.item_brand,
    source.item_category,
    source.price,
    source.currency,
    source.first_seen_at,
    source.last_seen_at,
    source.item_name_age,
    source.item_brand_age,
    source.item_category_age,
    source.price_age
);
