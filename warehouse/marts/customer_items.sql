-- What each customer did with each item, over all time. Grain: site, customer_id, item_id.
create or alter table marts.customer_items (
    site varchar comment 'The shop',
    customer_id varchar comment 'user_id where logged in, else client_id',
    item_id varchar comment 'The item',
    view_count number(38, 0) comment 'How often it was looked at',
    add_to_cart_count number(38, 0) comment 'How often it was put into the cart',
    order_count number(38, 0) comment 'In how many orders it was bought; an order that was reported twice is one',
    quantity number(38, 4) comment 'How many pieces were bought; one where the event does not say',
    first_at timestamp_ntz comment 'When the customer first did anything with it, UTC',
    last_at timestamp_ntz comment 'When last, UTC'
) comment = 'What each customer did with each item: what top_items learns from';

-- if incremental
-- Also whoever shares an order number with something new: which of them bought may have changed.
insert overwrite into operations.touched (site, key)
with

changed_orders as (

    select
        site,
        transaction_id
    from staging.changes
    where
        loaded_at > $since::timestamp_ntz
        and transaction_id is not null

),

customers as (

    select
        site,
        coalesce(user_id, client_id) as key
    from staging.changes
    where
        loaded_at > $since::timestamp_ntz
        and name not in ('prediction', 'training_run', 'release')
    union all
    select
        events.site,
        coalesce(events.user_id, events.client_id) as key
    from staging.events
    inner join changed_orders
        on
            events.site = changed_orders.site
            and events.transaction_id = changed_orders.transaction_id

)

select distinct
    site,
    key
from customers
where key is not null;
-- end if

select count(*) as rows_read
from intermediate.item_events
-- if incremental
inner join operations.touched
    on
        item_events.site = touched.site
        and item_events.customer_id = touched.key
-- end if
where item_events.customer_id is not null;

-- if incremental
delete from marts.customer_items
using operations.touched
where
    customer_items.site = touched.site
    and customer_items.customer_id = touched.key;
-- end if

insert into marts.customer_items (
    site,
    customer_id,
    item_id,
    view_count,
    add_to_cart_count,
    order_count,
    quantity,
    first_at,
    last_at
)
with

customer_events as (

    select
        item_events.site,
        item_events.customer_id,
        item_events.item_id,
        item_events.occurred_at,
        item_events.name,
        item_events.quantity,
        orders.transaction_id
    from intermediate.item_events
    -- if incremental
    inner join operations.touched
        on
            item_events.site = touched.site
            and item_events.customer_id = touched.key
    -- end if
    -- only the report of an order that counts
    left join intermediate.orders
        on
            item_events.name = 'purchase'
            and item_events.site = orders.site
            and item_events.event_id = orders.event_id
    where
        item_events.customer_id is not null
        and item_events.name in ('view_item', 'add_to_cart', 'purchase')

),

grouped_by_item as (

    select
        site,
        customer_id,
        item_id,
        count_if(name = 'view_item') as view_count,
        count_if(name = 'add_to_cart') as add_to_cart_count,
        count(distinct transaction_id) as order_count,
        sum(iff(transaction_id is null, 0, coalesce(quantity, 1))) as quantity,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from customer_events
    group by site, customer_id, item_id

)

select * from grouped_by_item;
