-- stop: One row per site and transaction_id
select
    site,
    transaction_id,
    count(*) as copies
from intermediate.orders
group by site, transaction_id
having count(*) > 1;

-- stop: An order is a purchase that is there
select
    orders.site,
    orders.transaction_id,
    orders.event_id
from intermediate.orders
left join staging.events
    on
        orders.site = events.site
        and orders.event_id = events.event_id
where
    orders.event_id is not null
    and not equal_null(events.name, 'purchase');

-- warn: No more is given back than was paid
select
    site,
    transaction_id,
    value,
    refunded_value
from intermediate.orders
where refunded_value > value;
