-- stop: One row per site, customer_id and item_id
select
    site,
    customer_id,
    item_id,
    count(*) as copies
from marts.customer_items
-- if incremental
where (site, customer_id) in (
    select
        site,
        key
    from operations.touched
)
-- end if
group by site, customer_id, item_id
having count(*) > 1;

-- stop: Nothing is counted below nothing
select
    site,
    customer_id,
    item_id
from marts.customer_items
where
    view_count < 0
    or add_to_cart_count < 0
    or order_count < 0
    or last_at < first_at;
