-- What happened to which item: one row for each item of each event. Grain: site, event_id, position.
create or alter table intermediate.item_events (
    site varchar comment 'The shop',
    event_id varchar comment 'As in staging.events',
    position number(38, 0) comment 'Its place in the event''s items, from 0',
    client_id varchar comment 'The browser or device; null without consent',
    customer_id varchar comment 'user_id where logged in, else client_id; null without consent',
    session_id varchar comment 'The client''s own session, where it keeps one',
    occurred_at timestamp_ntz comment 'When it happened, UTC',
    name varchar comment 'What happened, in GA4 names',
    item_id varchar comment 'The item',
    item_name varchar comment 'What it is called',
    item_brand varchar comment 'Who makes it',
    item_category varchar comment 'Where it stands in the shop',
    price number(18, 4) comment 'Of one piece, in currency',
    quantity number(18, 4) comment 'How many pieces; null where the event does not say',
    currency varchar comment 'ISO 4217'
) comment = 'What happened to which item';

select count(*) as rows_read
from staging.changes
where loaded_at > $since::timestamp_ntz;

-- if incremental
delete from intermediate.item_events
using staging.changes
where
    item_events.site = changes.site
    and item_events.event_id = changes.event_id
    and changes.loaded_at > $since::timestamp_ntz;
-- end if

insert into intermediate.item_events (
    site,
    event_id,
    position,
    client_id,
    customer_id,
    session_id,
    occurred_at,
    name,
    item_id,
    item_name,
    item_brand,
    item_category,
    price,
    quantity,
    currency
)
with

new_events as (

    select * from staging.events
    where
        loaded_at > $since::timestamp_ntz
        and name not in ('prediction', 'training_run', 'release')

),

flattened as (

    select
        new_events.site,
        new_events.event_id,
        item.index as position,
        new_events.client_id,
        coalesce(new_events.user_id, new_events.client_id) as customer_id,
        new_events.session_id,
        new_events.occurred_at,
        new_events.name,
        item.value:item_id::varchar as item_id,
        item.value:item_name::varchar as item_name,
        item.value:item_brand::varchar as item_brand,
        item.value:item_category::varchar as item_category,
        item.value:price::number(18, 4) as price,
        item.value:quantity::number(18, 4) as quantity,
        new_events.currency
    from new_events,
        lateral flatten(input => new_events.items) as item

)

select * from flattened
where item_id is not null;
